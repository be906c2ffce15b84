// Shows the scene in #data. Everything that comes from the user is set as text, never as markup.

const scene = JSON.parse(document.getElementById("data").textContent);
const { boxes, arrows, frames } = scene;
const TOP = -1, LINE = 17, PAD = 12, GAP = 18, RANK = 40, BAND = 18, READABLE = 0.6;
let across = scene.direction !== "TB";
const byId = (id) => document.getElementById(id);
const inputs = boxes.map(() => []), uses = boxes.map(() => []);
arrows.forEach((arrow, n) => { inputs[arrow.target].push(n); uses[arrow.source].push(n); });

const state = { folded: new Set(), step: null, heat: false, focus: null, query: "", fitted: true,
  view: { x: 0, y: 0, scale: 1 } };
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

const numbersOf = (box) => [...box.valueLines, ...box.gradientLines];
const cut = (text, longest) => [...text].length > longest ? [...text].slice(0, longest - 1).join("") + "…" : text;

/** The lines of numbers in a box, empty as long as they are not there yet. */
const shownLines = (i) => [...boxes[i].valueLines.map((line) => hasValue(i) ? line : ""),
  ...boxes[i].gradientLines.map((line) => hasGradient(i) ? line : "")];
const shownNumbers = (i) => [boxes[i].value && hasValue(i) && "value " + boxes[i].value,
  boxes[i].gradient && hasGradient(i) && "grad " + boxes[i].gradient];

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
  group.append(make("text", { x: at.x + (titleStart.get(name) ?? PAD), y: at.y + LINE + 2 }, (closed ? "▸ " : "▾ ") + frames[f].title));
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
  if (kind === "input") return make("rect", { class: "shape", x, y, width: w, height: h, rx: Math.min(h, 40) / 2 });
  if (kind === "parameter") {
    return make("path", { class: "shape", d: `M${x} ${y}H${x + w - 9}L${x + w} ${y + 9}V${y + h}H${x}z` });
  }
  if (kind === "output") {
    const c = Math.min(9, h / 3);
    return make("path", { class: "shape", d: `M${x + c} ${y}H${x + w - c}L${x + w} ${y + c}V${y + h - c}L${x + w - c} ${y + h}` +
      `H${x + c}L${x} ${y + h - c}V${y + c}z` });
  }
  return make("rect", { class: "shape", x, y, width: w, height: h, rx: kind === "operation" ? 7 : 0 });
}

function drawnArrow({ from, to, arrows: own, back, points }) {
  const group = make("g", { class: "arrow" + (back ? " back" : ""), "aria-hidden": "true" });
  Object.assign(group.dataset, { arrows: own.join(" "), from: from.at(-1), to: to.at(-1) });
  group.append(make("path", { d: back ? "M" + points.join("L") : curve(points), "marker-end": "url(#head)" }), make("text"));
  return group;
}

/** A line that swings from point to point, and is straight where they lie on a line along the picture. */
function curve(points) {
  let d = `M${points[0]}`;
  for (let n = 1; n < points.length; n++) {
    const [x, y] = points[n - 1], [u, v] = points[n];
    if (Math.abs(across ? v - y : u - x) < 1) d += `L${u} ${v}`;
    else if (across) d += `C${(x + u) / 2} ${y} ${(x + u) / 2} ${v} ${u} ${v}`;
    else d += `C${x} ${(y + v) / 2} ${u} ${(y + v) / 2} ${u} ${v}`;
  }
  return d;
}

// ----- what changes without a new layout -----

function refresh() {
  const now = state.step ? atStep(state.step) : null;
  const back = state.step > moving.length;
  const found = matches();
  boxes.forEach((box, i) => {
    const group = byId(key(i));
    if (!group) return;
    const numbers = shownLines(i);
    group.querySelectorAll(".number").forEach((text, n) => { text.textContent = numbers[n] ?? ""; });
    group.classList.toggle("later", !hasValue(i));
    group.classList.toggle("now", i === now);
    group.dataset.heat = state.heat && hasGradient(i) ? box.heat : "";
    group.classList.toggle("marked", marksOf(i).length > 0);
    group.classList.toggle("found", state.query !== "" && found.includes(i));
    group.classList.toggle("lost", state.query !== "" && !found.includes(i));
    group.setAttribute("aria-label", spoken(i));
  });
  document.querySelectorAll("#view .frame").forEach((group) => {
    group.classList.toggle("now", now !== null && shownAs(now) === group.id);
  });
  refreshArrows(now, back);
  drawMap();
  byId("step").value = state.step ?? lastStep;
  byId("all").setAttribute("aria-pressed", String(state.step === null));
  byId("count").textContent = state.query ? `${found.length} found` : "";
  byId("status").textContent = sentence(now, back);
  const focus = state.focus && byId(state.focus) ? state.focus : [...placed.keys()][0];
  document.querySelectorAll("#view [tabindex]").forEach((g) => g.setAttribute("tabindex", g.id === focus ? "0" : "-1"));
}

