// Draw the plots of a page with Plotly, in the colours of the theme; ask again for a range that is zoomed into, and
// when there is more to draw. What somebody has set stays with a chart, whatever happens to the page around it.
import { separators, spelling } from "./numbers.js";

const PAUSE = 2000;
const TOGETHER = 4;
const REMEMBERED = ["axis", "smooth"];
const states = new Map();
let timer = null;
let revision = 0;

const plots = () => document.querySelectorAll("[data-plot]");

function stateOf(plot) {
  const key = plot.dataset.plot;
  if (!states.has(key)) states.set(key, { hidden: new Set(), range: null, logarithmic: false, whole: false });
  return states.get(key);
}

function colour(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function themed(figure, state) {
  const [ink, faint, line, strong, panel] = ["ink", "ink-3", "line", "line-strong", "panel"].map(colour);
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12, color: faint };
  const axis = (one) => ({ ...one, gridcolor: line, linecolor: line, spikecolor: line });
  const data = figure.data.map((trace) => {
    const tone = colour(trace.meta?.tone ?? "series-1");
    const gone = state.hidden.has(trace.meta?.line) || (trace.meta?.part === "edge" && (state.whole || state.logarithmic));
    return { ...trace, visible: !gone, line: { ...trace.line, color: tone }, marker: { ...trace.marker, color: tone } };
  });
  const shapes = figure.layout.shapes?.map((shape) => ({
    ...shape,
    line: { ...shape.line, color: strong },
    ...(shape.label && { label: { ...shape.label, font: { ...font, size: 10 } } }),
  }));
  const colours = { font, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };
  const hoverlabel = { bgcolor: panel, bordercolor: line, font: { ...font, color: ink } };
  return { data, layout: { ...figure.layout, ...colours, shapes, hoverlabel, xaxis: axis(figure.layout.xaxis), yaxis: axis(figure.layout.yaxis) } };
}

function arranged(plot, state) {
  const { data, layout } = themed(state.drawing.figure, state);
  layout.yaxis.fixedrange = true;
  if (state.whole || state.logarithmic) Object.assign(layout.yaxis, { range: undefined, autorange: true });
  if (state.logarithmic) Object.assign(layout.yaxis, { type: "log", rangemode: "normal" });
  if (state.range) Object.assign(layout.xaxis, { range: [...state.range], autorange: false });
  layout.separators = separators;
  layout.width = plot.clientWidth;
  if (document.fullscreenElement?.contains(plot)) layout.height = Math.max(280, window.innerHeight - 240);
  layout.uirevision = JSON.stringify([state.range, state.logarithmic, state.whole, layout.height]);
  return { data, layout };
}

const config = { responsive: false, displayModeBar: false, scrollZoom: false, doubleClick: false };

async function paint(plot) {
  const state = stateOf(plot);
  if (!state.drawing || !window.Plotly) return;
  const { data, layout } = arranged(plot, state);
  plot.querySelector(".plot-wait")?.remove();
  const isNew = !plot.classList.contains("js-plotly-plot");
  await window.Plotly.react(plot, data, layout, config);
  if (isNew) {
    sizes.observe(plot);
    plot.on("plotly_relayout", (change) => relaid(plot, change));
    plot.on("plotly_doubleclick", () => show(plot, null));
  }
  tell(plot, state);
}

// As wide as its place: at once what is there, and what fits the new width when it has come.
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!target.clientWidth || target.clientWidth === target._fullLayout?.width) continue;
    paint(target);
    load([target]);
  }
});

function relaid(plot, change) {
  if (!("xaxis.range[0]" in change)) return;
  const axis = plot._fullLayout.xaxis;
  show(plot, axis.range.map((end) => axis.r2l(end)));
}

function show(plot, range) {
  const state = stateOf(plot);
  if (JSON.stringify(state.range) === JSON.stringify(range)) return;
  state.range = range;
  paint(plot);
  load([plot]);
}

function tell(plot, state) {
  const chart = plot.closest(".chart");
  const { steps, shown, drawn, beyond, least } = state.drawing;
  const number = spelling();
  const note = chart.querySelector("[data-count]");
  if (note) {
    const words = state.range && note.dataset.part ? note.dataset.part : steps === drawn ? note.dataset.all : note.dataset.some;
    const put = (name, value) => (text) => text.replace(`{${name}}`, number.format(value ?? steps));
    note.textContent = [put("steps", steps), put("shown", shown), put("drawn", drawn)].reduce((text, fill) => fill(text), words);
  }
  const set = (selector, change) => chart.querySelectorAll(selector).forEach(change);
  const hasBeyond = beyond > 0 && !state.logarithmic;
  set(".chart-buttons", (one) => (one.hidden = false));
  set("[data-logarithmic]", (one) => one.setAttribute("aria-pressed", String(state.logarithmic)));
  set("[data-whole]", (one) => { one.hidden = !hasBeyond; one.setAttribute("aria-pressed", String(state.whole)); });
  set("[data-beyond]", (one) => (one.hidden = !hasBeyond || state.whole));
  set("[data-unlogarithmic]", (one) => (one.hidden = !state.logarithmic || !(least <= 0)));
  set("[data-line]", (one) => one.setAttribute("aria-pressed", String(!state.hidden.has(Number(one.dataset.line)))));
  set("[data-zoom=all]", (one) => (one.disabled = !state.range));
  plot.dataset.drawn = `${state.asked} ${drawn}`;
}

