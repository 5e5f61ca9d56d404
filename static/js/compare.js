// A chart that htmx has put into the page is drawn like those that came with it.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id === "compared") document.dispatchEvent(new CustomEvent("tunedeck:charts", { detail: { revision: 0 } }));
});