/** On the way back an arrow points back as soon as something has come along it, and says what. */
function refreshArrows(now, back) {
  const groups = [...document.querySelectorAll("#view .arrow")];
  const texts = drawn.map((edge) => {
    const first = arrows[edge.arrows[0]];
    const returned = back && first.share && backwardStep.get(first.target) <= state.step;
    return { text: returned ? cut(first.share, 18) : first.shape, returned };
  });
  const spots = labelled(texts.map(({ text }) => text));
  groups.forEach((group, n) => {
    const { text, returned } = texts[n], [path, label] = group.children;
    group.classList.toggle("now", drawn[n].arrows.some((k) => arrows[k].target === now));
    group.classList.toggle("returned", Boolean(returned));
    path.setAttribute(returned ? "marker-start" : "marker-end", "url(#head)");
    path.removeAttribute(returned ? "marker-end" : "marker-start");
    label.textContent = text;
    if (spots[n]) ["x", "y"].forEach((name, k) => label.setAttribute(name, spots[n][k]));
  });
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
    ["Value", hasValue(i) ? box.value : ""], ["Gradient", hasGradient(i) ? [box.gradient, box.note].join(" ") : ""],
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
  open();
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
  state.fitted = false;
  showWindow();
  byId("view").setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
}

const within = (scale) => Math.min(Math.max(scale, 0.02), 8);

function zoom(factor, px = null, py = null) {
  const { width, height } = byId("graph").getBoundingClientRect();
  const { x, y, scale } = state.view, to = within(scale * factor);
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

/** In the direction that was asked for; else in the one that the window shows larger. */
function choose() {
  layout();
  if (scene.direction) return;
  const here = fitting().scale;
  across = !across;
  layout();
  if (fitting().scale <= here) {
    across = !across;
    layout();
  }
}

function fit() {
  const { width, height, right, below, scale } = fitting();
  move((width - right * scale) / 2, (height - below * scale) / 2, scale);
  state.fitted = true;
}

/** A large graph is not shrunk to nothing: its beginning is shown, and the map shows where that is. */
function showStart() {
  if (fitting().scale >= READABLE) return fit();
  const { width, height } = fitting(), along = (at) => across ? at.x : at.y;
  const at = boxes.map((_, i) => placed.get(shownAs(i))).reduce((a, b) => along(b) < along(a) ? b : a), scale = 0.8;
  if (across) move(30 - at.x * scale, height / 2 - (at.y + at.h / 2) * scale, scale);
  else move(width / 2 - (at.x + at.w / 2) * scale, 30 - at.y * scale, scale);
  state.fitted = true;
}

function open() {
  choose();
  draw();
  showStart();
}

// ----- the map: all of a large graph, small, and what of it is in the window -----

function mapScale() {
  const { right, below, width, height } = fitting();
  return Math.min(Math.min(260, width / 4) / right, Math.min(200, height / 3) / below);
}

function drawMap() {
  const map = byId("map"), scale = mapScale(), { right, below } = fitting();
  map.setAttribute("width", right * scale);
  map.setAttribute("height", below * scale);
  map.setAttribute("viewBox", `0 0 ${right} ${below}`);
  const here = state.step ? shownAs(atStep(state.step)) : null;
  const rects = [...placed].map(([name, at]) => {
    const kind = name === here ? "now" : inset.has(name) ? "frame" : isFrame(name) ? "folded" : boxes[number(name)].kind;
    return make("rect", { "data-kind": kind, x: at.x, y: at.y, width: at.w, height: at.h });
  });
  map.replaceChildren(...rects, make("rect", { id: "window" }));
  showWindow();
}

function showWindow() {
  const { width, height } = byId("graph").getBoundingClientRect(), { x, y, scale } = state.view;
  const seen = { x: -x / scale, y: -y / scale, width: width / scale, height: height / scale };
  const window_ = byId("window");
  if (!window_) return;
  for (const [name, value] of Object.entries(seen)) window_.setAttribute(name, value);
  byId("map").classList.toggle("needed", fitting().scale < READABLE);
}

function lookAt(event) {
  const at = byId("map").getBoundingClientRect(), { width, height } = byId("graph").getBoundingClientRect();
  const { scale } = state.view, own = mapScale();
  move(width / 2 - (event.clientX - at.left) / own * scale, height / 2 - (event.clientY - at.top) / own * scale, scale);
}
byId("map").addEventListener("pointerdown", (event) => { lookAt(event); byId("map").setPointerCapture(event.pointerId); });
byId("map").addEventListener("pointermove", (event) => { if (event.buttons) lookAt(event); });

// ----- pointers, keys, buttons -----

// One pointer drags, two pinch: the graph follows what lies between them, and how far they are apart.
const pointers = new Map();
let hold = null, dragged = false;
const svg = byId("graph");
function holding() {
  const all = [...pointers.values()], at = svg.getBoundingClientRect();
  const middle = (name, edge) => all.reduce((sum, p) => sum + p[name], 0) / all.length - edge;
  const apart = all.length > 1 ? Math.hypot(all[0].x - all[1].x, all[0].y - all[1].y) : 0;
  return { x: middle("x", at.left), y: middle("y", at.top), apart, from: state.view };
}
const begin = () => { hold = pointers.size ? holding() : null; };
svg.addEventListener("pointerdown", (event) => {
  if (!pointers.size) dragged = false;
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  begin();
});
window.addEventListener("pointermove", (event) => {
  if (!pointers.has(event.pointerId)) return;
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  const now = holding();
  if (pointers.size > 1 || Math.hypot(now.x - hold.x, now.y - hold.y) > 4) dragged = true;
  if (!dragged) return;
  const to = within(hold.from.scale * (hold.apart ? now.apart / hold.apart : 1)), share = to / hold.from.scale;
  move(now.x - (hold.x - hold.from.x) * share, now.y - (hold.y - hold.from.y) * share, to);
});
for (const name of ["pointerup", "pointercancel"]) {
  window.addEventListener(name, (event) => { if (pointers.delete(event.pointerId)) begin(); });
}
svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  const at = svg.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY / 500), event.clientX - at.left, event.clientY - at.top);
}, { passive: false });

