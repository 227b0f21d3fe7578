// What the pages need beyond htmx: theme, copying, times, menus, dialogs, toasts, Ctrl-K. No page depends on it.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Theme: buttons with data-theme-choice="light|dark|auto".
  function markTheme() {
    for (const button of $$("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === window.mcTheme.chosen()));
    }
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    window.mcTheme.choose(button.dataset.themeChoice);
    markTheme();
    button.closest("[popover]")?.hidePopover();
  });

  // Tabs that don't fit are scrolled to the one that is open.
  for (const tab of $$(".nav-tabs .active")) {
    const tabs = tab.parentElement;
    if (tab.offsetLeft + tab.offsetWidth > tabs.clientWidth) tabs.scrollLeft = tab.offsetLeft - tabs.clientWidth / 2;
  }

  // Copying: data-copy="text", or data-copy alone beside a <pre> in the same .code. Says so for two seconds.
  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false; // not a secure context, or refused
    }
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = $("pre", button.closest(".code") || button);
    const text = button.dataset.copy || source?.textContent || "";
    if (await copied(text)) {
      button.classList.add("is-copied");
      announce("Copied");
      setTimeout(() => button.classList.remove("is-copied"), 2000);
    } else if (source) {
      getSelection().selectAllChildren(source); // ready for Ctrl-C
      announce("Selected: press Ctrl C to copy");
    } else {
      toast(`Copying is not allowed here: ${text}`);
    }
  });

  // Times: the same words as registry/templatetags/formats.py, kept true while the page is open.
  const MINUTE = 60, HOUR = 3600, DAY = 86400;
  function distance(seconds) {
    if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
    if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
    const days = Math.floor(seconds / DAY);
    if (days < 100) return `${days} d`;
    return days < 730 ? `${Math.floor(days / 30)} mo` : `${Math.floor(days / 365)} y`;
  }
  function ago(moment, now, word) {
    const seconds = (now - moment) / 1000, far = Math.abs(seconds), future = seconds < 0;
    if (far < MINUTE) return "now";
    if (far >= DAY && far < 2 * DAY) return future ? "tomorrow" : "yesterday";
    return future ? `in ${distance(far)}` : distance(far) + (word ? " ago" : "");
  }
  function refreshTimes() {
    if (document.hidden) return;
    const now = Date.now();
    for (const time of $$("time[data-ago]")) {
      const text = ago(Date.parse(time.dateTime), now, time.dataset.ago);
      if (time.textContent !== text) time.textContent = text;
    }
  }
  setInterval(refreshTimes, 30_000);
  document.addEventListener("visibilitychange", refreshTimes);
  window.mcAgo = ago;

  // Menus: <button popovertarget="id"> and <div popover id="id" class="dropdown-menu">. Placed under their button.
  function place(menu, button) {
    const at = button.getBoundingClientRect(), gap = 4, edge = 8;
    const left = menu.classList.contains("is-end") ? at.right - menu.offsetWidth : at.left;
    const below = at.bottom + gap, fits = below + menu.offsetHeight <= innerHeight - edge;
    const top = fits ? below : Math.max(edge, at.top - gap - menu.offsetHeight);
    menu.style.left = `${Math.max(edge, Math.min(left, innerWidth - menu.offsetWidth - edge))}px`;
    menu.style.top = `${top}px`;
  }
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.(".dropdown-menu[popover]") || event.newState !== "open") return;
    const button = $(`[popovertarget="${CSS.escape(menu.id)}"]`);
    if (button) place(menu, button);
    // A key may have come before this event: whoever is in the menu already stays where they are.
    if (!menu.contains(document.activeElement)) $("a[href],button:not(:disabled),input", menu)?.focus({ preventScroll: true });
  }, true);
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.(".dropdown-menu[popover]");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!menu || !step || event.target.matches("input,textarea,select")) return;
    const items = $$("a[href],button:not(:disabled)", menu);
    items.at((items.indexOf(document.activeElement) + step) % items.length)?.focus();
    event.preventDefault();
  });
  addEventListener("scroll", (event) => {
    const open = $(".dropdown-menu:popover-open");
    if (open && !open.contains(event.target)) open.hidePopover();
  }, { capture: true, passive: true });

  // Dialogs: what htmx puts into <dialog id="dialog"> is shown.
  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = event.detail.target;
    if (!dialog.matches?.("dialog") || !dialog.childElementCount) return;
    if (!dialog.open) {
      $(".dropdown-menu:popover-open")?.hidePopover(); // the focus is its button's again, to which the dialog returns it
      dialog.showModal();
    } else if (dialog.contains(document.activeElement)) return; // drawn again: htmx went to the field that is wrong
    $("[autofocus],.is-invalid,input:not([type=hidden]),textarea,select", dialog)?.focus(); // not the cross
  });
  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-close]");
    const dialog = close?.closest("dialog");
    if (dialog) {
      event.preventDefault(); // without a dialog a Cancel link just goes where it points
      dialog.close();
    }
  });
  document.addEventListener("close", (event) => {
    if (event.target.id === "dialog") event.target.replaceChildren();
  }, true);

  // Toasts leave after eight seconds, not while someone reads or reaches for them.
  function arm(toast) {
    let timer;
    const stop = () => clearTimeout(timer);
    const start = () => {
      stop();
      timer = setTimeout(() => toast.remove(), 8000);
    };
    toast.addEventListener("pointerenter", stop);
    toast.addEventListener("pointerleave", start);
    toast.addEventListener("focusin", stop);
    toast.addEventListener("focusout", start);
    toast.dataset.armed = "";
    start();
  }
  function armAll() {
    $$(".toasts .toast:not([data-armed])").forEach(arm);
  }
  document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast,.alert")?.remove());
  function toast(text) {
    const template = $("#toast-template");
    if (!template) return;
    const made = template.content.firstElementChild.cloneNode(true);
    $("[data-text]", made).textContent = text;
    $("#toasts").append(made);
    arm(made);
  }
  function announce(text) {
    const region = $("#announce");
    if (region) region.textContent = text;
  }
  document.addEventListener("toast", (event) => toast(event.detail?.value ?? event.detail?.text ?? "")); // HX-Trigger

  // Ctrl-K goes to the search box, or to the search page where the box is out of sight.
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    const box = $$("[data-search]").find((field) => field.offsetParent);
    const link = $("a[data-search-page]");
    if (!box && !link) return;
    event.preventDefault();
    if (!box) return location.assign(link.href);
    box.focus();
    box.select();
  });

  // What the box found: the first hit is chosen, the arrow keys choose another, Enter opens it; Escape closes.
  // Enter may come before the answer: it is then kept until the hits are those of the words.
  const jump = { from: null, asked: "", found: null, enter: false };
  const hitsOf = (box) => $$(".hits a", box.classList.contains("jump") ? box : document);
  function openHit(field) {
    const first = hitsOf(field.form)[0];
    if (first) first.click();
    else field.form.submit(); // the search page says what may be looked for
  }
  function closeJump(field) {
    Object.assign(jump, { found: null, enter: false });
    field.value = "";
    $(".jump-hits", field.form).replaceChildren();
    if (jump.from?.isConnected) jump.from.focus();
    else document.activeElement.blur();
  }
  document.addEventListener("focusin", (event) => {
    const box = event.target.closest(".jump");
    if (box && !box.contains(event.relatedTarget)) jump.from = event.relatedTarget;
  });
  document.addEventListener("keydown", (event) => {
    const box = event.target.closest?.(".jump,[role=search]"), field = box && $("input[type=search]", box);
    if (!field || event.isComposing) return;
    const small = box.classList.contains("jump"), hits = hitsOf(box);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (small && event.key === "Escape") closeJump(field);
    else if (small && event.key === "Enter" && event.target === field && field.value.trim()) {
      if (jump.found === field.value) openHit(field);
      else jump.enter = true;
    } else if (step && hits.length) {
      const first = small ? 0 : -1; // in the box the first one is chosen already
      const next = Math.max(first, hits.indexOf(document.activeElement)) + step;
      (next <= first ? field : hits[Math.min(next, hits.length - 1)]).focus();
    } else return;
    event.preventDefault();
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("[data-search]")) jump.asked = event.target.value;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "jump-hits") return;
    const field = $("[data-search]", event.target.closest(".jump"));
    jump.found = jump.asked;
    if (jump.enter && jump.found === field.value) openHit(field);
  });
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (jump.enter && event.target.matches("[data-search]")) event.target.form.submit();
    });
  }

  // htmx: when an answer fails, say so at the top of the page; the page itself stays as it was.
  function failed(title, advice) {
    const template = $("#failed-template"), main = $("#main");
    if (!template || !main) return;
    $(".alert.is-failed", main)?.remove();
    const made = template.content.firstElementChild.cloneNode(true);
    $("[data-title]", made).textContent = title;
    $("[data-advice]", made).textContent = advice;
    ($(".page-body", main) || main).prepend(made);
    made.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401 || status === 403) failed("That was not done: you may not do it, or you are signed out", "Reload the page to see what you may do.");
    else if (status === 404) failed("That was not found", "It may have been deleted or renamed since this page was drawn.");
    else if (status === 409 || status === 412) failed("That was not done: something moved since this page was drawn", "Reload the page and look again.");
    else if (status < 500) failed(`That was not done: the server refused it (${status})`, "Reload the page and try again.");
    else failed("The server could not answer", "Whether it was done is not known: reload the page to see.");
  });
  // A request that a newer one took the place of is no error, though htmx tells it as one on the console; and what
  // follows "afterRequest" names a real one again.
  if (window.htmx) window.htmx.logger = (_, name, detail) => {
    if (name === "htmx:sendAbort" || name === "htmx:afterRequest") delete detail.error;
  };
  document.addEventListener("htmx:sendError", () => failed("The server could not be reached", "Check the connection, then reload the page."));
  document.addEventListener("htmx:timeout", () => failed("The server took too long to answer", "Reload the page to see what was done."));

  function refresh() {
    refreshTimes();
    markTheme();
    armAll();
  }
  document.addEventListener("htmx:afterSettle", refresh);
  document.addEventListener("htmx:historyRestore", refresh);
  refresh();
})();
