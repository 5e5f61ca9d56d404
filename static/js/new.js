// The form of a new fine-tune is drawn again when a choice changes others: folds stay as they were left.
const FORM = "new-fine-tune";
let open = null;
let focused = "";

// A button that is being pressed must not be replaced under the finger: then nothing would be sent.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (pressed()) event.preventDefault();
});

function pressed() {
  return document.querySelector(`#${FORM} button[type=submit]:active`) !== null;
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id !== FORM) return;
  if (pressed()) detail.shouldSwap = false;
  focused = document.activeElement?.id ?? "";
  open = new Set([...detail.target.querySelectorAll("details")].filter((fold) => fold.open).map((fold) => fold.id));
});

document.addEventListener("htmx:afterSwap", () => {
  if (!open) return;
  for (const fold of document.querySelectorAll(`#${FORM} details`)) {
    if (open.has(fold.id)) fold.open = true;
  }
  open = null;
  // What was inside a fold could not keep the focus while that was shut.
  if (document.activeElement === document.body && focused) document.getElementById(focused)?.focus();
});
