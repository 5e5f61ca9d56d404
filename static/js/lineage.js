// A drawing that is wider than its window begins with what one came for in the middle.
const here = document.querySelector("svg.lineage .focus");
const view = here?.closest(".scroll");
if (view) {
  const [box, frame] = [here.getBoundingClientRect(), view.getBoundingClientRect()];
  view.scrollLeft += box.left + box.width / 2 - (frame.left + frame.width / 2);
}
