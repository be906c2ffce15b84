"use strict";
// Shows the scene in #data. Everything that comes from the user is set as text, never as markup.

const scene = JSON.parse(document.getElementById("data").textContent);
const { boxes, arrows, frames } = scene;
const TOP = -1, LINE = 17, PAD = 12, GAP = 18, RANK = 46, LONGEST = 34;
let across = scene.direction === "LR";
const byId = (id) => document.getElementById(id);
const inputs = boxes.map(() => []), uses = boxes.map(() => []);
arrows.forEach((arrow, n) => { inputs[arrow.target].push(n); uses[arrow.source].push(n); });

const state = { folded: new Set(), step: null, heat: false, focus: null, query: "", view: { x: 0, y: 0, scale: 1 } };
let placed = new Map();

// ----- frames -----

function chain(frame) {
  const found = [];
  for (let f = frame; f !== TOP; f = frames[f].parent) found.unshift(f);
  return found;
}
const chains = boxes.map((box) => chain(box.frame));
const key = (box) => "box-" + box, frameKey = (frame) => "frame-" + frame;

/** The frames around what stands for a box, and that itself: the box, or the outermost folded frame it is in. */
function route(box) {
  const path = [];
  for (const frame of chains[box]) {
    path.push(frameKey(frame));
    if (state.folded.has(frame)) return path;
  }
  path.push(key(box));
  return path;
}
const shownAs = (box) => route(box).at(-1);

// ----- layout: each frame is laid out in layers by itself, the innermost first -----

