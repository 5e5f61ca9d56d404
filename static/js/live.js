// The page of a fine-tune: append what its stream tells, once each, and exchange the parts that have changed.
const page = document.getElementById("fine-tune");
const events = document.getElementById("events");
const badge = document.getElementById("live");
const shown = new Map();
let [cursor, revision] = page.dataset.after.split("-").map(Number);

const timeZone = document.documentElement.dataset.zone;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", timeZone });

// Whoever has chosen how times look gets them so from the server.
function localize(root) {
  if (document.documentElement.dataset.formats) return;
  for (const time of root.querySelectorAll("time[data-local]")) {
    const moment = new Date(time.dateTime);
    time.textContent = clock.format(moment);
    time.title = day.format(moment);
  }
}

// What has ended is not live, even while something late is waited for.
const isOver = () => ["succeeded", "ended"].includes(page.dataset.state);
let isOpen = false;
const say = () => (badge.hidden = !isOpen || isOver());

function seen(ordinal) {
  cursor = Math.max(cursor, ordinal);
  page.dataset.after = `${cursor}-${revision}`;
}

function append({ html }, id) {
  const ordinal = Number(id);
  if (ordinal <= cursor) return;
  seen(ordinal);
  events.insertAdjacentHTML("afterbegin", html);
  localize(events.firstElementChild);
  document.getElementById("no-events").hidden = true;
}

function replace(name, html) {
  const part = document.getElementById(`part-${name}`);
  if (!part || shown.get(name) === html) return;
  shown.set(name, html);
  part.innerHTML = html;
  window.htmx?.process(part);
}

function update({ parts, state, shows, revision: now }, id) {
  revision = now;
  seen(Number(id.split("-")[0]));
  page.dataset.state = state;
  say();
  const charts = document.getElementById("part-charts");
  for (const [name, html] of Object.entries(parts)) {
    // Charts that are there stay, with their zoom: only new ones change the page.
    if (name === "charts" && charts.dataset.shows === shows) continue;
    replace(name, html);
  }
  charts.dataset.shows = shows;
  document.dispatchEvent(new CustomEvent("tunedeck:charts", { detail: { revision } }));
}

localize(document);
document.addEventListener("tunedeck:line", ({ detail }) => append(detail.data, detail.id));
document.addEventListener("tunedeck:parts", ({ detail }) => update(detail.data, detail.id));
document.addEventListener("tunedeck:stream", ({ detail }) => {
  isOpen = detail === "open";
  say();
});
