// The graph of the pages (a lineage, the steps of a run): Cytoscape draws shapes and edges, this page's own elements the
// words on them, so that they have the page's font, two lines and the glyphs. What is here is on the page besides.
(() => {
  "use strict";
  const SIZES = { data: [150, 46], step: [34, 34], pill: [164, 40], model: [144, 46], deployment: [150, 46] };
  const STEP_ROOM = [44, 74]; // of a step with its name below
  // Nodes whose words are all kept on the page; nodes above which edges are straight; what a frame can add.
  const MANY = 80, CROWD = 600, AT_ONCE = 60, FEW = 150, LEGIBLE = 0.3;
  const MARGIN = 28, LEAST = 0.7, HIGHEST = 560, FOOT = 36; // pixels around; the zoom that is still read at ease; of a fitted box
  const SHAPES = { data: "barrel", step: "ellipse", pill: "round-rectangle", model: "round-rectangle", deployment: "tag" };
  const pause = () => new Promise((next) => setTimeout(next));
  const frame = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--mc-${name}`).trim();

  function style() {
    const step = [token("subtle"), token("line-ctl")], colours = {
      data: [token("data-soft"), token("data")], step, pill: step,
      model: [token("surface"), token("accent")], deployment: [token("dep-soft"), token("dep")],
    };
    return [
      { selector: "node", style: { width: "data(width)", height: "data(height)", "border-width": 1.25, "outline-width": 0, "overlay-opacity": 0 } },
      ...Object.keys(SHAPES).map((kind) => ({ selector: `node[look = '${kind}']`, style: { shape: SHAPES[kind], "background-color": colours[kind][0], "border-color": colours[kind][1] } })),
      { selector: "node[look = 'pill']", style: { "corner-radius": SIZES.pill[1] / 2 } },
      { selector: "node[look = 'model']", style: { "border-width": 1.75 } },
      { selector: "node[?fold]", style: { "background-color": token("surface") } },
      { selector: "node[?fold], node[status = 'skipped'], node[status = 'cached']", style: { "border-style": "dashed" } },
      { selector: "node[since = 'changed'], node[since = 'new']", style: { "border-width": 2.25, "border-color": token("stag") } },
      { selector: "node.chosen", style: { "outline-width": 2.5, "outline-color": token("accent"), "outline-offset": 5 } },
      { selector: "node.hit", style: { "outline-width": 2.5, "outline-color": token("stag"), "outline-offset": 2 } },
      { selector: ".dim", style: { opacity: 0.35 } },
      { selector: "edge", style: {
        width: 1.25, "line-color": token("line-ctl"), "target-arrow-color": token("line-ctl"), "target-arrow-shape": "triangle",
        "arrow-scale": 0.7, "curve-style": "unbundled-bezier", "edge-distances": "endpoints", "source-endpoint": "90deg", "target-endpoint": "270deg",
        "control-point-distances": (edge) => edge.data("bends").map((bend) => bend[0]), "control-point-weights": (edge) => edge.data("bends").map((bend) => bend[1]),
        "overlay-opacity": 0, opacity: 0.75,
      } },
      { selector: "edge[?reused]", style: { "line-style": "dashed" } },
      { selector: "edge.straight", style: { "curve-style": "straight" } },
      { selector: "edge.hot", style: { width: 2, "line-color": token("accent"), "target-arrow-color": token("accent"), opacity: 1, "z-index": 9 } },
      { selector: "edge.dim", style: { opacity: 0.2 } },
    ];
  }

  // The layout's points as Cytoscape takes them: relative to the line between the two ends.
  function bends([x1, y1], [x2, y2], way) {
    const dx = x2 - x1, dy = y2 - y1, length = Math.hypot(dx, dy) || 1;
    return way.map(([x, y]) => [((y - y1) * dx - (x - x1) * dy) / length, ((x - x1) * dx + (y - y1) * dy) / length ** 2]);
  }

  function picture(file, name, classes) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", classes);
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${file}#${name}`);
    svg.append(use);
    return svg;
  }

  // The words on one node.
  function written(box, data, at) {
    const one = document.createElement("div"), text = document.createElement("div");
    one.className = `node-words is-${data.look}${data.fold ? " is-fold" : ""}${data.changed ? " is-changed" : ""}`;
    one.dataset.id = data.id;
    const name = document.createElement("b"), note = document.createElement("span");
    name.textContent = data.short;
    note.textContent = data.line;
    text.append(name, note);
    const glyph = ([symbol, colour]) => picture(box.dataset.glyphs, symbol, `glyph ${colour}`);
    one.append(data.sign ? glyph(data.sign) : picture(box.dataset.icons, data.icon, "icon"), text);
    if (data.badge) one.append(glyph(data.badge));
    one.style.left = `${at.x}px`;
    one.style.top = `${at.y}px`;
    return one;
  }

  // The library is more to read than the rest of the page together: it comes once the page is painted.
  let library;
  window.mcGraphLibrary = () => {
    library ??= new Promise((come, fail) => {
      const script = document.createElement("script");
      script.src = document.querySelector("meta[name=graph-library]").content;
      script.onload = come, script.onerror = fail;
      requestAnimationFrame(() => setTimeout(() => document.head.append(script)));
    });
    return library;
  };

  // mcGraph(box, on, options) draws in #graph; `on` says what a page does at a choice: choose(id), enter(id), open(fold),
  // more(id), pick(id) (a click). Nodes: {id, look, short, line, icon or sign, badge, left, fold, focus, status, since,
  // changed}; edges: {id, source, target, reused}. Options: `fitted`, the box is as high as the graph and isn't zoomed by wheel;
  // `here`, what the columns are headed by where it is about (headings.js).
  window.mcGraph = (box, on, { fitted = false, here = "" } = {}) => {
    const wrap = box.closest(".graph-wrap"), state = wrap.querySelector(".lineage-state");
    const layer = document.createElement("div");
    let graph, extent, heads, chosen = "", settling = 0, drawing = 0, styled = false;
    const say = (text) => { state.textContent = text; };

    // Nodes and edges in their places, as Cytoscape takes them.
    function arranged(given, edges) {
      const room = (node) => (node.look === "step" ? STEP_ROOM : [node.width, node.height]);
      const nodes = given.map((node) => ({ ...node, width: SIZES[node.look][0], height: SIZES[node.look][1] }));
      const { places, ways, columns } = window.mcLayers(nodes.map((node) => ({ id: node.id, width: room(node)[0], height: room(node)[1], left: node.left })), edges);
      const byId = new Map(nodes.map((node) => [node.id, node]));
      heads?.show(columns.map(({ start, ids }) => ({ start, nodes: ids.map((id) => byId.get(id)) })));
      const side = (id, way) => [places.get(id).x + (way * byId.get(id).width) / 2, places.get(id).y];
      extent = { x1: Infinity, y1: Infinity, x2: -Infinity, y2: -Infinity };
      for (const node of nodes) {
        const { x, y } = places.get(node.id), [width, height] = room(node);
        extent.x1 = Math.min(extent.x1, x - width / 2), extent.x2 = Math.max(extent.x2, x + width / 2);
        extent.y1 = Math.min(extent.y1, y - height / 2), extent.y2 = Math.max(extent.y2, y + height / 2);
      }
      return [
        ...nodes.map((data) => ({ group: "nodes", data, position: places.get(data.id) })),
        ...edges.map((edge) => ({ group: "edges", classes: nodes.length > CROWD ? "straight" : "", data: { ...edge, bends: bends(side(edge.source, 1), side(edge.target, -1), ways.get(edge.id)) } })),
      ];
    }

    function words() {
      const all = graph.nodes(), near = all.length <= MANY ? all : graph.zoom() < LEGIBLE ? [] : all.filter(nearBy);
      layer.replaceChildren(...near.map((node) => written(box, node.data(), node.position())));
      layer.style.transform = `translate(${graph.pan().x}px, ${graph.pan().y}px) scale(${graph.zoom()})`;
    }

    function move() {
      const pan = graph.pan(), zoom = graph.zoom();
      layer.style.transform = `translate(${pan.x}px, ${pan.y}px) scale(${zoom})`;
      heads?.move(pan, zoom);
      layer.hidden = zoom < LEGIBLE;
      if (graph.nodes().length > MANY && !layer.hidden) {
        clearTimeout(settling);
        settling = setTimeout(words, 120);
      }
    }

    // All of it, if that is legible; else what it is about in the middle, and no empty half: the graph's edge is at most a
    // margin away from the box's.
    function view(whole) {
      const size = [extent.x2 - extent.x1, extent.y2 - extent.y1], wide = box.clientWidth - 2 * MARGIN;
      const top = heads?.high || 0;
      let foot = 0;
      if (fitted) { // as high as its graph; what isn't in sight whole has its zoom below
        const across = Math.min(wide / size[0], 1), scale = across >= LEAST ? across : 0.9, high = size[1] * scale + 2 * MARGIN;
        const most = Math.min(HIGHEST, innerHeight / 2);
        foot = across < LEAST || high > most ? FOOT : 0;
        box.classList.toggle("is-whole", !foot);
        box.style.height = `${Math.min(high, most) + foot}px`;
        graph.resize();
      }
      const room = [wide, box.clientHeight - foot - top - 2 * MARGIN], fits = Math.min(room[0] / size[0], room[1] / size[1], 1);
      const zoom = whole || fits >= LEAST ? fits : 0.9;
      const focus = graph.nodes().filter((node) => node.data("focus"))[0]?.position();
      const middle = [(extent.x1 + extent.x2) / 2, (extent.y1 + extent.y2) / 2], wish = zoom === fits || !focus ? middle : [focus.x, focus.y];
      const within = (at, low, high, half) => (high - low < 2 * half ? (low + high) / 2 : Math.min(Math.max(at, low + half), high - half));
      const x = within(wish[0], extent.x1, extent.x2, room[0] / 2 / zoom), y = within(wish[1], extent.y1, extent.y2, room[1] / 2 / zoom);
      graph.viewport({ zoom, pan: { x: box.clientWidth / 2 - x * zoom, y: (box.clientHeight - foot + top) / 2 - y * zoom } });
      move(); // the same view as before tells of nothing
    }

    // Many come in by parts, between which the page answers; of these the first, which one looks at, and the last are
    // drawn. The words have a frame of their own. False if another drawing came before it was done.
    async function draw(nodes, edges, keep) {
      const turn = ++drawing, gone = () => turn !== drawing;
      if (!styled) {
        styled = true;
        graph.style(style());
        await pause();
        if (gone()) return false;
      }
      const all = arranged(nodes, edges), size = all.length > (keep ? CROWD : FEW) ? AT_ONCE : all.length;
      graph.elements().remove();
      const focus = all.findIndex((one) => one.data.focus);
      if (focus > 0) all.unshift(...all.splice(focus, 1)); // the view goes by where it is
      for (let at = 0; at < all.length; at += size) {
        const part = all.slice(at, at + size), last = at + size >= all.length;
        if (last || !at) graph.add(part);
        else graph.noNotifications(() => graph.add(part)); // in no documentation: draws nothing for what is done within
        if (!at && !last && !keep) view();
        if (!last) await pause();
        if (gone()) return false;
      }
      if (keep && graph.getElementById(keep).length) choose(keep, { center: true });
      else view();
      mark();
      if (!layer.firstChild) await frame();
      if (gone()) return false;
      words(); // last: whoever asks for a size after it waits until all words are laid out
      say("");
      box.dataset.ready = `${graph.nodes().length} ${graph.nodes("[?fold]").length}`;
      return true;
    }

    // Other facts of the nodes that are drawn, each in its place; the view stays.
    function update(nodes) {
      graph.batch(() => nodes.forEach((node) => graph.getElementById(node.id).data(node)));
      words();
    }

    function choose(id, { center = false } = {}) {
      const node = graph.getElementById(id);
      if (!node.length) return;
      if (node.data("fold")) return on.open(id);
      chosen = id;
      mark();
      if (center && graph.zoom() < LEGIBLE) graph.zoom(0.8);
      if (center || !inSight(node)) graph.center(node);
      wrap.querySelector("[aria-live]").textContent = on.choose(id) || "";
    }

    // What is chosen, and what leads to it, in the accent.
    function mark(id = chosen) {
      chosen = id;
      const node = graph.getElementById(chosen);
      graph.$(".chosen").removeClass("chosen");
      graph.$(".hot").removeClass("hot");
      if (!node.length) return;
      node.addClass("chosen");
      (graph.nodes().length > CROWD ? node.incomers("edge") : node.predecessors("edge")).addClass("hot");
    }

    function inSight(node, around = 0) {
      const { x, y } = node.renderedPosition(), wide = graph.width(), high = graph.height();
      return x > -around * wide && y > -around * high && x < (1 + around) * wide && y < (1 + around) * high;
    }
    const nearBy = (node) => inSight(node, 0.5); // a short way to go shows no empty nodes

    // The keyboard goes along the edges, and up and down within a column.
    function neighbour(key) {
      const node = graph.getElementById(chosen), all = graph.nodes();
      if (!node.length) return all.filter((one) => one.data("focus"))[0] || all[0];
      const at = node.position(), near = (one) => Math.abs(one.position("y") - at.y);
      if (key === "ArrowLeft" || key === "ArrowRight") {
        return (key === "ArrowLeft" ? node.incomers("node") : node.outgoers("node")).sort((a, b) => near(a) - near(b))[0];
      }
      const way = key === "ArrowDown" ? 1 : -1;
      return all.filter((one) => Math.abs(one.position("x") - at.x) < 60 && (one.position("y") - at.y) * way > 1).sort((a, b) => near(a) - near(b))[0];
    }
    function light(fold) { // a fold is shown as chosen, and opened by Enter
      mark(fold.id());
      say(`${fold.data("short")} ${fold.data("line")}, folded: Enter opens`);
    }
    box.addEventListener("keydown", (event) => {
      if (!graph || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key.startsWith("Arrow")) {
        const next = neighbour(event.key);
        if (next) next.data("fold") ? light(next) : choose(next.id());
      } else if (event.key === "Enter") {
        if (graph.getElementById(chosen).data("fold")) on.open(chosen);
        else on.enter(chosen);
      } else if (event.key === "+" && on.more) on.more(chosen);
      else return;
      event.preventDefault();
    });
    wrap.addEventListener("click", (event) => {
      const zoom = graph && event.target.closest("[data-zoom]")?.dataset.zoom;
      if (zoom === "fit") view(true);
      else if (zoom) graph.zoom({ level: graph.zoom() * (zoom === "in" ? 1.25 : 0.8), renderedPosition: { x: box.clientWidth / 2, y: box.clientHeight / 2 } });
    });
    document.addEventListener("mc:theme", () => styled && graph.style(style()));

    const many = (count) => count > CROWD; // draws less while it moves
    function start(count) {
      graph = window.cytoscape({
        container: box, autoungrabify: true, boxSelectionEnabled: false, minZoom: 0.02, maxZoom: 2.5, userZoomingEnabled: !fitted,
        textureOnViewport: many(count), hideEdgesOnViewport: many(count), pixelRatio: many(count) ? 1 : "auto",
      });
      layer.className = "node-layer";
      layer.setAttribute("aria-hidden", "true");
      box.append(layer);
      if (here) heads = window.mcHeadings(box, here);
      graph.on("viewport resize", move);
      graph.on("tap", "node", (event) => (choose(event.target.id()), on.pick?.(event.target.id())));
      graph.on("dbltap", "node", (event) => on.more?.(event.target.id()));
    }

    // Search: what isn't among `found` is dimmed; in a crowd what is, is ringed.
    function search(hit) {
      if (!graph) return; // typed before it came
      graph.$(".dim, .hit").removeClass("dim hit");
      if (hit && graph.nodes().length > CROWD) graph.nodes().filter((node) => hit(node.id())).addClass("hit");
      else if (hit) graph.nodes().filter((node) => !hit(node.id())).addClass("dim").connectedEdges().addClass("dim");
      for (const one of layer.children) one.classList.toggle("is-dim", graph.getElementById(one.dataset.id).hasClass("dim"));
    }

    return { start, draw, update, choose, mark, say, search, chosen: () => chosen };
  };
})();
