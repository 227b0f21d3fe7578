// Headings above a graph's columns: how many steps lie between them and what the graph is about. They stay at the top of
// the box and go along sideways; what would run into the one before is left out.
(() => {
  "use strict";
  const ROOM = 12, LETTER = 6, HIGH = 32; // pixels: between two, of a letter at most, of the strip; asked for, all is laid out
  const STEPS = new Set(["step", "model"]); // a version stands beside the steps that read what it links

  // Where each heading begins: columns of the layout with their nodes, from the left. Columns that hold steps and no data count.
  function told(columns, here) {
    const steps = columns.map(({ nodes }) => nodes.some((node) => node.look === "step") && nodes.every((node) => STEPS.has(node.look)));
    const own = columns.map(({ nodes }) => nodes.some((node) => node.focus));
    const first = own.indexOf(true), last = own.lastIndexOf(true);
    if (first < 0) return [];
    const between = (from, to) => steps.slice(from, to).filter(Boolean).length;
    let before = "";
    return columns.flatMap(({ start }, at) => {
      const count = at < first ? between(at, first) : at > last ? between(last + 1, at + 1) : 0;
      const away = count ? `${count} step${count > 1 ? "s" : ""} ${at < first ? "up" : "down"}` : "linked"; // no step but a link leads there
      const text = at >= first && at <= last ? here : away;
      if (text === before) return [];
      before = text;
      return [{ start, text }];
    });
  }

  // mcHeadings(box, "this version") puts a strip into the box: `show(columns)`, then `move(pan, zoom)`; `high` are its pixels.
  window.mcHeadings = (box, here) => {
    const strip = document.createElement("div");
    let shown = [];
    strip.className = "graph-heads";
    strip.setAttribute("aria-hidden", "true"); // the table tells it of each node
    box.append(strip);

    function show(columns) {
      shown = told(columns, here).map(({ start, text }) => {
        const one = document.createElement("span");
        one.textContent = text;
        return { start, one, width: text.length * LETTER };
      });
      strip.replaceChildren(...shown.map(({ one }) => one));
      strip.parentElement.parentElement.classList.toggle("is-headed", shown.length > 0);
    }

    function move(pan, zoom) {
      let free = -Infinity;
      for (const { start, one, width } of shown) {
        const left = start * zoom + pan.x;
        one.hidden = left < free;
        one.style.left = `${left}px`;
        if (!one.hidden) free = left + width + ROOM;
      }
    }

    return { show, move, get high() { return shown.length ? HIGH : 0; } };
  };
})();
