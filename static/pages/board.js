// The boards: dragging, keys, and what must survive when others' moves are drawn. A card's menu needs none of it.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const ITEMS = "a,button"; // of a menu
  const board = () => $("#board-live");
  const lane = (element) => element.closest("[data-lane]");
  const button = (card, stage) => $(`button[name=to][value="${stage}"]`, card);
  const told = (way) => $("small", way).textContent; // what it would do, or why it can't be done
  const named = (card) => [card.dataset.model, card.dataset.number].filter(Boolean).join(" ");

  // Why a column doesn't take a card; empty if it does.
  function refusal(card, stage) {
    if (stage === "new") return "only undo returns here";
    const way = button(card, stage);
    if (!way) return "it is here";
    return way.disabled ? told(way) : "";
  }

  // Dragging leads to the plan; the card itself goes back to its slot, for nothing has moved yet.
  let drag = null;
  function start(event) {
    const card = event.item, slot = document.createElement("li");
    slot.className = "vcard is-ghost";
    slot.setAttribute("aria-hidden", "true");
    slot.style.height = `${card.offsetHeight}px`;
    drag = { card, slot, next: card.nextElementSibling, from: event.from, at: event.from, hints: new Map() };
    watcher.observe(board(), { childList: true, subtree: true });
    for (const column of $$("[data-lane]")) {
      const why = refusal(card, column.dataset.lane), hint = $(".lane-hint", column);
      if (!why || column === lane(event.from)) continue;
      drag.hints.set(hint, hint.textContent);
      hint.textContent = `no drop: ${why}`;
      column.classList.add("is-closed");
    }
  }
  // Sortable tells when a card comes into a column, not when it comes back: so its place is watched.
  const watcher = new MutationObserver(() => drag && drag.card.parentElement !== drag.at && over());
  function over() {
    drag.at = drag.card.parentElement;
    const target = lane(drag.at), away = drag.at !== drag.from;
    for (const column of $$("[data-lane]")) column.classList.toggle("is-target", away && column === target);
    if (!away) return drag.slot.remove();
    drag.from.insertBefore(drag.slot, drag.next);
    const stage = target.dataset.lane, way = button(drag.card, stage);
    drag.card.dataset.drop = `${named(drag.card)} to ${stage}; ${way && told(way)}`;
  }
  function end(event) {
    if (!drag) return;
    watcher.disconnect();
    const { card, slot, next, from, hints } = drag, point = event.originalEvent?.changedTouches?.[0] ?? event.originalEvent;
    const under = point && document.elementFromPoint(point.clientX, point.clientY); // a quick drop outruns Sortable
    const stage = under?.closest("[data-lane]")?.dataset.lane;
    const away = stage && stage !== lane(from).dataset.lane && !refusal(card, stage);
    slot.remove();
    from.insertBefore(card, next);
    delete card.dataset.drop;
    for (const [hint, text] of hints) hint.textContent = text;
    for (const column of $$("[data-lane]")) column.classList.remove("is-target", "is-closed");
    drag = null;
    if (!away) return;
    const plan = new URL($("form", card).action);
    plan.searchParams.set("to", stage);
    location.assign(plan);
  }
  function arm() {
    if (!window.Sortable || !board() || board().matches(".is-still")) return;
    for (const list of $$(".lane-list")) {
      window.Sortable.create(list, {
        draggable: ".vcard:not([aria-hidden])",
        filter: "button,.dropdown-menu",
        preventOnFilter: false,
        sort: false,
        group: { name: "board", put: (to, _from, card) => !refusal(card, lane(to.el).dataset.lane) },
        forceFallback: true, // one way for mouse, pen and finger, drawn by our styles
        fallbackOnBody: true,
        fallbackTolerance: 4,
        fallbackClass: "is-drag",
        ghostClass: "is-ghost",
        delay: 250,
        delayOnTouchOnly: true, // a quick swipe scrolls
        emptyInsertThreshold: 24,
        onStart: start,
        onEnd: end,
      });
    }
  }

  // Keys: arrows go from card to card, M opens the menu of the one in focus, or under the pointer.
  function neighbour(card, key) {
    const cards = $$(".vcard:not([aria-hidden])", lane(card)), at = cards.indexOf(card);
    if (key === "ArrowDown") return cards[at + 1];
    if (key === "ArrowUp") return cards[at - 1];
    if (key === "Home") return cards[0];
    if (key === "End") return cards.at(-1);
    const lanes = $$("[data-lane]").map((column) => $$(".vcard:not([aria-hidden])", column));
    const here = lanes.findIndex((column) => column.includes(card));
    const way = key === "ArrowRight" ? lanes.slice(here + 1) : lanes.slice(0, here).reverse();
    const column = way.find((others) => others.length);
    return column?.[Math.min(at, column.length - 1)];
  }
  document.addEventListener("keydown", (event) => {
    const inside = event.target.closest?.(".vcard");
    if (event.target.closest?.("input,textarea,select,[popover]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.toLowerCase() === "m") {
      const card = inside || $(".vcard:hover") || $(".vcard");
      if (!card) return;
      event.preventDefault();
      $("button[popovertarget]", card).focus();
      const menu = $("form[popover]", card);
      menu.showPopover();
      $("button:not(:disabled)", menu)?.focus({ preventScroll: true });
    } else if (inside && /^(Arrow(Up|Down|Left|Right)|Home|End)$/.test(event.key)) {
      event.preventDefault();
      const other = neighbour(inside, event.key);
      if (other) $(".vcard-top a", other).focus();
    }
  });

  // Others' moves: what was in focus and which menu was open stay so, and what moved is marked and told.
  let kept = null;
  function places() {
    return new Map($$(".vcard[id]", board()).map((card) => [card.id, lane(card).dataset.lane]));
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "board-live" || !event.detail.shouldSwap) return;
    if (drag) {
      event.detail.shouldSwap = false; // the next question brings it
      return;
    }
    // What app.js placed has a style attribute; htmx would copy it to the new element, which the policy refuses.
    const menu = $("[popover]:popover-open"), items = menu ? $$(ITEMS, menu) : [];
    for (const placed of $$("[popover][style]")) placed.removeAttribute("style");
    const focus = document.activeElement;
    kept = { places: places(), menu: menu?.id, focus: focus?.id, item: items.indexOf(focus) };
  });
  function restore({ menu, focus, item }) {
    const opened = menu && document.getElementById(menu);
    const target = () => (item < 0 ? document.getElementById(focus) : opened && $$(ITEMS, opened)[item]);
    const focused = () => target()?.focus({ preventScroll: true });
    if (!opened || opened.matches(":popover-open")) return focused();
    // The page chooses the first item of a menu that opens: this one comes after it. An older event may be first.
    const chosen = (event) => {
      if (event.newState !== "open") return;
      opened.removeEventListener("toggle", chosen);
      setTimeout(focused);
    };
    opened.addEventListener("toggle", chosen);
    opened.showPopover();
  }
  function tell(before) {
    const moved = [...places()].filter(([id, now]) => before.size && before.get(id) !== now);
    const words = moved.map(([id, now]) => {
      const card = document.getElementById(id);
      card.classList.add("is-moved");
      setTimeout(() => card.classList.remove("is-moved"), 6000);
      return `${named(card)} is in ${now}`;
    });
    const region = $("#announce");
    if (region && words.length) region.textContent = words.slice(0, 3).join(", ");
  }
  document.addEventListener("htmx:afterSettle", () => {
    if (!kept) return;
    const before = kept;
    kept = null;
    restore(before);
    tell(before.places);
    arm();
  });
  arm();
})();
