// Asks every model of the open trial at once and shows each answer as it comes.
// One stream a column, prompt after prompt; everything from a model or a provider goes through textContent.
const $ = (id) => document.getElementById(id);
const words = $("words").dataset;
const form = $("sides");
const streams = new Map(); // from a side's address to what ends its stream or its wait
let halted = false; // all was stopped: what has not begun does not begin

// The form

form.elements.live.value = "on";

form.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  keep();
});

window.addEventListener("pageshow", (event) => {
  delete form.dataset.sent;
  // Come back to and pressed again, the form means to ask again.
  if (event.persisted) form.elements.token.value = crypto.randomUUID?.() ?? form.elements.token.value;
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("#sides")) {
    event.preventDefault();
    if (!form.querySelector("fieldset").disabled) form.requestSubmit();
  }
  if (event.key === "Escape" && streams.size) stopAll();
});

function keep() {
  sessionStorage.setItem(form.dataset.draft, form.elements.prompt.value);
}

form.addEventListener("input", keep);
if (!form.elements.prompt.value && !$("rounds")) form.elements.prompt.value = sessionStorage.getItem(form.dataset.draft) ?? "";

// The answers

const rounds = () => $("rounds");
const stream = (side) => side.dataset.stream;
const at = (address) => rounds().querySelector(`[data-stream="${address}"]`);
const isOver = (side) => !["due", "asking"].includes(side.dataset.state);

if (rounds()?.dataset.live !== undefined) {
  const columns = new Map();
  for (const side of rounds().querySelectorAll("[data-side]")) {
    if (isOver(side)) continue;
    columns.set(side.dataset.side, [...(columns.get(side.dataset.side) ?? []), stream(side)]);
  }
  for (const addresses of columns.values()) walk(addresses);
}

async function walk(addresses) {
  for (const address of addresses) {
    if (halted) return;
    await run(address);
  }
}

async function run(address) {
  const mine = new AbortController();
  streams.set(address, mine);
  offerStop();
  try {
    while (await asked(address, mine.signal));
  } catch {
    if (!mine.signal.aborted) notice(at(address), { sentence: words.unreachable, advice: "" });
  } finally {
    streams.delete(address);
    offerStop();
  }
  await refresh(address);
}

// Returns true where it is to be tried again after the wait that the provider wished for.
async function asked(address, signal) {
  const side = at(address);
  clear(side);
  if (side.dataset.wait) await wait(side, Number(side.dataset.wait) + 1, signal);
  delete side.dataset.wait;
  const response = await fetch(address, { method: "POST", headers: token(), signal });
  if (response.status === 409) return false;
  if (response.redirected || !response.ok) {
    notice(side, { sentence: response.redirected ? words.signedOut : words.refused, advice: "" });
    return false;
  }
  for await (const [name, told] of events(response.body)) {
    if (name === "piece") write(side, told);
    if (name === "trouble" && told.retry_in !== null) {
      notice(side, told);
      await wait(side, Math.ceil(told.retry_in) + 1, signal);
      return true;
    }
  }
  return false;
}

function token() {
  return { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
}

// The same in playground.js and sides.js: each page has one script and no imports, so that its hashed name holds all of it.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const found = /^event: (\w+)\ndata: (.*)$/.exec(block);
      if (found) yield [found[1], JSON.parse(found[2])];
    }
  }
}

function clear(side) {
  side.querySelector("[data-samples]").replaceChildren();
  side.querySelector("[data-trouble]").replaceChildren();
  side.querySelector("[data-status]").textContent = words.asking;
}

function write(side, { index, text }) {
  const place = side.querySelector("[data-samples]");
  while (place.children.length <= index) place.append($("sample-template").content.cloneNode(true));
  place.children[index].append(text);
  side.querySelector("[data-status]").textContent = words.writing;
}

function notice(side, { sentence, advice }) {
  const made = $("trouble-template").content.firstElementChild.cloneNode(true);
  made.querySelector("[data-sentence]").textContent = sentence;
  made.querySelector("[data-advice]").textContent = advice;
  side.querySelector("[data-trouble]").replaceChildren(made);
  side.querySelector("[data-status]").textContent = "";
}

function wait(side, seconds, signal) {
  const place = side.querySelector("[data-status]");
  return new Promise((done, failed) => {
    let left = seconds;
    let timer = 0;
    const tick = () => {
      if (left <= 0) return done();
      place.textContent = words.again.replace("#", left);
      left -= 1;
      timer = setTimeout(tick, 1000);
    };
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      failed(new DOMException("", "AbortError"));
    });
    tick();
  });
}

// What the server has written down takes the place of what was streamed: with marks, facts and the next buttons.
async function refresh(address) {
  const round = at(address).closest(".round");
  const done = [...round.querySelectorAll("[data-side]")].every((side) => !streams.has(stream(side)));
  const answer = await fetch(location.href, { headers: { "HX-Request": "true", "HX-Target": "rounds" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  $("progress").textContent = fresh.getElementById("progress").textContent;
  if (done) replace(round, fresh.getElementById(round.id));
  else replace(at(address), [...fresh.querySelectorAll("[data-stream]")].find((one) => stream(one) === address));
  // A page that was loaded again while an answer came: its old stream ends first.
  if (at(address)?.dataset.state === "asking" && !streams.has(address)) setTimeout(() => refresh(address), 1000);
}

function replace(old, fresh) {
  if (!fresh) return;
  const held = old.contains(document.activeElement);
  const made = document.importNode(fresh, true);
  old.replaceWith(made);
  if (held) made.closest(".round").focus();
}

// Stopping

document.addEventListener("submit", (event) => {
  if (!("stop" in event.target.dataset)) return;
  const side = event.target.closest("[data-side]");
  if (rounds().dataset.live === undefined) return;
  event.preventDefault();
  stop(stream(side));
});

$("stop-all")?.addEventListener("click", stopAll);

function stopAll() {
  halted = true;
  for (const side of [...rounds().querySelectorAll("[data-side]")]) if (!isOver(side)) stop(stream(side));
}

// The stream is hung up on; where it had not begun, the server is told.
async function stop(address) {
  await fetch(at(address).querySelector("[data-stop]").action, { method: "POST", headers: token() }).catch(() => null);
  streams.get(address)?.abort();
  if (!streams.has(address)) await refresh(address);
}

function offerStop() {
  const button = $("stop-all");
  if (document.activeElement === button && !streams.size) rounds().focus();
  button.hidden = !streams.size;
}
