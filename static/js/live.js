// Follow a fine-tune: append what its stream tells, once each, and come again where it broke off.
const page = document.getElementById("fine-tune");
const events = document.getElementById("events");
const badge = document.getElementById("live");
const shown = new Map();
let cursor = Number(page?.dataset.cursor ?? 0);
let source = null;
let timer = null;
let ended = !page?.dataset.stream;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function localize(root) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    const moment = new Date(time.dateTime);
    time.textContent = clock.format(moment);
    time.title = day.format(moment);
  }
}

function say(state) {
  badge.hidden = state === "";
  badge.className = state === "live" ? "badge good" : "badge wait";
  badge.textContent = state === "live" ? badge.dataset.live : badge.dataset.waiting;
}

function append(html, ordinal) {
  if (ordinal <= cursor) return;
  cursor = ordinal;
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

function update({ parts, state, shows, revision }, ordinal) {
  cursor = Math.max(cursor, ordinal);
  page.dataset.state = state;
  const charts = document.getElementById("part-charts");
  for (const [name, html] of Object.entries(parts)) {
    // Charts that are there stay, with their zoom: only new ones change the page.
    if (name === "charts" && charts.dataset.shows === shows) continue;
    replace(name, html);
  }
  charts.dataset.shows = shows;
  document.dispatchEvent(new CustomEvent("tunedeck:charts", { detail: { revision } }));
}

function stop() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function follow() {
  stop();
  if (ended || document.hidden) return;
  const address = new URL(page.dataset.stream, location.href);
  address.searchParams.set("after", String(cursor));
  source = new EventSource(address);
  source.addEventListener("open", () => say("live"));
  source.addEventListener("line", (event) => append(JSON.parse(event.data).html, Number(event.lastEventId)));
  source.addEventListener("parts", (event) => update(JSON.parse(event.data), Number(event.lastEventId)));
  source.addEventListener("end", () => {
    ended = true;
    stop();
    say("");
  });
  source.addEventListener("error", () => {
    say("waiting");
    // A browser gives up after an answer that is no stream, as a server that is being restarted gives.
    if (source?.readyState === EventSource.CLOSED) timer = setTimeout(follow, 3000);
  });
}

if (page) {
  localize(document);
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : follow()));
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => event.persisted && follow());
  follow();
}
