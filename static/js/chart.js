// Draw the plots of a page with Plotly, in the colours of the theme, and again when there is more to draw.
const PAUSE = 2000;
let timer = null;
const states = new WeakMap();
let revision = 0;

function colour(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function themed(figure) {
  const [ink, faint, line, panel] = ["ink", "ink-3", "line", "panel"].map(colour);
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12, color: faint };
  const axis = (one) => ({ ...one, gridcolor: line, linecolor: line, spikecolor: line });
  const data = figure.data.map((trace) => {
    const tone = colour(trace.meta?.tone ?? "series-1");
    return { ...trace, line: { ...trace.line, color: tone }, marker: { ...trace.marker, color: tone } };
  });
  const layout = {
    ...figure.layout,
    font,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    xaxis: axis(figure.layout.xaxis),
    yaxis: axis(figure.layout.yaxis),
    hoverlabel: { bgcolor: panel, bordercolor: line, font: { ...font, color: ink } },
  };
  return { data, layout };
}

const config = {
  responsive: true,
  displaylogo: false,
  scrollZoom: false,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
};

async function paint(plot) {
  const state = states.get(plot);
  if (!state?.drawing || !window.Plotly) return;
  const { data, layout } = themed(state.drawing.figure);
  if (state.logarithmic) layout.yaxis = { ...layout.yaxis, type: "log", rangemode: "normal", uirevision: "log" };
  plot.querySelector(".plot-wait")?.remove();
  await window.Plotly.react(plot, data, layout, config);
  count(plot, state.drawing);
}

function count(plot, { steps, drawn }) {
  const note = plot.parentElement.querySelector("[data-count]");
  if (!note) return;
  const words = steps === drawn ? note.dataset.all : note.dataset.some;
  const number = new Intl.NumberFormat(document.documentElement.lang || undefined);
  note.textContent = words.replace("{steps}", number.format(steps)).replace("{drawn}", number.format(drawn));
}

async function load(plot) {
  const state = states.get(plot);
  if (state.busy || state.revision === revision) return;
  state.busy = true;
  const wanted = revision;
  try {
    const answer = await fetch(plot.dataset.plot, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    state.drawing = await answer.json();
    state.revision = wanted;
    await paint(plot);
  } catch {
    // The connection is lost: the next word of the live stream, or a reload, tries again.
  } finally {
    state.busy = false;
  }
}

function look() {
  timer = null;
  for (const plot of document.querySelectorAll("[data-plot]")) {
    if (!states.has(plot)) states.set(plot, {});
    load(plot);
  }
}

document.addEventListener("tunedeck:charts", (event) => {
  revision = event.detail.revision;
  timer ??= setTimeout(look, document.querySelector(".js-plotly-plot") ? PAUSE : 0);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-logarithmic]");
  if (!button) return;
  const plot = button.closest(".chart").querySelector("[data-plot]");
  const state = states.get(plot);
  state.logarithmic = !state.logarithmic;
  button.setAttribute("aria-pressed", String(state.logarithmic));
  paint(plot);
});

const repaint = () => document.querySelectorAll("[data-plot]").forEach(paint);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
if (window.Plotly) look();
else window.addEventListener("load", look);
