// Keep the page's live stream open while somebody looks, say so when it cannot be had, and pass on what it tells:
// `tunedeck:<kind>` with { data, id }, and `tunedeck:stream` with "open", "waiting", "stopped" or "ended".
const KINDS = ["line", "parts", "row", "moved"];
const SILENCE = 40_000; // the server gives a sign of life every 15 seconds
const PATIENCE = 3000; // a short interruption is not worth a word
const AGAIN = 3000;
const notice = document.querySelector("#connection .notice");
let source = null;
let again = null;
let silence = null;
let worry = null;
let ended = false;

const root = () => document.querySelector("[data-stream]");
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`tunedeck:${name}`, { detail }));

function address({ stream, after, shape }) {
  const url = new URL(stream, location.href);
  if (after !== undefined) url.searchParams.set("after", after);
  if (shape !== undefined) {
    const rows = [...document.querySelectorAll("[data-row]")].map((row) => `${row.dataset.row}-${row.dataset.revision}`);
    url.searchParams.set("rows", rows.join());
    url.searchParams.set("shape", shape);
  }
  return url;
}

function stop() {
  for (const timer of [again, silence]) clearTimeout(timer);
  source?.close();
  source = null;
}

function rest() {
  stop();
  calm();
  tell("stream", "stopped");
}

function calm() {
  clearTimeout(worry);
  worry = null;
  if (notice) notice.hidden = true;
}

// A connection that the network has forgotten says nothing, not even that it is gone.
function heard() {
  clearTimeout(silence);
  silence = setTimeout(() => {
    lost();
    follow();
  }, SILENCE);
}

function open() {
  calm();
  heard();
  tell("stream", "open");
}

function lost() {
  worry ??= setTimeout(() => notice && (notice.hidden = false), PATIENCE);
  tell("stream", "waiting");
  // A browser gives up after an answer that is no stream, as a server that is being restarted gives.
  if (source?.readyState === EventSource.CLOSED) again = setTimeout(follow, AGAIN);
}

// The browser knows at once that there is no network; the connection would find out late.
function cut() {
  if (!source) return;
  stop();
  lost();
}

function follow() {
  stop();
  if (ended || document.hidden || !root()) return;
  source = new EventSource(address(root().dataset));
  heard();
  source.addEventListener("open", open);
  source.addEventListener("error", lost);
  source.addEventListener("alive", heard);
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => {
      heard();
      tell(kind, { data: JSON.parse(event.data), id: event.lastEventId });
    });
  }
  source.addEventListener("end", () => {
    ended = true;
    rest();
    tell("stream", "ended");
  });
}

document.addEventListener("visibilitychange", () => (document.hidden ? rest() : follow()));
document.addEventListener("tunedeck:follow", follow); // what the page shows has changed
window.addEventListener("offline", cut);
window.addEventListener("online", follow);
window.addEventListener("pagehide", stop);
window.addEventListener("pageshow", (event) => event.persisted && follow());
follow();