function layout() {
  const levels = new Map([["", { items: new Map(), links: [] }]]);
  const routes = boxes.map((_, i) => route(i));
  routes.forEach((path, i) => path.forEach((name, d) => {
    const around = d ? path[d - 1] : "";
    if (!levels.has(around)) levels.set(around, { items: new Map(), links: [] });
    const items = levels.get(around).items;
    if (!items.has(name)) items.set(name, i);
  }));
  for (const arrow of arrows) {
    const from = routes[arrow.source], to = routes[arrow.target];
    let d = 0;
    while (d < from.length && d < to.length && from[d] === to[d]) d++;
    if (d < from.length && d < to.length) levels.get(d ? from[d - 1] : "").links.push([from[d], to[d]]);
  }
  const sizes = new Map(), inside = new Map();
  const names = [...levels.keys()].filter(Boolean).sort((a, b) => number(b) - number(a));
  for (const name of [...names, ""]) {
    const { items, links } = levels.get(name);
    for (const item of items.keys()) if (!sizes.has(item)) sizes.set(item, sizeOf(item));
    const spots = layered([...items.keys()], links, sizes, items);
    inside.set(name, spots);
    sizes.set(name, name ? framed(spots.size, name) : spots.size);
  }
  placed = new Map();
  for (const name of ["", ...names.reverse()]) {
    const at = name ? placed.get(name) : { x: 0, y: 0 };
    const dx = name ? PAD : 0, dy = name ? PAD + LINE : 0;
    for (const [item, spot] of inside.get(name).spots) {
      const size = sizes.get(item);
      placed.set(item, { x: at.x + dx + spot.x, y: at.y + dy + spot.y, w: size.w, h: size.h });
    }
  }
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
function layered(items, links, sizes, order) {
  items.sort((a, b) => order.get(a) - order.get(b));
  const before = new Map(items.map((i) => [i, []])), after = new Map(items.map((i) => [i, []]));
  const seen = new Set();
  for (const [a, b] of links) {
    if (order.get(a) < order.get(b) && !seen.has(a + " " + b)) {
      seen.add(a + " " + b);
      before.get(b).push(a);
      after.get(a).push(b);
    }
  }
  const rank = new Map();
  for (const i of items) rank.set(i, Math.max(-1, ...before.get(i).map((j) => rank.get(j))) + 1);
  for (const i of items) {
    if (!before.get(i).length && after.get(i).length) rank.set(i, Math.min(...after.get(i).map((j) => rank.get(j))) - 1);
  }
  const lowest = Math.min(0, ...rank.values());
  const layers = [];
  for (const i of items) (layers[rank.get(i) - lowest] ??= []).push(i);
  return spread(layers.filter(Boolean), before, after, sizes);
}

function spread(layers, before, after, sizes) {
  const long = (i) => across ? sizes.get(i).w : sizes.get(i).h;
  const wide = (i) => across ? sizes.get(i).h : sizes.get(i).w;
  const middle = new Map();
  const pack = (layer, wish) => {
    const goals = new Map(layer.map((i) => [i, wish(i)]));
    layer.sort((a, b) => goals.get(a) - goals.get(b));
    let edge = -Infinity, shift = 0;
    for (const i of layer) {
      const at = Math.max(goals.get(i), edge + wide(i) / 2);
      middle.set(i, at);
      shift += goals.get(i) - at;
      edge = at + wide(i) / 2 + GAP;
    }
    for (const i of layer) middle.set(i, middle.get(i) + shift / layer.length);
  };
  const mean = (near) => near.reduce((sum, j) => sum + middle.get(j), 0) / near.length;
  layers.forEach((layer) => pack(layer, (i) => before.get(i).length ? mean(before.get(i)) : 0));
  for (let sweep = 0; sweep < 4; sweep++) {
    for (const layer of [...layers].reverse()) pack(layer, (i) => after.get(i).length ? mean(after.get(i)) : middle.get(i));
    for (const layer of layers) pack(layer, (i) => before.get(i).length ? mean(before.get(i)) : middle.get(i));
  }
  const spots = new Map();
  let along = 0, low = Infinity, high = -Infinity;
  for (const layer of layers) {
    const depth = Math.max(...layer.map(long));
    for (const i of layer) {
      const x = along + (depth - long(i)) / 2, y = middle.get(i) - wide(i) / 2;
      spots.set(i, across ? { x, y } : { x: y, y: x });
      low = Math.min(low, y);
      high = Math.max(high, y + wide(i));
    }
    along += depth + RANK;
  }
  for (const spot of spots.values()) spot[across ? "y" : "x"] -= low;
  const total = Math.max(along - RANK, 0), breadth = Math.max(high - low, 0);
  return { spots, size: across ? { w: total, h: breadth } : { w: breadth, h: total } };
}

// ----- steps: first every operation in order, then back, from the output on -----

const moving = boxes.map((_, i) => i).filter((i) => inputs[i].length);
const hasGradients = boxes.some((box) => box.gradient);
const forwardStep = new Map(moving.map((box, n) => [box, n + 1]));
const backwardStep = new Map();
if (hasGradients) [...moving].reverse().forEach((box, n) => backwardStep.set(box, moving.length + n + 1));
const lastStep = moving.length + backwardStep.size;
const atStep = (step) => step <= moving.length ? moving[step - 1] : moving[2 * moving.length - step];

const hasValue = (box) => state.step === null || !inputs[box].length || forwardStep.get(box) <= state.step;

/** A gradient is complete when all that was computed from the box has given its share. */
function hasGradient(box) {
  if (state.step === null) return true;
  if (state.step <= moving.length) return false;
  if (!uses[box].length) return backwardStep.get(box) <= state.step;
  return uses[box].every((n) => backwardStep.get(arrows[n].target) <= state.step);
}

function numbersOf(box) {
  const lines = [];
  if (box.value) lines.push("value " + box.value);
  if (box.gradient) lines.push("grad " + box.gradient);
  return lines;
}
const cut = (text, longest) => [...text].length > longest ? [...text].slice(0, longest - 1).join("") + "…" : text;

function shownNumbers(i) {
  const box = boxes[i];
  const lines = [];
  if (box.value) lines.push(hasValue(i) ? "value " + box.value : "");
  if (box.gradient) lines.push(hasGradient(i) ? "grad " + box.gradient : "");
  return lines;
}

// ----- drawing -----

const make = (tag, attributes = {}, text = null) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = text;
  return element;
};

