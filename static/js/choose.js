// Remember which fine-tunes were ticked to be compared: over pages, filters and rows that change by themselves.
const form = document.getElementById("compare");
const key = `compare-${form.dataset.organization}`;
const elsewhere = document.getElementById("chosen-elsewhere");
const words = document.getElementById("choice");
const none = document.getElementById("choose-none");
const boxes = () => [...document.querySelectorAll('input[type="checkbox"][form="compare"]')];
const chosen = new Set(JSON.parse(sessionStorage.getItem(key) ?? "[]"));

function asked() {
  const address = new URL(location.href);
  if (!address.searchParams.has("run")) return;
  chosen.clear();
  for (const input of form.elements) if (input.name === "run" && (input.checked || input.type === "hidden")) chosen.add(input.value);
  address.searchParams.delete("run");
  history.replaceState(history.state, "", address);
}

function keep() {
  sessionStorage.setItem(key, JSON.stringify([...chosen]));
}

function sentence() {
  const { none, one, some, many } = words.dataset;
  const n = chosen.size;
  const said = n === 0 ? none : n === 1 ? one : n > Number(form.dataset.most) ? many : some;
  return said.replace("{n}", String(n));
}

function show() {
  const here = new Set(boxes().map((box) => box.value));
  for (const box of boxes()) box.checked = chosen.has(box.value);
  const wanted = [...chosen].filter((pk) => !here.has(pk));
  if (wanted.join() !== [...elsewhere.children].map((input) => input.value).join()) {
    elsewhere.replaceChildren(...wanted.map((pk) => Object.assign(document.createElement("input"), { type: "hidden", name: "run", value: pk })));
  }
  if (words.textContent !== sentence()) words.textContent = sentence();
  none.hidden = !chosen.size;
}

document.addEventListener("change", ({ target }) => {
  if (!target.matches('input[type="checkbox"][form="compare"]')) return;
  if (target.checked) chosen.add(target.value);
  else chosen.delete(target.value);
  keep();
  show();
});

none.addEventListener("click", () => {
  chosen.clear();
  keep();
  show();
  (boxes()[0] ?? words).focus();
});

asked();
// What was ticked before this script came is chosen too.
for (const box of boxes()) if (box.checked) chosen.add(box.value);
keep();
show();
new MutationObserver(show).observe(document.getElementById("main"), { childList: true, subtree: true });
