"use strict";
// Where everything goes: each frame is laid out in layers by itself, the innermost first.
//
// An arrow that passes layers, or a frame's border, gets a lane through each layer on its way, so that no box lies over it.

const IN = "in", OUT = "out", LANE = 6;

/** The arrows to draw, by their ends: those between the same two become one. */
function edges() {
  const found = new Map();
  arrows.forEach((arrow, n) => {
    const from = route(arrow.source), to = route(arrow.target);
    const same = from.at(-1) === to.at(-1);
    if (same && (from.at(-1).startsWith("frame") || arrow.source !== arrow.target)) return;
    const name = from.at(-1) + " " + to.at(-1);
    if (found.has(name)) found.get(name).arrows.push(n);
    else found.set(name, { from, to, arrows: [n], links: same ? [] : linksOf(from, to), lanes: [] });
  });
  return [...found.values()];
}

/** The way between two places: out of frames, from part to part of the innermost frame around both, and into frames. */
function linksOf(from, to) {
  let d = 0;
  while (d < from.length - 1 && d < to.length - 1 && from[d] === to[d]) d++;
  const links = [];
  for (let k = from.length - 1; k > d; k--) links.push({ level: from[k - 1], a: from[k], b: OUT });
  links.push({ level: d ? from[d - 1] : "", a: from[d], b: to[d] });
  for (let k = d + 1; k < to.length; k++) links.push({ level: to[k - 1], a: IN, b: to[k] });
  return links;
}

function layout() {
  const levels = new Map([["", { order: new Map(), links: new Map() }]]);
  boxes.forEach((_, i) => route(i).forEach((name, d, path) => {
    const around = d ? path[d - 1] : "";
    if (!levels.has(around)) levels.set(around, { order: new Map(), links: new Map() });
    const order = levels.get(around).order;
    if (!order.has(name)) order.set(name, i);
  }));
  drawn = edges();
  for (const edge of drawn) {
    for (const link of edge.links) levels.get(link.level).links.set(link.a + " " + link.b, link);
  }
  const sizes = new Map(), inside = new Map();
  const names = [...levels.keys()].filter(Boolean).sort((a, b) => number(b) - number(a));
  for (const name of [...names, ""]) {
    const { order, links } = levels.get(name);
    for (const item of order.keys()) if (!sizes.has(item)) sizes.set(item, sizeOf(item));
    const spots = layered(order, [...links.values()], sizes);
    inside.set(name, spots);
    sizes.set(name, name ? framed(spots.size, name) : spots.size);
  }
  place(["", ...names.reverse()], inside, sizes);
}

/** Turn places inside of each frame into places in the picture. */
function place(names, inside, sizes) {
  placed = new Map();
  const lanes = new Map();
  for (const name of names) {
    const at = name ? placed.get(name) : { x: 0, y: 0 };
    const dx = at.x + (name ? PAD : 0), dy = at.y + (name ? PAD + LINE : 0);
    for (const [item, spot] of inside.get(name).spots) {
      const size = sizes.get(item);
      placed.set(item, { x: dx + spot.x, y: dy + spot.y, w: size.w, h: size.h });
    }
    for (const [link, points] of inside.get(name).lanes) {
      lanes.set(name + " " + link, points.map(([x, y]) => [dx + x, dy + y]));
    }
  }
  for (const edge of drawn) edge.lanes = edge.links.flatMap(({ level, a, b }) => lanes.get(`${level} ${a} ${b}`) ?? []);
}
const number = (name) => Number(name.slice(name.indexOf("-") + 1));
const framed = (size, name) => ({
  w: Math.max(size.w, textWidth(frames[number(name)].title)) + 2 * PAD, h: size.h + 2 * PAD + LINE,
});
const textWidth = (text, letter = 7.4) => letter * [...text].length + 22;

function sizeOf(item) {
  if (item.startsWith("frame")) return { w: textWidth("▸ " + frames[number(item)].title), h: LINE + 18 };
  const box = boxes[number(item)];
  const numbers = numbersOf(box).map((line) => cut(line, LONGEST));
  const widths = [...box.lines.map((line) => textWidth(line)), ...numbers.map((line) => textWidth(line, 6))];
  return { w: Math.max(...widths, 60), h: LINE * widths.length + 12 };
}

