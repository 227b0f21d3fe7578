// The pages of models and versions: the Markdown editor's panes, fields for tags, progress of an upload.
(() => {
  "use strict";

  // Markdown: write, side by side, preview. The preview asks the server, which knows what is safe to show.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-editor-mode]");
    const editor = button?.closest("[data-editor]");
    if (!editor) return;
    editor.dataset.mode = button.dataset.editorMode;
    for (const other of editor.querySelectorAll("[data-editor-mode]")) {
      other.classList.toggle("active", other === button);
      other.setAttribute("aria-pressed", String(other === button));
    }
    if (editor.dataset.mode !== "write") editor.querySelector("textarea").dispatchEvent(new Event("preview"));
  });

  // Tags: each word becomes a chip that carries it in a field of its own, so that it may hold a comma.
  function addTag(field, name) {
    name = name.trim();
    const input = field.querySelector("input[name=tags]");
    const known = [...field.querySelectorAll("input[name=tag]")].some((tag) => tag.value === name);
    if (name && !known) {
      const chip = field.querySelector("template").content.firstElementChild.cloneNode(true);
      chip.querySelector("[data-name]").textContent = name;
      chip.querySelector("input").value = name;
      chip.querySelector("button").setAttribute("aria-label", `Remove ${name}`);
      input.before(chip);
    }
  }
  function takeTyped(field) {
    const input = field.querySelector("input[name=tags]");
    for (const word of input.value.split(",")) addTag(field, word);
    input.value = "";
  }
  document.addEventListener("keydown", (event) => {
    const input = event.target;
    const field = input.matches?.("[data-tags] input[name=tags]") && input.closest("[data-tags]");
    if (!field) return;
    if ((event.key === "Enter" || event.key === ",") && input.value.trim()) {
      event.preventDefault();
      takeTyped(field);
    } else if (event.key === "Backspace" && !input.value) {
      [...field.querySelectorAll(".tag-input .tag")].at(-1)?.remove();
    }
  });
  document.addEventListener("click", (event) => {
    const field = event.target.closest("[data-tags]");
    if (!field) return;
    const known = event.target.closest("[data-tag]"), cross = event.target.closest(".tag .x");
    const input = field.querySelector("input[name=tags]");
    if (known) {
      input.value = "";
      addTag(field, known.dataset.tag);
      input.focus();
    } else if (cross) {
      cross.closest(".tag").remove();
      input.focus();
    } else if (event.target.matches(".tag-input")) {
      input.focus();
    }
  });

  // Uploads: the bar follows what has been sent.
  document.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target.querySelector?.("progress[data-upload]");
    if (!bar || !event.detail.lengthComputable) return;
    bar.max = event.detail.total;
    bar.value = event.detail.loaded;
    const said = event.target.querySelector("[data-upload-said]");
    const share = Math.round((100 * event.detail.loaded) / event.detail.total);
    if (said) said.textContent = share < 100 ? `${share} % sent` : "Sent; the server checks it";
  });

  function prepare(root) {
    for (const field of root.querySelectorAll?.("[data-tags]") ?? []) takeTyped(field);
  }
  document.addEventListener("htmx:load", (event) => prepare(event.target));
  prepare(document);
})();
