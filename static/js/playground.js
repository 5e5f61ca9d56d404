// Runs a question by fetch and shows the answer as it comes.
// Everything from a model or a provider goes through textContent.
const $ = (id) => document.getElementById(id);
const words = $("words").dataset;
const SLOW = 10; // seconds
let running = null;
let countdown = null;

document.addEventListener("submit", (event) => {
  if (event.target.id !== "ask" || event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  if (!running) run(0);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("#ask")) {
    event.preventDefault();
    if (!running && $("run")?.matches(":enabled")) run(0);
  }
  if (event.key === "Escape" && (running || countdown)) stop();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.id === "stop") stop();
  if ("giveUp" in button.dataset) giveUp();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "playground") stop();
});

document.addEventListener("conversation:continued", () => {
  clear();
  $("waiting").hidden = false;
  say("");
});

async function run(attempt) {
  running?.abort();
  clear();
  const mine = new AbortController();
  running = mine;
  working(true);
  const clock = watch();
  try {
    await ask(attempt, mine.signal);
  } catch (error) {
    if (mine.signal.aborted) say(words.stopped);
    else trouble({ sentence: words.unreachable, advice: "", words: "", details: [] }, attempt);
  } finally {
    clearInterval(clock);
    if (running === mine) {
      running = null;
      working(false);
    }
  }
}

// The seconds are there to be seen; only the first long wait is also said.
function watch() {
  const began = Date.now();
  let told = false;
  return setInterval(() => {
    const seconds = Math.round((Date.now() - began) / 1000);
    $("elapsed").textContent = words.seconds.replace("#", seconds);
    if (seconds < SLOW || told || $("samples").children.length) return;
    told = true;
    say(words.slow);
  }, 1000);
}

async function ask(attempt, signal) {
  let response = await send(attempt, signal);
  if (response.status === 403) response = await again(attempt, signal);
  const problem = refusal(response);
  if (problem) return trouble({ sentence: problem, advice: "", words: "", details: [] }, attempt);
  if (response.status === 422) return mark((await response.json()).errors);
  let over = false;
  for await (const [name, told] of events(response.body)) {
    if (name === "request") showRequest(told);
    if (name === "piece") showPiece(told);
    if (name === "end") showEnd(told);
    if (name === "trouble") trouble(told, attempt);
    if (name === "kept") document.dispatchEvent(new CustomEvent("answer:kept", { detail: told }));
    over ||= name === "end" || name === "trouble";
  }
  if (!over) trouble({ sentence: words.broken, advice: "", words: "", details: [] }, attempt);
}

function send(attempt, signal) {
  const form = $("ask");
  const data = new FormData(form);
  data.set("attempt", attempt);
  return fetch(form.dataset.stream, { method: "POST", body: data, signal });
}

// Whoever has signed in again in another tab needs the new token of that page.
async function again(attempt, signal) {
  const response = await fetch(location.href, { signal });
  if (response.redirected || !response.ok) return response;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const token = page.querySelector("#ask [name=csrfmiddlewaretoken]")?.value;
  if (token) $("ask").elements.csrfmiddlewaretoken.value = token;
  return send(attempt, signal);
}

