// Pages of one dataset: keep the keyboard's place after a decision, and show which column plays which part.
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
