// Pages of one dataset: keep the keyboard's place after a decision, show which column plays which part, walk through rows.
let decided = false;
document.addEventListener("htmx:afterSettle", (event) => {
  decided ||= event.detail.requestConfig?.verb === "post";
  const findings = document.getElementById("findings");
  if (decided && findings) {
    if (document.activeElement === document.body) findings.focus({ preventScroll: true });
    decided = false;
  }
  preview();
});
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-columns]")) preview();
});
preview();

function preview() {
  const columns = document.querySelector("[data-columns]");
  if (!columns) return;
  const format = columns.querySelector("input[name=format]:checked")?.value;
  const roles = new Map();
  for (const part of columns.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(format);
    for (const select of part.hidden ? [] : part.querySelectorAll("select")) {
      const role = columns.querySelector(`label[for=${select.id}]`).firstChild.textContent.trim();
      roles.set(select.value, [...(roles.get(select.value) ?? []), role]);
    }
  }
  for (const head of document.querySelectorAll("[data-preview] th")) {
    const badge = head.querySelector("[data-role-of]");
    badge.textContent = (roles.get(head.dataset.column) ?? []).join(", ");
    badge.hidden = !badge.textContent;
    head.toggleAttribute("data-used", !badge.hidden);
  }
}

// The drawer with one row: without scripts it is part of the page, with them a dialog that takes the keyboard.
const drawer = () => document.getElementById("drawer");
let left = "";

function openDrawer() {
  const dialog = drawer();
  if (!dialog || dialog.matches(":modal") || !document.getElementById("drawer-title")) return;
  dialog.removeAttribute("open");
  dialog.showModal();
  const told = document.getElementById("messages");
  if (told?.children.length) document.querySelector(".drawer-body")?.prepend(...told.children);
  focusDrawer();
}

function focusDrawer() {
  const field = document.querySelector("#edit-row textarea");
  (field ?? document.getElementById("drawer-title"))?.focus();
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target?.id === "drawer-content") {
    openDrawer();
    const title = document.getElementById("drawer-title");
    document.getElementById("drawer-said").textContent = title?.parentElement.textContent.trim() ?? "";
    if (!drawer().contains(document.activeElement) || document.activeElement === drawer()) focusDrawer();
    walk();
  }
  if (detail.target?.id === "browse") {
    const back = left ? document.getElementById(left) : null;
    if (back || document.activeElement === document.body) (back ?? document.getElementById("shown"))?.focus();
    left = "";
  }
});
document.addEventListener("htmx:historyRestore", openDrawer);
openDrawer();

document.addEventListener("click", (event) => {
  const close = event.target.closest("#drawer-close");
  if (!close || !drawer().matches(":modal")) return;
  left = `row-${close.dataset.row}`;
  drawer().close();
});
document.addEventListener("cancel", (event) => {
  if (event.target !== drawer()) return;
  event.preventDefault();
  document.getElementById("drawer-close").click();
}, { capture: true });

// Keys that come faster than rows are remembered, as many as a person still counts.
const MOST_AHEAD = 3;
let ahead = [];
let walking = false;

function walk() {
  const link = document.getElementById(ahead.shift() ?? "");
  walking = Boolean(link);
  link?.click();
}

document.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: "drawer-previous", ArrowRight: "drawer-next" }[event.key];
  if (!way || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!drawer()?.contains(event.target) || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  if (ahead.length < MOST_AHEAD) ahead.push(way);
  if (!walking) walk();
});
for (const failure of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(failure, () => {
  ahead = [];
  walking = false;
});
