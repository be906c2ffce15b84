"use strict";
// Where everything goes: each frame is laid out in layers by itself, the innermost first, as layout.py and layers.py do
// for a drawing; here frames are folded, too, and are items as boxes are then.
//
// An arrow that passes layers gets a lane through each on its way, so that no box lies over it, and crosses the border of
// a frame at a right angle, beside the title. Within a frame everything has two directions, whichever way the picture
// goes: along the arrows, and wide, across them.

const IN = "in", OUT = "out", LANE = 6, SPINE = 16, ASIDE = 14;
let levels = new Map(), extent = new Map(), ports = new Map(), inset = new Map(), titleStart = new Map();

const isFrame = (name) => name.startsWith("frame"), isLane = (name) => name.startsWith("lane");
const number = (name) => Number(name.slice(name.indexOf("-") + 1));
const turned = ([along, wide]) => across ? [along, wide] : [wide, along];
const isBack = (arrow) => arrow.source >= arrow.target;
const isLeaf = (box) => ["input", "parameter"].includes(boxes[box].kind);

/** The arrows to draw, by their ends: those between the same two become one. */
function edges() {
  const found = new Map();
  arrows.forEach((arrow, n) => {
    const from = route(arrow.source), to = route(arrow.target);
    const same = from.at(-1) === to.at(-1);
    if (same && (isFrame(from.at(-1)) || arrow.source !== arrow.target)) return;
    const name = from.at(-1) + " " + to.at(-1);
    if (found.has(name)) found.get(name).arrows.push(n);
    else found.set(name, { from, to, arrows: [n], back: isBack(arrow), ...linksOf(from, to) });
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
  return { links, around: d ? from[d - 1] : "" };
}

const newLevel = () => ({ order: new Map(), links: new Map(), labels: new Map(), backs: 0, spots: new Map(), lanes: new Map() });

function layout() {
  [levels, extent, ports, inset, titleStart] = [new Map([["", newLevel()]]), new Map(), new Map(), new Map([["", [0, 0]]]), new Map()];
  boxes.forEach((_, i) => route(i).forEach((name, d, path) => {
    const around = d ? path[d - 1] : "";
    if (!levels.has(around)) levels.set(around, newLevel());
    const order = levels.get(around).order;
    if (!order.has(name)) order.set(name, i);
    if (!isFrame(name) || state.folded.has(number(name))) extent.set(name, turned(sizeOf(name)));
  }));
  drawn = edges();
  const fed = new Set(arrows.map((arrow) => arrow.target));
  for (const edge of drawn) {
    if (edge.back) {
      edge.beside = ++levels.get(edge.around).backs;
      continue;
    }
    const source = arrows[edge.arrows[0]].source, pull = isLeaf(source) ? 1 : SPINE;
    const label = labelWidth(arrows[edge.arrows[0]].shape);
    for (const { level: name, a, b } of edge.links) {
      const level = levels.get(name);
      level.links.set(a + " " + b, { a, b, pull: Math.max(pull, level.links.get(a + " " + b)?.pull ?? 0) });
      level.labels.set(b, Math.max(level.labels.get(b) ?? 0, label));
      if (a === key(source) && !fed.has(source)) {
        level.order.set(a, Math.min(level.order.get(a), (level.order.get(b) ?? Infinity) - 0.5));
      }
    }
  }
  const names = [...levels.keys()].filter(Boolean).sort((a, b) => number(b) - number(a));
  for (const name of names) {
    fill(levels.get(name));
    enclose(name);
  }
  fill(levels.get(""));
  place(["", ...names.reverse()]);
}

/** Turn places inside of each frame into places in the picture. */
function place(names) {
  placed = new Map();
  const corners = new Map([["", [0, 0]]]);
  const there = (name, point) => turned(point).map((x, k) => corners.get(name)[k] + x);
  for (const name of names) {
    for (const [item, spot] of levels.get(name).spots) {
      const [x, y] = there(name, spot), [w, h] = turned(extent.get(item));
      placed.set(item, { x, y, w, h });
      if (inset.has(item)) corners.set(item, [x + inset.get(item)[0], y + inset.get(item)[1]]);
    }
  }
  for (const edge of drawn) edge.points = edge.back ? wayBack(edge, there) : way(edge, there);
}

function ends(edge) {
  const a = placed.get(edge.from.at(-1)), b = placed.get(edge.to.at(-1));
  return across ? [[a.x + a.w, a.y + a.h / 2], [b.x, b.y + b.h / 2]] : [[a.x + a.w / 2, a.y + a.h], [b.x + b.w / 2, b.y]];
}

function way(edge, there) {
  const beside = (point, other) => across ? [point[0], other[1]] : [other[0], point[1]];
  const ways = edge.links.map(({ level: name, a, b }) => {
    const points = levels.get(name).lanes.get(a + " " + b).map((point) => there(name, point)), at = placed.get(name);
    if (a === IN) points[0] = beside(across ? [at.x, 0] : [0, at.y], points[0]);
    if (b === OUT) points[points.length - 1] = beside(across ? [at.x + at.w, 0] : [0, at.y + at.h], points.at(-1));
    return points;
  });
  edge.links.forEach(({ a, b }, k) => {  // into a frame and out of it where it is passed inside
    if (inset.has(b)) ways[k][ways[k].length - 1] = beside(ways[k].at(-1), ways[k + 1][0]);
    if (inset.has(a)) ways[k][0] = beside(ways[k][0], ways[k - 1].at(-1));
  });
  const [start, end] = ends(edge);
  return [start, ...ways.flat(), end].filter(([x, y], n, all) => !n || Math.hypot(x - all[n - 1][0], y - all[n - 1][1]) > 0.5);
}

/** A way back that runs beside all that is in the frame around both ends. */
function wayBack(edge, there) {
  const [[x, y], [u, v]] = ends(edge), step = ASIDE / 2;
  const [low, far] = there(edge.around, [0, levels.get(edge.around).wide + ASIDE * edge.beside]);
  if (across) return [[x, y], [x + step, y], [x + step, far], [u - 2 * step, far], [u - 2 * step, v], [u, v]];
  return [[x, y], [x, y + step], [low, y + step], [low, v - 2 * step], [u, v - 2 * step], [u, v]];
}

const room = (level) => level.backs ? ASIDE * (level.backs + 1) : 0;
const labelWidth = (text) => text ? 6.2 * [...text].length + 4 : 0;
const textWidth = (text, letter = 7.4) => letter * [...text].length + 22;

/** The size of a frame around its content, and a place for its title, past which no arrow runs. */
function enclose(name) {
  const level = levels.get(name), title = textWidth("▾ " + frames[number(name)].title);
  let [w, h] = turned([level.along, level.wide + room(level)]), left = PAD, start = PAD;
  const entering = across ? [] : [...level.lanes].filter(([link]) => link.startsWith(IN + " ")).map(([, points]) => points[0][1]);
  if (entering.length && title + GAP / 2 > Math.min(...entering)) {
    if (title + GAP / 2 <= w - Math.max(...entering)) start = PAD + Math.max(...entering) + GAP / 2;
    else left = PAD + title + GAP / 2 - Math.min(...entering);
  }
  w = Math.max(w + left - PAD, title);
  const above = BAND + (level.backs && !across ? ASIDE : 0);  // arrows back pass below the title
  inset.set(name, [left, PAD + above]);
  titleStart.set(name, start);
  extent.set(name, turned([w + 2 * PAD, h + 2 * PAD + above]));
  const before = across ? PAD + BAND : left, middle = extent.get(name)[1] / 2;
  for (const [side, isEnd, end] of [[IN, ({ a }) => a === IN, 0], [OUT, ({ b }) => b === OUT, -1]]) {
    const passing = [...level.lanes].filter(([link]) => isEnd(level.links.get(link)));
    const found = passing.map(([link, points]) => [points.at(end)[1], level.links.get(link).pull]);
    if (found.length) ports.set(name + side, before + mean(found) - middle);
  }
}

function sizeOf(item) {
  if (isFrame(item)) return [textWidth("▸ " + frames[number(item)].title), LINE + 18];
  const box = boxes[number(item)], numbers = numbersOf(box);
  const widths = [...box.lines.map((line) => textWidth(line)), ...numbers.map((line) => textWidth(line, 6))];
  return [Math.max(...widths, 60), LINE * widths.length + 12];
}

// ----- one level -----

/** Put the items of a level into layers, each after what it comes from, near to what it is connected with. */
function fill(level) {
  const links = [...level.links.values()].filter(({ a, b }) => a === IN || b === OUT || level.order.get(a) < level.order.get(b));
  const { layers, rank } = layersOf(level.order, links), lanes = lanesOf(links, rank, layers);
  const near = nearOf(links, lanes);
  measure(level, layers, lanes, spread(layers, near), near);
}

/** Items in layers, each after all that it comes from, and what comes from nothing before its first use. */
function layersOf(order, links) {
  const items = [...order.keys()].sort((a, b) => order.get(a) - order.get(b));
  const before = new Map(items.map((i) => [i, []])), after = new Map(items.map((i) => [i, []]));
  for (const { a, b } of links) {
    if (a === IN || b === OUT) continue;
    before.get(b).push(a);
    after.get(a).push(b);
  }
  const rank = new Map(), open = (i) => inset.has(i);
  for (const i of items) rank.set(i, Math.max(-1, ...before.get(i).map((j) => rank.get(j))) + 1);
  for (const i of [...items].reverse()) {
    const made = before.get(i).filter((j) => before.get(j).length).length;
    if (after.get(i).length > made) rank.set(i, Math.min(...after.get(i).map((j) => rank.get(j))) - 1);
  }
  items.filter((i) => open(i) && !before.get(i).length && !after.get(i).length && !across)
    .forEach((i, k) => rank.set(i, items.length + k));
  const framed = new Set(items.filter((i) => open(i) && !across).map((i) => rank.get(i)));
  for (const i of items) if (framed.has(rank.get(i)) && !before.get(i).length && !open(i)) rank.set(i, rank.get(i) + 0.5);
  const found = new Map();
  for (const i of items) found.set(rank.get(i), [...(found.get(rank.get(i)) ?? []), i]);
  const layers = [...found.keys()].sort((a, b) => a - b).map((r) => found.get(r));
  layers.forEach((layer, n) => layer.forEach((i) => rank.set(i, n)));
  return { layers, rank };
}

/** Put a lane into every layer that a link passes, in the middle of it. */
function lanesOf(links, rank, layers) {
  const lanes = new Map(), passing = new Map();
  for (const { a, b } of links) {
    const start = a === IN ? -1 : rank.get(a), end = b === OUT ? layers.length : rank.get(b), own = [];
    for (let n = start + 1; n < end; n++) {
      own.push(`lane ${n} ${a} ${b}`);
      passing.set(n, [...(passing.get(n) ?? []), own.at(-1)]);
    }
    lanes.set(a + " " + b, own);
  }
  for (const [n, through] of passing) layers[n].splice(Math.ceil(layers[n].length / 2), 0, ...through);
  return lanes;
}

/** What each item and lane is connected with, before and after it, and how much that pulls. */
function nearOf(links, lanes) {
  const before = new Map(), after = new Map(), pulls = new Map();
  const add = (map, i, j, pull) => {
    if (map.has(i)) map.get(i).push([j, pull]);
    else map.set(i, [[j, pull]]);
    pulls.set(i, (pulls.get(i) ?? 1) + pull);
  };
  for (const { a, b, pull } of links) {
    const steps = [a, ...lanes.get(a + " " + b), b];
    for (let n = 1; n < steps.length; n++) {
      if (steps[n - 1] === IN || steps[n] === OUT) continue;
      add(before, steps[n], steps[n - 1], pull);
      add(after, steps[n - 1], steps[n], pull);
    }
  }
  return { before, after, weight: (i) => pulls.get(i) ?? 1 };
}

const mean = (all) => all.reduce((sum, [x, pull]) => sum + x * pull, 0) / all.reduce((sum, [, pull]) => sum + pull, 0);
const port = (i, side) => ports.get(i + side) ?? 0;
const long = (i) => isLane(i) ? 0 : extent.get(i)[0];
const wide = (i) => isLane(i) ? LANE : extent.get(i)[1];
const between = (a, b) => [GAP, GAP / 2, 2][isLane(a) + isLane(b)];

function spread(layers, near) {
  const middle = new Map();
  const fromBefore = (i) => {
    const known = (near.before.get(i) ?? []).filter(([j]) => middle.has(j)).map(([j, pull]) => [middle.get(j) + port(j, OUT), pull]);
    return known.length ? mean(known) - port(i, IN) : middle.get(i) ?? 0;
  };
  const fromAfter = (i) => {
    const known = (near.after.get(i) ?? []).map(([j, pull]) => [middle.get(j) + port(j, IN), pull]);
    return known.length ? mean(known) - port(i, OUT) : middle.get(i);
  };
  for (const layer of layers) pack(layer, fromBefore, near, middle);
  for (let sweep = 0; sweep < 4; sweep++) {
    for (const layer of [...layers].reverse()) pack(layer, fromAfter, near, middle);
    for (const layer of layers) pack(layer, fromBefore, near, middle);
  }
  return middle;
}

/** Order a layer by what its items wish, and put each as near to its wish as the others let it. */
function pack(layer, wish, near, middle) {
  const wishes = new Map(layer.map((i) => [i, wish(i)]));
  layer.sort((a, b) => wishes.get(a) - wishes.get(b));
  let at = 0;
  const offsets = layer.map((i, k) => at += k ? wide(layer[k - 1]) / 2 + between(layer[k - 1], i) + wide(i) / 2 : 0);
  const places = ascending(layer.map((i, k) => [wishes.get(i) - offsets[k], near.weight(i)]));
  layer.forEach((i, k) => middle.set(i, places[k] + offsets[k]));
}

/** The ascending numbers that are nearest to weighted goals, by least squares: those in conflict share a place. */
function ascending(goals) {
  const blocks = [];
  for (const [goal, weight] of goals) {
    let block = { mean: goal, weight, count: 1 };
    while (blocks.length && blocks.at(-1).mean >= block.mean) {
      const left = blocks.pop(), total = left.weight + block.weight;
      block = { mean: (left.mean * left.weight + block.mean * block.weight) / total, weight: total, count: left.count + block.count };
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ mean, count }) => Array(count).fill(mean));
}

/** Corners of the items, points along the links, and the size of it all. */
function measure(level, layers, lanes, middle, near) {
  const all = layers.flat();
  const low = Math.min(...all.map((i) => middle.get(i) - wide(i) / 2), Infinity);
  const high = Math.max(...all.map((i) => middle.get(i) + wide(i) / 2), -Infinity);
  const starts = [], at = new Map();
  let along = 0;
  layers.forEach((layer, n) => {
    const longest = Math.max(0, ...layer.map((i) => level.labels.get(i) ?? 0));
    if (n) along += across ? Math.max(RANK, longest + GAP) : RANK;
    const depth = Math.max(...layer.map(long));
    starts.push([along, along + depth]);
    for (const i of layer) {
      at.set(i, n);
      const share = near.before.has(i) ? 0.5 : near.after.has(i) ? 1 : 0;  // what is of nothing stands where it is used
      if (!isLane(i)) level.spots.set(i, [along + (depth - long(i)) * share, middle.get(i) - wide(i) / 2 - low]);
    }
    along += depth;
  });
  [level.along, level.wide] = [along, high - low];
  for (const [link, { a, b }] of level.links) {  // without lanes are those between frames whose operations alternate
    const points = (lanes.get(link) ?? []).flatMap((lane) => starts[at.get(lane)].map((edge) => [edge, middle.get(lane) - low]));
    if (a !== IN) points.unshift([starts[at.get(a)][1], middle.get(a) + port(a, OUT) - low]);
    if (b !== OUT) points.push([starts[at.get(b)][0], middle.get(b) + port(b, IN) - low]);
    if (a === IN) points.unshift([-PAD, points[0][1]]);
    if (b === OUT) points.push([along + PAD, points.at(-1)[1]]);
    level.lanes.set(link, points);
  }
}

// ----- labels -----

/** Places for the labels of arrows: on their way, and over nothing else, each a middle and a baseline. */
function labelled(texts) {
  const taken = new Map(), cell = 80;
  const cells = ({ x, y, w, h }) => {
    const found = [];
    for (let i = Math.floor(x / cell); i <= Math.floor((x + w) / cell); i++) {
      for (let j = Math.floor(y / cell); j <= Math.floor((y + h) / cell); j++) found.push(i + " " + j);
    }
    return found;
  };
  const take = (spot) => cells(spot).forEach((c) => taken.has(c) ? taken.get(c).push(spot) : taken.set(c, [spot]));
  const meet = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
  const isFree = (spot) => !cells(spot).some((c) => (taken.get(c) ?? []).some((other) => meet(spot, other)));
  for (const [name, at] of placed) {
    if (!inset.has(name)) take(at);
    else take({ x: at.x + titleStart.get(name), y: at.y, w: textWidth("▾ " + frames[number(name)].title), h: BAND + 4 });
  }
  return drawn.map((edge, n) => {
    if (!texts[n]) return null;
    const spots = spotsOf(edge.points, labelWidth(texts[n])), spot = spots.find(isFree) ?? spots[0];
    take(spot);
    return [spot.x + spot.w / 2, spot.y + 10];
  });
}

/** Places for a label: above an arrow to the right, beside one downwards; first where it is long, at its end. */
function spotsOf(points, w) {
  const stretches = points.slice(1).map((q, n) => [points[n], q]).reverse();
  if (across) stretches.sort((a, b) => (Math.abs(a[1][0] - a[0][0]) < w) - (Math.abs(b[1][0] - b[0][0]) < w));
  return [0.5, 0.3, 0.7, 0.15, 0.85].flatMap((part) => stretches.map(([[x, y], [u, v]]) => {
    const bend = part * part * (3 - 2 * part);  // what a curve has gone aside by then
    if (across) return { x: x + part * (u - x) - w / 2, y: y + bend * (v - y) - 15, w, h: 12 };
    return { x: x + bend * (u - x) + 5, y: y + part * (v - y) - 6, w, h: 12 };
  }));
}
