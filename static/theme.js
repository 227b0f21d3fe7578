// Runs before the first paint: sets the theme that was chosen, so that no page flashes in the other one.
// data-bs-theme is what is shown (light or dark), data-theme what was chosen (light, dark or auto).
(() => {
  "use strict";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("mc-theme") || "auto";
    } catch {
      return "auto"; // storage switched off: follow the system
    }
  };

  function show() {
    const theme = chosen();
    const shown = theme === "auto" ? (system.matches ? "dark" : "light") : theme;
    root.dataset.theme = theme;
    if (root.dataset.bsTheme === shown) return;
    root.classList.add("no-transitions"); // else colours fade at different speeds
    root.dataset.bsTheme = shown;
    requestAnimationFrame(() => requestAnimationFrame(() => root.classList.remove("no-transitions")));
    document.dispatchEvent(new CustomEvent("mc:theme", { detail: shown })); // for graphs and charts
  }

  root.classList.add("js");
  show();
  system.addEventListener("change", show);
  window.addEventListener("storage", show); // chosen in another tab
  window.mcTheme = {
    chosen,
    choose(theme) {
      try {
        localStorage.setItem("mc-theme", theme);
      } catch {
        root.dataset.theme = theme;
      }
      show();
    },
  };
})();
