// Home and the list: exchange rows that have changed, and read the page again when rows came, went or moved.
const news = document.getElementById("news");
const AGAIN = 3000;
const SPREAD = 400; // not everybody who looks asks in the same moment
let timer = null;

const rows = () => [...document.querySelectorAll("[data-row]")];
const name = (row) => row.querySelector("a").textContent.trim();
const statuses = () => new Map(rows().map((row) => [row.dataset.row, row.querySelector(".badge")?.textContent.trim()]));

// Where the keyboard is outlives an exchange.
function swap(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const isTwin = (one) => ["id", "href", "name", "value"].every((name) => one.getAttribute(name) === focused.getAttribute(name));
  const next = focused && [...fresh.querySelectorAll(focused.tagName)].find(isTwin);
  old.replaceWith(fresh);
  window.htmx?.process(fresh);
  next?.focus({ preventScroll: true });
}

function announce(before) {
  const changed = rows().filter((row) => before.get(row.dataset.row) !== statuses().get(row.dataset.row));
  const sentences = new Set(changed.map((row) => `${name(row)}: ${statuses().get(row.dataset.row)}`));
  if (sentences.size) news.textContent = [...sentences].join("; ");
}

function exchange({ pk, row, running }, revision) {
  const before = statuses();
  for (const old of rows()) {
    if (Number(old.dataset.row) !== pk || Number(old.dataset.revision) >= revision) continue;
    const template = document.createElement("template");
    template.innerHTML = old.tagName === "TR" ? row : running;
    swap(old, template.content.firstElementChild);
  }
  announce(before);
}

async function refresh() {
  timer = null;
  const place = location.href;
  try {
    const answer = await fetch(place, { headers: { Accept: "text/html" } });
    if (answer.redirected) return location.reload(); // signed out meanwhile
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (location.href === place) take(fresh);
  } catch {
    timer ??= setTimeout(refresh, AGAIN);
  }
}

function take(fresh) {
  const before = statuses();
  for (const old of document.querySelectorAll("[data-fresh]")) {
    const next = fresh.getElementById(old.id);
    if (next) swap(old, document.adoptNode(next));
  }
  announce(before);
  document.dispatchEvent(new CustomEvent("tunedeck:follow"));
}

document.addEventListener("tunedeck:row", ({ detail }) => exchange(detail.data, Number(detail.id)));
document.addEventListener("tunedeck:moved", () => (timer ??= setTimeout(refresh, Math.random() * SPREAD)));
document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.matches?.("[data-stream]")) document.dispatchEvent(new CustomEvent("tunedeck:follow"));
});
