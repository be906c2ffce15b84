// Shows the scene in #data. Everything that comes from the user is set as text, never as markup.

const scene = JSON.parse(document.getElementById("data").textContent);
const { boxes, arrows, frames } = scene;
const TOP = -1, LINE = 17, PAD = 12, GAP = 18, RANK = 46, LONGEST = 34;
let across = scene.direction === "LR";
const byId = (id) => document.getElementById(id);
const inputs = boxes.map(() => []), uses = boxes.map(() => []);
arrows.forEach((arrow, n) => { inputs[arrow.target].push(n); uses[arrow.source].push(n); });

const state = { folded: new Set(), step: null, heat: false, focus: null, query: "", view: { x: 0, y: 0, scale: 1 } };
let placed = new Map(), drawn = [];

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
  drawn.forEach((edge) => view.append(drawnArrow(edge)));
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

function drawnArrow({ from, to, arrows: own, lanes }) {
  const arrow = arrows[own[0]], a = placed.get(from.at(-1)), b = placed.get(to.at(-1));
  const back = arrow.source >= arrow.target;
  const start = across ? [a.x + a.w, a.y + a.h / 2] : [a.x + a.w / 2, a.y + a.h];
  const end = across ? [b.x, b.y + b.h / 2] : [b.x + b.w / 2, b.y];
  const group = make("g", { class: "arrow" + (back ? " back" : ""), "aria-hidden": "true" });
  Object.assign(group.dataset, { arrows: own.join(" "), from: from.at(-1), to: to.at(-1) });
  const points = [start, ...lanes, end];
  const [d, x, y] = from.at(-1) === to.at(-1) ? loop(a) : back ? around(a, b) : [curve(points), ...between(points)];
  group.append(make("path", { d, "marker-end": "url(#head)" }));
  group.append(make("text", { x, y }, arrow.shape));
  return group;
}

/** A line that swings from point to point and is straight along its lanes, which are every second stretch of it. */
function curve(points) {
  let d = `M${points[0]}`;
  for (let n = 1; n < points.length; n++) {
    const [p, q] = [points[n - 1], points[n]];
    const reach = Math.max(Math.abs(across ? q[0] - p[0] : q[1] - p[1]) / 2, 12);
    if (n % 2 === 0) d += `L${q}`;
    else if (across) d += `C${p[0] + reach} ${p[1]} ${q[0] - reach} ${q[1]} ${q}`;
    else d += `C${p[0]} ${p[1] + reach} ${q[0]} ${q[1] - reach} ${q}`;
  }
  return d;
}
const between = (points) => [(points.at(-2)[0] + points.at(-1)[0]) / 2, (points.at(-2)[1] + points.at(-1)[1]) / 2 - 4];

/** A line back, below or beside all that lies between. */
function around(a, b) {
  if (across) {
    const [x, y, u, v] = [a.x + a.w / 2, a.y + a.h, b.x + b.w / 2, b.y + b.h], low = Math.max(y, v) + 26;
    return [`M${x} ${y}C${x} ${low} ${u} ${low} ${u} ${v}`, (x + u) / 2, low - 8];
  }
  const [x, y, u, v] = [a.x + a.w, a.y + a.h / 2, b.x + b.w, b.y + b.h / 2], right = Math.max(x, u) + 40;
  return [`M${x} ${y}C${right} ${y} ${right} ${v} ${u} ${v}`, right - 10, (y + v) / 2];
}

function loop({ x, y, w, h }) {
  const [p, q] = [x + w / 2, y + h];
  return [`M${p} ${q}C${p} ${q + 22} ${x + w + 30} ${q + 22} ${x + w} ${y + h / 2}`, p + w / 4, q + 16];
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
    group.classList.toggle("marked", marksOf(i).length > 0);
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

/** What looks wrong, as far as the numbers are there yet. */
const marksOf = (i) => boxes[i].marks.filter((mark) => mark.includes("gradient") ? hasGradient(i) : hasValue(i));

const label = (i) => boxes[i].lines[0];

function spoken(i) {
  const box = boxes[i];
  const from = inputs[i].map((n) => label(arrows[n].source)).join(", ");
  return [`${box.kind} ${box.lines.join(", ")}`, from && `from ${from}`, box.shape && `shape ${box.shape}`,
    ...shownNumbers(i), ...marksOf(i)].filter(Boolean).join("; ");
}

function sentence(now, back) {
  if (scene.failure && state.step === null) return "The run failed: " + scene.failure;
  if (scene.remark && state.step === null) return "Without gradients: " + scene.remark;
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
    ["Look at", marksOf(i).join(", ")],
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
  if (!state.step) return;
  describe(atStep(state.step));
  bringIntoView(shownAs(atStep(state.step)));
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
  bringIntoView(name);
}

function bringIntoView(name) {
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

/** A large graph is not shrunk to nothing: its beginning is shown. */
function showStart() {
  const { width, height } = fitting(), at = placed.get(shownAs(0)), scale = 0.8;
  if (across) move(30 - at.x * scale, height / 2 - (at.y + at.h / 2) * scale, scale);
  else move(width / 2 - (at.x + at.w / 2) * scale, 30 - at.y * scale, scale);
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
if (fitting().scale > 0.35) fit();
else showStart();
