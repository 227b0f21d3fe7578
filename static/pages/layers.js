// A layered layout, left to right: each node stands behind all that leads to it, columns are ordered so that few edges
// cross, and an edge that passes a column has a row of its own there. Of the order of n log n: thousands of nodes are
// placed within a frame or two.
(() => {
  "use strict";
  const GAP_X = 48, GAP_Y = 24, PASSING = 14; // pixels between columns, between boxes, and for an edge that passes
  const SWEEPS = 8, MOST_PASSING = 20_000;

  // mcLayers([{id, width, height, left}], [{id, source, target}]) gives {places: Map(id → {x, y}), ways: Map(edge's id →
  // points to bend by), columns: [{x, ids}]}. `left`: it stands as near as it can to what it leads to.
  window.mcLayers = (nodes, edges) => {
    const items = nodes.map((node) => ({ ...node, layer: 0, into: [], out: [] }));
    const byId = new Map(items.map((item) => [item.id, item]));
    const real = edges.map((edge) => ({ id: edge.id, from: byId.get(edge.source), to: byId.get(edge.target) }));
    for (const { from, to } of real) from.out.push(to), to.into.push(from);
    const turned = assign(items);
    const { layers, chains } = columnsOf(items, real, turned);
    order(layers);
    heights(layers);
    return finish(layers, items, chains);
  };

  // Longest paths; who is `left` is moved up to its nearest reader. Returns the edges that would lead back.
  function assign(items) {
    const waiting = new Map(items.map((item) => [item, item.into.length])), sorted = [], turned = new Set();
    const ready = items.filter((item) => !item.into.length), done = new Set();
    let next = 0;
    while (sorted.length < items.length) {
      if (!ready.length) { // a circle: it is opened where the first of it stands
        while (done.has(items[next])) next++;
        for (const from of items[next].into) if (!done.has(from)) turned.add(`${from.id}>${items[next].id}`);
        ready.push(items[next]);
      }
      const item = ready.pop();
      if (done.has(item)) continue;
      done.add(item);
      sorted.push(item);
      for (const to of item.out) {
        if (!done.has(to)) to.layer = Math.max(to.layer, item.layer + 1);
        waiting.set(to, waiting.get(to) - 1);
        if (!waiting.get(to)) ready.push(to);
      }
    }
    for (const item of sorted.reverse()) {
      const nearest = item.out.reduce((least, to) => (to.layer > item.layer ? Math.min(least, to.layer) : least), Infinity);
      if ((item.left || !item.into.length) && nearest < Infinity) item.layer = nearest - 1;
    }
    return turned;
  }

  // The columns, with a place for each edge that passes one; and the chain of places of each edge.
  function columnsOf(items, edges, turned) {
    const layers = [], chains = new Map();
    const put = (item) => (layers[item.layer] ??= []).push(item);
    for (const item of items) item.before = [], item.after = [], put(item);
    let passing = 0;
    for (const { id, from, to } of edges) {
      const chain = [from];
      const long = to.layer - from.layer;
      if (!turned.has(`${from.id}>${to.id}`) && long > 1 && passing + long < MOST_PASSING) {
        passing += long - 1;
        for (let layer = from.layer + 1; layer < to.layer; layer++) {
          const place = { layer, width: 0, height: PASSING - GAP_Y, before: [], after: [] };
          put(place);
          chain.push(place);
        }
      }
      chain.push(to);
      for (let at = 1; at < chain.length; at++) chain[at - 1].after.push(chain[at]), chain[at].before.push(chain[at - 1]);
      chains.set(id, chain);
    }
    return { layers: Array.from(layers, (layer) => layer || []), chains };
  }

  const mean = (items, value) => items.reduce((sum, item) => sum + value(item), 0) / items.length;

  // Each item goes where the middle of its neighbours is, from left to right and back.
  function order(layers) {
    const number = (layer) => layer.forEach((item, row) => { item.row = row - layer.length / 2; });
    layers.forEach(number);
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const side = sweep % 2 ? "after" : "before";
      for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
        for (const item of layer) item.wish = item[side].length ? mean(item[side], (other) => other.row) : item.row;
        layer.sort((one, other) => one.wish - other.wish || one.row - other.row);
        number(layer);
      }
    }
  }

  // Heights: as near to the middle of the neighbours as the order and the gaps allow.
  function heights(layers) {
    for (const layer of layers) {
      let offset = 0;
      layer.forEach((item, row) => {
        if (row) offset += (layer[row - 1].height + item.height) / 2 + GAP_Y;
        item.offset = offset;
      });
      for (const item of layer) item.y = item.offset - offset / 2;
    }
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
        settle(layer, (item) => {
          const side = sweep % 2 ? item.after : item.before, near = side.length ? side : [...item.before, ...item.after];
          return near.length ? mean(near, (other) => other.y) : item.y;
        });
      }
    }
  }

  // The least moves that keep the order: items that would overlap share the mean of their wishes.
  function settle(layer, wish) {
    const blocks = [];
    for (const item of layer) {
      let block = { sum: wish(item) - item.offset, items: [item] };
      while (blocks.length && blocks.at(-1).sum / blocks.at(-1).items.length > block.sum / block.items.length) {
        const last = blocks.pop();
        last.items.push(...block.items);
        block = { sum: last.sum + block.sum, items: last.items };
      }
      blocks.push(block);
    }
    for (const { sum, items } of blocks) for (const item of items) item.y = sum / items.length + item.offset;
  }

  function finish(layers, items, chains) {
    const columns = [];
    let x = 0;
    for (const layer of layers) {
      const width = layer.reduce((most, item) => Math.max(most, item.width), 0);
      columns.push({ x: x + width / 2, start: x, end: x + width, ids: [] });
      x += width + GAP_X;
    }
    for (const item of items) columns[item.layer].ids.push(item.id);
    const places = new Map(items.map((item) => [item.id, { x: columns[item.layer].x, y: item.y }]));
    const ways = new Map();
    for (const [id, chain] of chains) {
      ways.set(id, chain.slice(1).flatMap((item, at) => {
        const before = chain[at], gap = (columns[before.layer].end + columns[item.layer].start) / 2;
        return [[gap - GAP_X / 4, before.y], [gap + GAP_X / 4, item.y]];
      }));
    }
    return { places, ways, columns };
  }
})();
