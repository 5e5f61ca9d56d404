for (const place of document.querySelectorAll("[data-figure]")) {
  const { figure } = JSON.parse(document.getElementById(place.dataset.figure).textContent);
  const layout = { ...figure.layout, font: { family: "system-ui, sans-serif", size: 12 }, showlegend: true, legend: { orientation: "h", y: -0.25 }, height: 340 };
  window.Plotly.newPlot(place, figure.data, layout, { responsive: true, displaylogo: false });
}