function draw() {
  layout();
  const view = byId("view");
  view.replaceChildren();
  const names = [...placed.keys()];
  const open = names.filter((name) => name.startsWith("frame") && !state.folded.has(number(name)));
  open.forEach((name) => view.append(drawnFrame(name)));
  arrowGroups().forEach((group) => view.append(group));
  names.filter((name) => !open.includes(name)).sort((a, b) => firstBox(a) - firstBox(b)).forEach((name) =>
    view.append(name.startsWith("frame") ? drawnFrame(name) : drawnBox(number(name))));
  refresh();
}
const firstBox = (name) => name.startsWith("box") ? number(name)
  : boxes.findIndex((_, i) => chains[i].includes(number(name)));

function drawnFrame(name) {
  const at = placed.get(name), f = number(name), closed = state.folded.has(f);
  const count = boxes.filter((box, i) => chains[i].includes(f) && box.kind === "operation").length;
  const group = make("g", {
    id: name, class: "frame" + (closed ? " closed" : ""), role: "button", tabindex: "-1", "aria-expanded": String(!closed),
    "aria-label": `${frames[f].title || "equal blocks"}, ${count} operations`,
  });
  group.append(make("rect", { class: "shape", x: at.x, y: at.y, width: at.w, height: at.h, rx: 10 }));
  group.append(make("text", { x: at.x + PAD, y: at.y + LINE + 2 }, (closed ? "▸ " : "▾ ") + frames[f].title));
  group.addEventListener("click", (event) => { if (!dragged) { event.stopPropagation(); toggle(f); } });
  group.addEventListener("mouseenter", () => tell(group.getAttribute("aria-label"), []));
  return group;
}

function drawnBox(i) {
  const box = boxes[i], at = placed.get(key(i));
  const group = make("g", { id: key(i), class: "box " + box.kind, role: "img", tabindex: "-1" });
  group.append(shapeOf(box.kind, at));
  const lines = [...box.lines, ...numbersOf(box)];
  lines.forEach((line, n) => group.append(make("text", {
    x: at.x + at.w / 2, y: at.y + 19 + n * LINE, "text-anchor": "middle", class: n < box.lines.length ? "label" : "number",
  }, n < box.lines.length ? line : "")));
  group.addEventListener("mouseenter", () => describe(i));
  group.addEventListener("focus", () => { state.focus = key(i); describe(i); });
  group.addEventListener("click", () => focusOn(key(i)));
  return group;
}

function shapeOf(kind, { x, y, w, h }) {
  if (kind === "input") return make("rect", { class: "shape", x, y, width: w, height: h, rx: h / 2 });
  if (kind === "parameter") {
    return make("path", { class: "shape", d: `M${x} ${y}H${x + w - 9}L${x + w} ${y + 9}V${y + h}H${x}z` });
  }
  if (kind === "output") {
    const c = 9;
    return make("path", { class: "shape", d: `M${x + c} ${y}H${x + w - c}L${x + w} ${y + c}V${y + h - c}L${x + w - c} ${y + h}` +
      `H${x + c}L${x} ${y + h - c}V${y + c}z` });
  }
  return make("rect", { class: "shape", x, y, width: w, height: h, rx: kind === "operation" ? 7 : 0 });
}

/** Arrows between what is shown: those between the same two become one. */
function arrowGroups() {
  const groups = new Map();
  arrows.forEach((arrow, n) => {
    const from = shownAs(arrow.source), to = shownAs(arrow.target);
    if (from === to && (from.startsWith("frame") || arrow.source !== arrow.target)) return;
    const name = from + " " + to;
    if (groups.has(name)) groups.get(name).dataset.arrows += " " + n;
    else groups.set(name, drawnArrow(from, to, arrow, n));
  });
  return [...groups.values()];
}