// Of charts that look at the same range: several come in one answer, each still has its place in the order.
function address(some) {
  const { range } = stateOf(some[0]);
  const url = new URL(some[0].dataset.plot, location.href);
  if (some.length > 1) url.pathname = url.pathname.replace(/[^/]+\/$/, `${some.map(keyOf).join()}/`);
  const put = (name, value) => value && url.searchParams.set(name, String(value));
  put("width", widthOf(some[0]));
  put("x", document.querySelector("[data-chart-axis]")?.value);
  put("smooth", document.querySelector("[data-chart-smooth]")?.value);
  if (range) [put("from", range[0]), put("to", range[1])];
  return url;
}

const keyOf = (plot) => plot.dataset.plot.split("/").at(-2);
const widthOf = (plot) => Math.ceil(plot.clientWidth / 100) * 100;

// While somebody looks at a part that a run has left behind, there is nothing new to ask for until it ends.
const isPast = (state) => document.getElementById("fine-tune")?.dataset.state === "active" && state.range && state.range[1] < state.end;
const lacks = (state) => !state.busy && state.revision !== revision && !isPast(state);

// Whoever asks anew no longer waits for what was asked before; that is given up, unless others wait for it, too.
async function load(some) {
  const states = some.map(stateOf);
  const busy = Object.assign(new AbortController(), { isShared: some.length > 1 });
  for (const state of states) {
    if (!state.busy?.isShared) state.busy?.abort();
    state.busy = busy;
  }
  const [wanted, url] = [revision, address(some)];
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: busy.signal });
    if (!answer.ok) return;
    const drawings = [await answer.json()].flat();
    const waiting = some.filter((_plot, place) => states[place].busy === busy);
    for (const plot of waiting) Object.assign(stateOf(plot), { drawing: drawings[some.indexOf(plot)], revision: wanted, asked: url.search });
    for (const plot of waiting) await drawn(plot);
  } catch {
    // The connection is lost, or a newer question took its place: the next one, or a reload, tries again.
  } finally {
    for (const state of states) if (state.busy === busy) state.busy = null;
  }
}

async function drawn(plot) {
  const state = stateOf(plot);
  await paint(plot);
  if (!state.range) state.end = plot._fullLayout?.xaxis.r2l(plot._fullLayout.xaxis.range[1]);
}

// Those that look at all of the run and are of one width together, so many that the first are there soon.
function loadAll(some) {
  const groups = new Map();
  for (const plot of some) {
    const alike = stateOf(plot).range ? plot.dataset.plot : widthOf(plot);
    groups.set(alike, [...(groups.get(alike) ?? []), plot]);
  }
  for (const group of groups.values()) for (let at = 0; at < group.length; at += TOGETHER) load(group.slice(at, at + TOGETHER));
}

function look() {
  timer = null;
  prefer();
  plots().forEach((plot) => (states.has(plot.dataset.plot) && !plot.classList.contains("js-plotly-plot") ? paint(plot) : null));
  loadAll([...plots()].filter((plot) => lacks(stateOf(plot))));
}

// The page draws its choices anew when there are new charts: what was chosen is chosen again.
function prefer() {
  const tools = document.getElementById("chart-tools");
  if (tools) tools.hidden = false;
  for (const name of REMEMBERED) {
    const field = document.querySelector(`[data-chart-${name}]`);
    const kept = localStorage.getItem(`tunedeck:chart-${name}`);
    if (field && [...field.options].some((option) => option.value === kept)) field.value = kept;
  }
}

document.addEventListener("change", ({ target }) => {
  const name = REMEMBERED.find((one) => target.matches?.(`[data-chart-${one}]`));
  if (!name) return;
  localStorage.setItem(`tunedeck:chart-${name}`, target.value);
  if (name === "axis") plots().forEach((plot) => (stateOf(plot).range = null));
  loadAll([...plots()]);
});

document.addEventListener("tunedeck:charts", (event) => {
  revision = event.detail.revision;
  timer ??= setTimeout(look, document.querySelector(".js-plotly-plot") ? PAUSE : 0);
});
document.addEventListener("tunedeck:range", ({ target, detail }) => show(target, detail));
document.addEventListener("tunedeck:resized", ({ target }) => paint(target));

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-logarithmic], [data-whole], [data-line]");
  const plot = button?.closest(".chart")?.querySelector("[data-plot]");
  if (!plot) return;
  const state = stateOf(plot);
  if ("line" in button.dataset) {
    const line = Number(button.dataset.line);
    if (!state.hidden.delete(line)) state.hidden.add(line);
  } else {
    const name = "whole" in button.dataset ? "whole" : "logarithmic";
    state[name] = !state[name];
  }
  paint(plot);
});

const repaint = () => plots().forEach(paint);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
if (window.Plotly) look();
else window.addEventListener("load", look);