/** Places in layers: each item after what it comes from, near to what it is connected with. */
function layered(order, links, sizes) {
  const items = [...order.keys()].sort((a, b) => order.get(a) - order.get(b));
  const before = new Map(items.map((i) => [i, []])), after = new Map(items.map((i) => [i, []]));
  const forward = links.filter(({ a, b }) => a === IN || b === OUT || order.get(a) < order.get(b));
  for (const { a, b } of forward) {
    if (a !== IN && b !== OUT) {
      before.get(b).push(a);
      after.get(a).push(b);
    }
  }
  const rank = new Map();
  for (const i of items) rank.set(i, Math.max(-1, ...before.get(i).map((j) => rank.get(j))) + 1);
  for (const i of items) {
    if (!before.get(i).length && after.get(i).length) rank.set(i, Math.min(...after.get(i).map((j) => rank.get(j))) - 1);
  }
  const lowest = Math.min(...rank.values());
  const layers = [];
  for (const i of items) (layers[rank.get(i) - lowest] ??= []).push(i);
  const full = layers.filter(Boolean);
  full.forEach((layer, n) => layer.forEach((i) => rank.set(i, n)));
  const lanes = addLanes(forward, rank, full, before, after);
  return spread(full, lanes, before, after, sizes);
}

/** Put a lane into every layer that a link passes; it then counts as a neighbour of its ends. */
function addLanes(links, rank, layers, before, after) {
  const lanes = new Map();
  for (const { a, b } of links) {
    const start = a === IN ? -1 : rank.get(a), end = b === OUT ? layers.length : rank.get(b);
    const own = [];
    for (let n = start + 1; n < end; n++) {
      const lane = `lane ${n} ${a} ${b}`;
      layers[n].push(lane);
      before.set(lane, [own.at(-1) ?? a].filter((i) => i !== IN));
      after.set(lane, n + 1 < end ? [`lane ${n + 1} ${a} ${b}`] : [b].filter((i) => i !== OUT));
      own.push(lane);
    }
    if (own.length) {
      if (b !== OUT) before.set(b, [...before.get(b).filter((i) => i !== a), own.at(-1)]);
      if (a !== IN) after.set(a, [...after.get(a).filter((i) => i !== b), own[0]]);
      lanes.set(a + " " + b, own);
    }
  }
  return lanes;
}

function spread(layers, lanes, before, after, sizes) {
  const isLane = (i) => i.startsWith("lane");
  const long = (i) => isLane(i) ? 0 : across ? sizes.get(i).w : sizes.get(i).h;
  const wide = (i) => isLane(i) ? LANE : across ? sizes.get(i).h : sizes.get(i).w;
  const middle = new Map();
  const pack = (layer, wish) => {
    const goals = new Map(layer.map((i) => [i, wish(i)]));
    layer.sort((a, b) => goals.get(a) - goals.get(b));
    let edge = -Infinity, shift = 0, last = null;
    for (const i of layer) {
      const gap = last !== null && isLane(i) && isLane(last) ? 2 : isLane(i) || (last && isLane(last)) ? 6 : GAP;
      const at = Math.max(goals.get(i), edge + gap + wide(i) / 2);
      middle.set(i, at);
      shift += goals.get(i) - at;
      edge = at + wide(i) / 2;
      last = i;
    }
    for (const i of layer) middle.set(i, middle.get(i) + shift / layer.length);
  };
  const mean = (near) => near.reduce((sum, j) => sum + middle.get(j), 0) / near.length;
  layers.forEach((layer) => pack(layer, (i) => before.get(i).length ? mean(before.get(i)) : 0));
  const near = (neighbours) => (i) => neighbours.get(i).length ? mean(neighbours.get(i)) : middle.get(i);
  for (let sweep = 0; sweep < 4; sweep++) {
    for (const layer of [...layers].reverse()) pack(layer, near(after));
    for (const layer of layers) pack(layer, near(before));
  }
  return measured(layers, lanes, middle, long, wide);
}

/** Corners of the items, points along the lanes, and the size of it all. */
function measured(layers, lanes, middle, long, wide) {
  const spots = new Map(), stretch = new Map();
  const all = layers.flat();
  const low = Math.min(...all.map((i) => middle.get(i) - wide(i) / 2));
  const high = Math.max(...all.map((i) => middle.get(i) + wide(i) / 2));
  const point = (x, y) => across ? [x, y - low] : [y - low, x];
  let along = 0;
  for (const layer of layers) {
    const depth = Math.max(...layer.map(long));
    for (const i of layer) {
      if (i.startsWith("lane")) stretch.set(i, [point(along, middle.get(i)), point(along + depth, middle.get(i))]);
      else {
        const [x, y] = point(along + (depth - long(i)) / 2, middle.get(i) - wide(i) / 2);
        spots.set(i, { x, y });
      }
    }
    along += depth + RANK;
  }
  const total = along - RANK, breadth = high - low;
  const points = new Map([...lanes].map(([link, own]) => [link, own.flatMap((lane) => stretch.get(lane))]));
  return { spots, lanes: points, size: across ? { w: total, h: breadth } : { w: breadth, h: total } };
}