function drawnArrow(from, to, arrow, n) {
  const a = placed.get(from), b = placed.get(to);
  const back = arrow.source >= arrow.target;
  const p = across ? [a.x + a.w, a.y + a.h / 2] : [a.x + a.w / 2, a.y + a.h];
  const q = across ? [b.x, b.y + b.h / 2] : [b.x + b.w / 2, b.y];
  const reach = Math.max(Math.abs(across ? q[0] - p[0] : q[1] - p[1]) / 2, back ? 70 : 18);
  if (from === to) q[0] = p[0] = a.x + a.w / 2, p[1] = a.y + a.h, q[1] = a.y;
  const c = from === to ? [a.x + a.w + 60, p[1] + 30, a.x + a.w + 60, q[1] - 30] : across ? [p[0] + reach, p[1], q[0] - reach, q[1]] : [p[0], p[1] + reach, q[0], q[1] - reach];
  const group = make("g", { class: "arrow" + (back ? " back" : ""), "aria-hidden": "true" });
  group.dataset.arrows = String(n);
  group.append(make("path", { d: `M${p[0]} ${p[1]}C${c[0]} ${c[1]} ${c[2]} ${c[3]} ${q[0]} ${q[1]}`, "marker-end": "url(#head)" }));
  group.append(make("text", { x: (p[0] + q[0]) / 2, y: (p[1] + q[1]) / 2 - 4 }, arrow.shape));
  return group;
}

// ----- what changes without a new layout -----

function refresh() {
  const now = state.step ? atStep(state.step) : null;
  const back = state.step > moving.length;
  const found = matches();
  boxes.forEach((box, i) => {
    const group = byId(key(i));
    if (!group) return;
    const numbers = shownNumbers(i);
    group.querySelectorAll(".number").forEach((text, n) => { text.textContent = cut(numbers[n] ?? "", LONGEST); });
    group.classList.toggle("later", !hasValue(i));
    group.classList.toggle("now", i === now);
    group.dataset.heat = state.heat && hasGradient(i) ? box.heat : "";
    group.classList.toggle("marked", state.step === null && box.marks.length > 0);
    group.classList.toggle("found", state.query !== "" && found.includes(i));
    group.classList.toggle("lost", state.query !== "" && !found.includes(i));
    group.setAttribute("aria-label", spoken(i));
  });
  document.querySelectorAll(".frame").forEach((group) => {
    group.classList.toggle("now", now !== null && shownAs(now) === group.id);
  });
  document.querySelectorAll(".arrow").forEach((group) => {
    const own = group.dataset.arrows.split(" ").map(Number);
    const first = arrows[own[0]];
    group.classList.toggle("now", own.some((n) => arrows[n].target === now));
    const returned = back && first.share && backwardStep.get(first.target) <= state.step;
    group.querySelector("text").textContent = returned ? "← " + cut(first.share, 24) : first.shape;
  });
  byId("step").value = state.step ?? lastStep;
  byId("all").setAttribute("aria-pressed", String(state.step === null));
  byId("count").textContent = state.query ? `${found.length} found` : "";
  byId("status").textContent = sentence(now, back);
  const focus = state.focus && byId(state.focus) ? state.focus : [...placed.keys()][0];
  document.querySelectorAll("#view [tabindex]").forEach((g) => g.setAttribute("tabindex", g.id === focus ? "0" : "-1"));
}

const label = (i) => boxes[i].lines[0];

function spoken(i) {
  const box = boxes[i];
  const from = inputs[i].map((n) => label(arrows[n].source)).join(", ");
  return [`${box.kind} ${box.lines.join(", ")}`, from && `from ${from}`, box.shape && `shape ${box.shape}`,
    ...shownNumbers(i), ...box.marks].filter(Boolean).join("; ");
}

function sentence(now, back) {
  if (scene.failure && state.step === null) return "The run failed: " + scene.failure;
  if (state.step === null) return hasGradients ? "Everything is shown. Step to see it happen." : "Everything is shown.";
  if (now === null) return "The start: inputs and parameters are there.";
  const box = boxes[now];
  if (!back) return `Forward ${state.step} of ${moving.length}: ${spoken(now)}`;
  const shares = inputs[now].filter((n) => arrows[n].share).map((n) => `${label(arrows[n].source)} gets ${arrows[n].share}`);
  const arrived = box.gradient ? `${label(now)} has gradient ${box.gradient}` : label(now);
  return `Backward ${state.step - moving.length} of ${backwardStep.size}: ${[arrived, ...shares].join("; ")}`;
}