const KEYS_ACROSS = { ArrowLeft: "in", ArrowRight: "out", ArrowUp: "previous", ArrowDown: "next" };
const KEYS_DOWN = { ArrowLeft: "previous", ArrowRight: "next", ArrowUp: "in", ArrowDown: "out" };
svg.addEventListener("focusin", (event) => { if (event.target.id?.startsWith("frame")) state.focus = event.target.id; });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") clearSearch();
  if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
  const direction = (across ? KEYS_ACROSS : KEYS_DOWN)[event.key], inGraph = svg.contains(event.target);
  const act = direction ? () => go(direction) : { n: () => advance(1), p: () => advance(-1), f: fit,
    "+": () => zoom(1.25), "-": () => zoom(0.8), "/": () => byId("search").focus() }[event.key];
  if (act) act();
  else if (inGraph && ["Enter", " "].includes(event.key) && state.focus?.startsWith("frame")) toggle(number(state.focus));
  else return;
  event.preventDefault();
});

function clearSearch() {
  byId("search").value = state.query = "";
  if (document.activeElement === byId("search")) byId("search").blur();
  refresh();
}

const ACTIONS = {
  "fold-all": () => foldAll(true), "unfold-all": () => foldAll(false), "zoom-in": () => zoom(1.25),
  "zoom-out": () => zoom(0.8), fit, turn: () => { scene.direction = across ? "TB" : "LR"; across = !across; draw(); showStart(); }, first: () => goTo(0), previous: () => advance(-1), next: () => advance(1),
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
  byId("theme").textContent = dark ? "Light" : "Dark";
}

/** A sample of all that the picture has, with what it means. */
function drawLegend() {
  const kinds = ["parameter", "input", "operation", "output", "failed", "folded", "more"];
  const has = (kind) => boxes.some((box) => box.kind === kind);
  const said = { input: "input or constant", failed: "the run failed here", more: "left out" };
  const rows = kinds.filter(has).map((kind) => [kind, said[kind] ?? kind]);
  if (boxes.some((box) => box.marks.length)) rows.push(["operation marked", "looks wrong: " + wrongs().join(", ")]);
  if (frames.length) rows.push(["frame", "module or scope; a click folds it"]);
  if (arrows.some(isBack)) rows.push(["back", boxes.some((box) => box.times > 1) || frames.some((f) => f.times > 1)
    ? "to the next one alike" : "back to what came before"]);
  if (hasGradients) rows.push(["heat", "with Heat: a small gradient to a large one"]);
  byId("legend").replaceChildren(...rows.flatMap(([kind, text]) => {
    const term = document.createElement("dt"), meaning = document.createElement("dd");
    const image = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of Object.entries({ width: 38, height: 22, "aria-hidden": "true" })) image.setAttribute(name, value);
    image.append(...sample(kind));
    term.append(image);
    meaning.textContent = text;
    return [term, meaning];
  }));
}
const wrongs = () => [...new Set(boxes.flatMap((box) => box.marks.map((mark) => mark.replace(/ \d.*/, ""))))];

function sample(kind) {
  if (kind === "heat") {
    return [0, 1, 2, 3, 4].map((n) => {
      const group = make("g", { class: "sample", "data-heat": n });
      group.append(make("rect", { class: "shape", x: 2 + 7 * n, y: 3, width: 7, height: 16 }));
      return group;
    });
  }
  const group = make("g", { class: `sample ${kind}-sample ${["back", "frame"].includes(kind) ? "" : kind}` });
  const at = { x: 2, y: 3, w: 33, h: 16 };
  group.append(kind === "back" ? make("path", { d: "M2 11H34", "marker-end": "url(#head)" })
    : kind === "frame" ? make("rect", { class: "shape", x: 2, y: 3, width: 33, height: 16, rx: 5 }) : shapeOf(kind.split(" ")[0], at));
  return [group];
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
setTheme(dark.matches);
dark.addEventListener("change", () => setTheme(dark.matches));
document.title = scene.title;
if (scene.depth !== null) frames.forEach((_, f) => { if (chain(f).length > scene.depth) state.folded.add(f); });
drawLegend();
open();
window.addEventListener("resize", () => { if (state.fitted) open(); else showWindow(); });