function refusal(response) {
  if (response.redirected) return words.signedOut;
  if (response.status === 403 || response.status === 404) return words.refused;
  if (response.ok || response.status === 422) return "";
  const number = response.headers.get("X-Request-ID");
  return number ? `${words.broken} ${document.body.dataset.number} ${number}` : words.broken;
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

function stop() {
  running?.abort();
  giveUp();
}

function working(on) {
  const [shown, hidden] = on ? [$("stop"), $("run")] : [$("run"), $("stop")];
  const focused = document.activeElement === hidden;
  shown.hidden = false;
  hidden.hidden = true;
  if (focused) shown.focus();
  $("answer").toggleAttribute("data-working", on);
  if (on) say(words.asking);
}

function say(text) {
  $("status").textContent = text;
}

function clear() {
  giveUp();
  $("waiting").hidden = true;
  $("bars").hidden = $("decision").hidden = true;
  $("elapsed").textContent = "";
  for (const id of ["trouble", "samples", "measures", "judging"]) $(id).replaceChildren();
  for (const error of document.querySelectorAll("#ask .error")) error.remove();
  for (const field of document.querySelectorAll("#ask [aria-invalid]")) field.removeAttribute("aria-invalid");
}

// The answer

function showRequest({ body }) {
  const shown = document.querySelector("#request [data-code=json] pre");
  if (shown) shown.textContent = body;
}

function sample(index) {
  const place = $("samples");
  while (place.children.length <= index) {
    place.append($("sample-template").content.cloneNode(true));
    place.lastElementChild.querySelector("[data-text]").textContent = "";
  }
  return place.children[index];
}

function showPiece({ index, text, tokens }) {
  if (text) say(words.writing);
  const said = sample(index).querySelector("[data-text]");
  const whole = tokens.map((token) => token.text).join("");
  if (tokens.length && whole === text) said.append(...tokens.map(tokenSpan));
  else said.append(text);
  const first = said.querySelector(".token");
  if (first && !said.querySelector('[tabindex="0"]')) first.tabIndex = 0;
}

function tokenSpan(token) {
  const span = document.createElement("span");
  span.className = "token";
  span.tabIndex = -1;
  span.textContent = token.text;
  if (token.probability !== null) span.style.setProperty("--sure", token.probability.toFixed(3));
  span.dataset.said = token.said;
  return span;
}

function showEnd({ samples, facts, bars, decision }) {
  for (const { index, why, calls } of samples) {
    const place = sample(index);
    const said = place.querySelector("[data-text]");
    place.querySelector("[data-why]").textContent = why;
    place.querySelector("[data-continue]").hidden = !$("thread") || calls.length > 0;
    showCalls(place.querySelector("[data-calls]"), calls);
    said.hidden = calls.length > 0 && !said.textContent;
    said.classList.toggle("faint", !said.textContent);
    if (!said.textContent) said.textContent = words.empty;
  }
  showMeasures($("measures"), facts);
  if (bars) showBars(bars);
  $("decision").textContent = decision;
  $("decision").hidden = !decision;
  $("elapsed").textContent = "";
  say(words.done);
}

function showCalls(place, calls) {
  place.replaceChildren(...calls.map((call) => {
    const drawn = $("call-template").content.firstElementChild.cloneNode(true);
    for (const part of ["name", "arguments"]) drawn.querySelector(`[data-${part}]`).textContent = call[part];
    return drawn;
  }));
  place.hidden = !calls.length;
}

function showBars({ rows, note }) {
  const drawn = rows.map((row) => {
    const bar = $("bar-template").content.firstElementChild.cloneNode(true);
    for (const part of ["name", "value", "raw"]) bar.querySelector(`[data-${part}]`).textContent = row[part];
    bar.querySelector(".bar").style.setProperty("--value", `${row.width}%`);
    return bar;
  });
  $("bars").querySelector("[data-rows]").replaceChildren(...drawn);
  $("bars").querySelector("[data-note]").textContent = note;
  $("bars").hidden = false;
}

function showMeasures(place, pairs) {
  const drawn = pairs.map(([label, value]) => {
    const pair = document.createElement("div");
    for (const [tag, text] of [["dt", label], ["dd", value]]) {
      pair.append(Object.assign(document.createElement(tag), { textContent: text }));
    }
    return pair;
  });
  place.replaceChildren(...drawn);
}

// Trouble

function trouble(told, attempt) {
  const notice = $("trouble-template").content.firstElementChild.cloneNode(true);
  for (const part of ["sentence", "advice", "words"]) notice.querySelector(`[data-${part}]`).textContent = told[part];
  notice.classList.toggle("bad", !told.retry_in);
  showMeasures(notice.querySelector("[data-details]"), told.details);
  $("trouble").replaceChildren(notice);
  say(words.failed);
  if (told.retry_in) wait(Math.ceil(told.retry_in), attempt + 1);
}

function wait(seconds, attempt) {
  const place = document.querySelector("#trouble [data-countdown]");
  document.querySelector("#trouble [data-give-up]").hidden = place.hidden = false;
  let left = seconds;
  const tick = () => {
    if (left <= 0) return run(attempt);
    place.textContent = words.again.replace("#", left);
    left -= 1;
    countdown = setTimeout(tick, 1000);
  };
  tick();
}

function giveUp() {
  clearTimeout(countdown);
  countdown = null;
  for (const part of document.querySelectorAll("#trouble [data-countdown], #trouble [data-give-up]")) part.hidden = true;
}

function mark(errors) {
  say(words.check);
  $("waiting").hidden = false;
  for (const [name, sentences] of Object.entries(errors)) markField(name, sentences);
  document.querySelector("#ask [aria-invalid]")?.focus();
}

function markField(name, sentences) {
  const field = name === "thread" ? document.querySelector("#thread .message:last-child textarea") : $("ask").elements[name];
  const error = Object.assign(document.createElement("p"), { className: "error", textContent: sentences.join(" ") });
  error.setAttribute("role", "alert");
  error.id = `${name}-error`;
  (field?.closest(".field, .message") ?? $("remarks")).append(error);
  field?.setAttribute("aria-invalid", "true");
  field?.setAttribute("aria-errormessage", error.id);
  field?.closest("details")?.setAttribute("open", "");
}
