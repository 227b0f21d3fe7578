// The steps of a run in the pages' graph, kept true while the page asks again: the box stays (hx-preserve), states change
// in their place, and only other steps are laid out anew.
(() => {
  "use strict";
  let box, begun, graph, known = new Map(), shape = "", asked = 0;
  const moment = new URLSearchParams(location.search).get("as_of");

  function follow(id) {
    if (!known.has(id)) return;
    const there = `step-${id}`, query = new URLSearchParams({ step: id });
    if (moment !== null) query.set("as_of", moment);
    if (document.getElementById(there)) location.assign(`#${there}`);
    else location.assign(`${box.dataset.page}?${query}#${there}`); // another part of a long run, or its own page
  }

  async function sync() {
    const here = document.getElementById("graph");
    if (!here) return;
    if (here !== box) {
      box = here, shape = "";
      graph = window.mcGraph(box, { choose: (id) => known.get(id).said, enter: follow, pick: follow }, { fitted: true });
    }
    const turn = ++asked;
    let data;
    try {
      const asking = fetch(box.dataset.url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      const [answer] = await Promise.all([asking, window.mcGraphLibrary()]);
      if (!answer.ok) throw new Error(String(answer.status));
      data = await answer.json();
    } catch {
      return graph.say("The graph could not be loaded: reload the page.");
    }
    if (turn !== asked) return;
    if (begun !== box) begun = box, graph.start(0);
    show(data);
  }

  async function show({ nodes, edges }) {
    const failed = nodes.find((node) => node.failed), now = [...nodes, ...edges].map((one) => one.id).join();
    const before = [...known.values()].some((node) => node.failed);
    known = new Map(nodes.map((node) => [node.id, node]));
    if (failed && !before) graph.mark(failed.id); // what one comes for
    if (!nodes.length) graph.say("No step has begun yet.");
    else if (now === shape) graph.update(nodes), graph.say("");
    else if (!await graph.draw(nodes, edges)) return;
    shape = now;
  }

  // Where an engine can't move an element as it is, its focus would be lost with each answer.
  let focused = false;
  document.addEventListener("htmx:beforeSwap", () => { focused = Boolean(box) && document.activeElement === box; });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!["run-live", "pipeline-live"].includes(event.target.id)) return;
    if (focused) box.focus({ preventScroll: true });
    sync();
  });
  sync();
})();
