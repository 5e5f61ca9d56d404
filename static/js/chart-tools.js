// What the buttons around a chart do: move through a run, fill the screen, save a picture.
const plotOf = (button) => button.closest(".chart").querySelector("[data-plot]");

function moved([first, last], way) {
  const [middle, half] = [(first + last) / 2, (last - first) / 2];
  if (way === "in") return [middle - half / 2, middle + half / 2];
  if (way === "out") return [middle - half * 2, middle + half * 2];
  const by = way === "later" ? half : -half;
  return [first + by, last + by];
}

function zoom(plot, way) {
  const axis = plot._fullLayout?.xaxis;
  if (!axis) return;
  const detail = way === "all" ? null : moved(axis.range.map((end) => axis.r2l(end)), way);
  plot.dispatchEvent(new CustomEvent("tunedeck:range", { bubbles: true, detail }));
}

function save(name, address) {
  const link = document.createElement("a");
  [link.href, link.download] = [address, name];
  link.click();
}

async function picture(plot, format) {
  const ink = getComputedStyle(plot).color;
  const { width, height } = plot.getBoundingClientRect();
  const title = { text: plot.closest(".chart").dataset.title, x: 0.02, font: { size: 15, color: ink } };
  const look = { ...plot.layout, title, showlegend: true, legend: { orientation: "h", y: -0.25, font: { color: ink } } };
  look.paper_bgcolor = getComputedStyle(plot.closest(".card")).backgroundColor;
  look.margin = { ...look.margin, t: 44 };
  const isNamed = (trace, place) => plot.data.findIndex((one) => one.meta?.line === trace.meta?.line) === place;
  const data = plot.data.map((trace, place) => ({ ...trace, showlegend: !trace.meta || !("line" in trace.meta) || isNamed(trace, place), legendgroup: trace.meta?.line }));
  const size = { width: Math.max(640, width), height: Math.max(360, height + 80) };
  const address = await window.Plotly.toImage({ data, layout: { ...look, ...size } }, { format, scale: 2, ...size });
  save(`${plot.dataset.name ?? "chart"}.${format}`, address);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-zoom], [data-full-screen], [data-save]");
  if (!button) return;
  if (button.dataset.zoom) zoom(plotOf(button), button.dataset.zoom);
  else if (button.dataset.save) picture(plotOf(button), button.dataset.save);
  else if (document.fullscreenElement) document.exitFullscreen();
  else button.closest(".chart").requestFullscreen();
});

document.addEventListener("fullscreenchange", () => {
  for (const button of document.querySelectorAll("[data-full-screen]")) {
    const chart = button.closest(".chart");
    const isFull = document.fullscreenElement === chart;
    if (isFull || button.getAttribute("aria-pressed") === "true") {
      plotOf(button).dispatchEvent(new CustomEvent("tunedeck:resized", { bubbles: true }));
    }
    button.setAttribute("aria-pressed", String(isFull));
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".chart-save[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