function describe(i) {
  const box = boxes[i];
  tell(box.lines.join(" "), [
    ["Kind", box.times > 1 ? `${box.kind}, ${box.times.toLocaleString("en")} equal ones` : box.kind],
    ["In", chains[i].map((f) => frames[f].title).join(" / ")], ["Shape", box.shape], ["dtype", box.dtype],
    ["Value", hasValue(i) ? box.value : ""], ["Gradient", hasGradient(i) ? box.gradient : ""],
    ["Norm of the gradient", hasGradient(i) ? box.norm : ""], ["Keeps for its derivative", box.saved],
    ["Computed from", inputs[i].map((n) => label(arrows[n].source)).join(", ")],
    ["Used by", uses[i].map((n) => label(arrows[n].target)).join(", ")], ["Time", box.time], ["Line", box.where],
    ["Look at", box.marks.join(", ")],
  ]);
}

function tell(title, rows) {
  byId("title").textContent = title;
  byId("details").replaceChildren(...rows.filter(([, value]) => value).flatMap(([name, value]) => {
    const term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    return [term, text];
  }));
}

// ----- what a user does -----

function toggle(frame) {
  if (!state.folded.delete(frame)) state.folded.add(frame);
  draw();
  focusOn(frameKey(frame));
}

function foldAll(folded) {
  state.folded = new Set(folded ? frames.map((_, f) => f) : []);
  draw();
  fit();
}

function goTo(step) {
  state.step = step === null ? null : Math.min(Math.max(step, 0), lastStep);
  refresh();
  if (state.step) describe(atStep(state.step));
}
const advance = (by) => goTo(state.step === null ? (by > 0 ? 0 : lastStep) : state.step + by);

const matches = () => boxes.map((_, i) => i).filter((i) =>
  [...boxes[i].lines, ...chains[i].map((f) => frames[f].title)].join(" ").toLowerCase().includes(state.query));

function findNext() {
  const found = matches();
  if (!found.length) return;
  const here = state.focus?.startsWith("box") ? number(state.focus) : -1;
  const next = found.find((i) => i > here) ?? found[0];
  chains[next].forEach((f) => state.folded.delete(f));
  draw();
  focusOn(key(next));
}

function focusOn(name) {
  state.focus = name;
  refresh();
  byId(name)?.focus({ preventScroll: true });
  const at = placed.get(name), { width, height } = byId("graph").getBoundingClientRect();
  if (!at) return;
  const { x, y, scale } = state.view, cx = (at.x + at.w / 2) * scale + x, cy = (at.y + at.h / 2) * scale + y;
  if (cx < 0 || cy < 0 || cx > width || cy > height) move(x + width / 2 - cx, y + height / 2 - cy, scale);
}

/** Along the graph: against the arrows, with them, or to the next in order. */
function go(direction) {
  const names = [...document.querySelectorAll("#view [tabindex]")].map((g) => g.id);
  const at = state.focus ?? names[0];
  const own = boxes.map((_, i) => i).filter((i) => shownAs(i) === at || chains[i].map(frameKey).includes(at));
  let next = null;
  if (direction === "in") next = own.flatMap((i) => inputs[i]).map((n) => shownAs(arrows[n].source)).find((name) => name !== at);
  else if (direction === "out") next = own.flatMap((i) => uses[i]).map((n) => shownAs(arrows[n].target)).find((name) => name !== at);
  else next = names[names.indexOf(at) + (direction === "next" ? 1 : -1)];
  if (next) focusOn(next);
}

function move(x, y, scale) {
  state.view = { x, y, scale };
  byId("view").setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
}

