// Evaluations: start once, walk through rows in the drawer.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("once" in form.dataset) || event.submitter?.hasAttribute("formaction")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  event.submitter?.setAttribute("aria-disabled", "true");
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-once]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
  }
});

// The drawer with one row: without scripts it is part of the page, with them a dialog that takes the keyboard.
const drawer = document.getElementById("drawer");
let wanted = Boolean(drawer?.open); // an answer that comes after the drawer was closed must not open it again

function open() {
  if (!wanted || !drawer || drawer.matches(":modal") || !document.getElementById("drawer-title")) return;
  drawer.removeAttribute("open");
  drawer.showModal();
  document.getElementById("drawer-title").focus();
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target?.id !== "drawer-content") return;
  open();
  const title = document.getElementById("drawer-title");
  document.getElementById("drawer-said").textContent = title?.parentElement.textContent.trim() ?? "";
  if (wanted && (!drawer.contains(document.activeElement) || document.activeElement === drawer)) title?.focus();
});
open();

document.addEventListener("click", (event) => {
  if (event.target.closest("[hx-target='#drawer-content']") && !drawer?.contains(event.target)) wanted = true;
  const close = event.target.closest("#drawer-close");
  if (!close || !drawer?.matches(":modal")) return;
  event.preventDefault();
  wanted = false;
  drawer.close();
  history.replaceState(history.state, "", close.href);
  (document.getElementById(`row-${close.dataset.row}`) ?? document.getElementById("shown"))?.focus();
});
document.addEventListener("cancel", (event) => {
  if (event.target !== drawer) return;
  event.preventDefault();
  document.getElementById("drawer-close").click();
}, { capture: true });
document.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: "drawer-previous", ArrowRight: "drawer-next" }[event.key];
  if (!way || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!drawer?.contains(event.target) || event.target.closest("input, textarea, select, pre")) return;
  event.preventDefault();
  document.getElementById(way)?.click();
});
