// A lineage in the pages' graph: what is folded, found, expanded and asked for beside it. The table view holds the same
// facts; nothing is only here.
(() => {
  "use strict";
  const box = document.getElementById("graph");
  if (!box) return;
  const ICONS = { data: "database", step: "player-play", model: "box", deployment: "rocket" };
  const panel = document.getElementById("lineage-facts");
  const known = { nodes: new Map(), edges: new Map(), groups: new Map() }, opened = new Set();
  const pages = new Map(); // of the nodes that are expanded: how far one went through what is beside them
  const TRIES = 3; // pages that hold nothing new
  let asking = 0;

  const look = (node) => (node.type === "model_version" ? "model" : node.type === "step_run" ? "step" : node.kind === "deployment" ? "deployment" : "data");
  // The moment of the past that the page shows, for what it asks besides.
  const moment = new URLSearchParams(location.search).get("as_of");
  const then = (joint) => (moment === null ? "" : `${joint}as_of=${encodeURIComponent(moment)}`);
  const fill = (address, kind, id) => address.replace("KIND", kind).replace("00000000-0000-0000-0000-000000000000", id);
  const graph = window.mcGraph(box, {
    choose: told,
    open,
    more: expand,
    enter: (id) => document.querySelector(`#lineage-facts [data-node="${CSS.escape(id)}"] a[href]`)?.click(),
  }, { here: box.dataset.here });

  function learn(data) {
    for (const node of data.nodes) {
      const old = known.nodes.get(node.id);
      known.nodes.set(node.id, old ? { ...node, ...old, folded: node.folded, at_least: node.at_least } : node);
    }
    for (const edge of data.edges) known.edges.set(`${edge.from} ${edge.to} ${edge.kind}`, edge);
  }

  // What is drawn: each node, or the fold that stands for it.
  function redraw(keep) {
    const drawn = new Map(), stands = (id) => {
      const group = known.nodes.get(id)?.group;
      return group && !opened.has(group) && known.groups.has(group) ? group : id;
    };
    for (const node of known.nodes.values()) {
      const id = stands(node.id), group = known.groups.get(id);
      if (!drawn.has(id)) drawn.set(id, group ? { ...group, short: group.name, fold: true } : node);
    }
    if (!drawn.size) return graph.say("Nothing leads here, and nothing was made from it.");
    const edges = new Map();
    for (const edge of known.edges.values()) {
      const source = stands(edge.from), target = stands(edge.to), id = `${source}>${target}`;
      if (source !== target && drawn.has(source) && drawn.has(target)) edges.set(id, { id, source, target, reused: edge.kind === "reused" ? 1 : 0 });
    }
    return graph.draw([...drawn.values()].map(shown), [...edges.values()], keep);
  }

  function shown(node) {
    const kind = look(node), changed = Boolean(node.change && node.since !== "same"), stage = node.stage || "new";
    return {
      ...node, look: kind, fold: node.fold ? 1 : 0, changed, left: (node.hop ?? known.nodes.get(node.members[0])?.hop ?? 0) <= 0,
      icon: node.fold ? "plus" : ICONS[kind], badge: kind === "model" && !node.fold ? [stage, `g-${stage}`] : null,
      line: (node.folded && !node.fold ? `${node.note} · +${node.folded.toLocaleString("en")}${node.at_least ? "+" : ""}` : node.note) + (changed ? ` · ${node.change}` : ""),
    };
  }

  // A node is chosen: its facts beside the graph.
  function told(id) {
    const node = known.nodes.get(id), url = fill(box.dataset.facts, node.type, id) + then("?");
    clearTimeout(asking);
    asking = setTimeout(() => window.htmx.ajax("GET", url, { target: "#lineage-facts", swap: "innerHTML" }), 120);
    return [node.name, node.note, node.change && `${node.change} since version ${box.dataset.since}`].filter(Boolean).join(", ");
  }

  function open(group) {
    const members = known.groups.get(group)?.members || [];
    opened.add(group);
    redraw(members[0] || graph.chosen());
  }

  async function ask(url) {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  // The next page of what is beside a node; whether there was anything.
  async function page(node) {
    const { id, type } = node, number = pages.get(id) || 0;
    const data = await ask(`${fill(box.dataset.around, type, id)}?hops=1&page=${number}${box.dataset.more}${then("&")}`);
    const beside = (edges) => new Set([...edges].flatMap((edge) => (edge.from === id ? [edge.to] : edge.to === id ? [edge.from] : []))).size;
    const here = data.nodes.find((one) => one.id === id), total = beside(data.edges) + (here?.folded || 0);
    data.nodes.forEach((one) => { one.group = null; one.focus = false; });
    learn(data);
    if (!here?.at_least) known.nodes.get(id).folded = Math.max(0, total - beside(known.edges.values()));
    pages.set(id, number + 1);
    return beside(data.edges) > 0;
  }

  async function expand(id) {
    const node = known.nodes.get(id);
    if (!node) return;
    graph.say("Expanding…");
    try {
      const before = known.nodes.size;
      for (let tries = 0; known.nodes.size === before && tries < (node.type === "model_version" ? 1 : TRIES); tries++) {
        if (!await page(node)) break;
      }
      await redraw(graph.chosen() || id); // who has gone on meanwhile stays where they are
      if (known.nodes.size === before) graph.say(known.nodes.get(id).folded ? "Nothing new yet: expand it again." : "There is nothing more beside it.");
    } catch {
      graph.say("The server did not answer: try again.");
    }
  }

  // Search dims what doesn't hold the words; Enter goes from match to match, into folds too.
  const field = document.getElementById("find-node");
  let turn = 0;
  const matches = (words) => [...known.nodes.values()].filter((node) => `${node.name} ${node.note}`.toLowerCase().includes(words));
  field?.addEventListener("input", () => {
    const words = field.value.trim().toLowerCase(), found = new Set(matches(words).map((node) => node.id));
    turn = 0;
    const hit = (id) => found.has(id) || (known.groups.get(id)?.members || []).some((member) => found.has(member));
    graph.search(words ? hit : null);
    graph.say(words ? `${found.size} of ${known.nodes.size} match` : "");
  });
  field?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const found = matches(field.value.trim().toLowerCase());
    if (!found.length) return;
    const node = found[turn++ % found.length];
    if (node.group && !opened.has(node.group)) opened.add(node.group), redraw(node.id);
    else graph.choose(node.id, { center: true });
  });

  document.addEventListener("click", (event) => {
    const more = event.target.closest("[data-expand]")?.dataset.expand;
    if (more) expand(more);
  });
  // What changed since the version that is compared with, beside the facts and the neighbours they list.
  function tellChanges() {
    const here = known.nodes.get(panel.querySelector("[data-node]")?.dataset.node);
    for (const way of panel.querySelectorAll("a.btn")) if (way.pathname === location.pathname) way.remove(); // to this page
    document.getElementById("facts-since").textContent = here?.change ? `${here.change} since ${box.dataset.since}` : "";
    for (const line of panel.querySelectorAll("[data-near]")) {
      const near = known.nodes.get(line.dataset.near);
      if (!near?.change) continue;
      const word = document.createElement("span");
      word.className = near.since === "same" ? "text-3 end" : "badge is-warn ms-auto";
      word.textContent = near.change;
      line.querySelector(".end")?.remove();
      line.append(word);
    }
  }
  panel.addEventListener("htmx:afterSwap", tellChanges);

  async function start() {
    try {
      const [data] = await Promise.all([ask(box.dataset.url), window.mcGraphLibrary()]);
      learn(data);
      for (const group of data.groups) known.groups.set(group.id, group);
      tellChanges(); // the facts may have come first
    } catch {
      return graph.say("The graph could not be loaded: reload the page, or use the table.");
    }
    graph.start(known.nodes.size);
    await new Promise((next) => setTimeout(next)); // lets the page answer between making the graph and its layout
    graph.mark([...known.nodes.values()].find((node) => node.focus)?.id || "");
    await redraw();
  }
  start();
})();