function zoom(factor, px = null, py = null) {
  const { width, height } = byId("graph").getBoundingClientRect();
  const { x, y, scale } = state.view, to = Math.min(Math.max(scale * factor, 0.02), 8);
  const cx = px ?? width / 2, cy = py ?? height / 2;
  move(cx - (cx - x) * to / scale, cy - (cy - y) * to / scale, to);
}

/** The size of the picture, the window's, and the scale at which the one fits into the other. */
function fitting() {
  const { width, height } = byId("graph").getBoundingClientRect();
  const all = [...placed.values()];
  const right = Math.max(...all.map((at) => at.x + at.w)), below = Math.max(...all.map((at) => at.y + at.h));
  return { width, height, right, below, scale: Math.min((width - 40) / right, (height - 40) / below, 1.4) };
}

/** In the direction that was asked for, unless the other shows it much larger. */
function choose() {
  layout();
  const asked = fitting().scale;
  across = !across;
  layout();
  if (fitting().scale < 1.25 * asked) across = !across;
}

function fit() {
  const { width, height, right, below, scale } = fitting();
  move((width - right * scale) / 2, (height - below * scale) / 2, scale);
}

let drag = null, dragged = false;
const svg = byId("graph");
svg.addEventListener("pointerdown", (event) => { drag = { x: event.clientX, y: event.clientY, from: state.view }; dragged = false; });
window.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
  if (Math.hypot(dx, dy) > 4) dragged = true;
  if (dragged) move(drag.from.x + dx, drag.from.y + dy, state.view.scale);
});
window.addEventListener("pointerup", () => { drag = null; });
svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  const at = svg.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY / 500), event.clientX - at.left, event.clientY - at.top);
}, { passive: false });

const KEYS_ACROSS = { ArrowLeft: "in", ArrowRight: "out", ArrowUp: "previous", ArrowDown: "next" };
const KEYS_DOWN = { ArrowLeft: "previous", ArrowRight: "next", ArrowUp: "in", ArrowDown: "out" };
svg.addEventListener("keydown", (event) => {
  const direction = (across ? KEYS_ACROSS : KEYS_DOWN)[event.key];
  if (direction) go(direction);
  else if (["Enter", " "].includes(event.key) && state.focus?.startsWith("frame")) toggle(number(state.focus));
  else return;
  event.preventDefault();
});
svg.addEventListener("focusin", (event) => { if (event.target.id?.startsWith("frame")) state.focus = event.target.id; });
document.addEventListener("keydown", (event) => {
  if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = { n: () => advance(1), p: () => advance(-1), f: fit, "+": () => zoom(1.25), "-": () => zoom(0.8),
    "/": () => { event.preventDefault(); byId("search").focus(); } }[event.key];
  if (act) act();
});

const ACTIONS = {
  "fold-all": () => foldAll(true), "unfold-all": () => foldAll(false), "zoom-in": () => zoom(1.25),
  "zoom-out": () => zoom(0.8), fit, turn: () => { across = !across; draw(); fit(); }, first: () => goTo(0), previous: () => advance(-1), next: () => advance(1),
  heat: () => { state.heat = !state.heat; byId("heat").setAttribute("aria-pressed", String(state.heat)); refresh(); },
  last: () => goTo(lastStep), all: () => goTo(null), theme: () => setTheme(document.documentElement.dataset.theme !== "dark"),
};
for (const [id, act] of Object.entries(ACTIONS)) byId(id).addEventListener("click", act);
byId("step").max = lastStep;
byId("step").addEventListener("input", (event) => goTo(Number(event.target.value)));
byId("search").addEventListener("input", (event) => { state.query = event.target.value.trim().toLowerCase(); refresh(); });
byId("search").addEventListener("keydown", (event) => { if (event.key === "Enter" && state.query) findNext(); });

function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").setAttribute("aria-pressed", String(dark));
}

setTheme(window.matchMedia("(prefers-color-scheme: dark)").matches);
if (scene.depth !== null) frames.forEach((_, f) => { if (chain(f).length > scene.depth) state.folded.add(f); });
choose();
draw();
fit();
