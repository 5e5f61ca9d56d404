// The upload page: drop a file, see how much of it is sent, cancel. Without this script the form posts as it is.
import { spelling } from "./numbers.js";

const form = document.getElementById("upload");
const input = form.querySelector("input[type=file]");
const drop = form.querySelector("[data-drop]");
const errorLine = form.querySelector("[data-error]");
const sending = form.querySelector("div[data-sending]");
const cancel = form.querySelector("[data-cancel]");
const submit = form.querySelector("[data-submit]");

form.classList.add("enhanced");
input.addEventListener("change", showChosen);

for (const kind of ["dragenter", "dragover"]) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  showChosen();
});

form.addEventListener("submit", (event) => {
  const file = input.files[0];
  if (!file) return;
  event.preventDefault();
  if (!refusal(file) && sending.hidden) send();
});

function showChosen() {
  const file = input.files[0];
  form.querySelector("[data-chosen]").textContent = file ? `${file.name} · ${size(file.size)}` : "";
  errorLine.textContent = file ? refusal(file) : "";
}

function refusal(file) {
  if (file.size > Number(form.dataset.maxBytes)) return form.dataset.tooLarge;
  return file.size ? "" : form.dataset.empty;
}

function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const format = spelling({ style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: 1 });
  return format.format(bytes / 1000 ** step);
}

function send() {
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.addEventListener("progress", (event) => showProgress(event.loaded, event.total));
  request.upload.addEventListener("load", sent);
  request.addEventListener("load", () => finish(request));
  request.addEventListener("error", () => stop(form.dataset.failed));
  request.addEventListener("abort", () => stop(form.dataset.cancelled));
  cancel.onclick = () => request.abort();
  errorLine.textContent = "";
  busy(true);
  showStatus(form.dataset.sending);
  request.send(new FormData(form));
}

// What has arrived is stored: from here on its reading can be cancelled, on the page that follows.
function sent() {
  showStatus(form.dataset.storing);
  hideCancel();
}

function hideCancel() {
  if (document.activeElement === cancel) submit.focus();
  cancel.hidden = true;
}

function finish(request) {
  const target = new URL(request.responseURL || form.action);
  if (request.status < 300 && target.pathname !== new URL(form.action).pathname) {
    window.location.assign(target);
    return;
  }
  const answer = new DOMParser().parseFromString(request.responseText, "text/html");
  const number = request.getResponseHeader("X-Request-ID");
  if (request.status === 413) return stop(form.dataset.tooLarge);
  const refused = number ? `${form.dataset.refused} ${document.body.dataset.number} ${number}` : form.dataset.refused;
  stop(answer.querySelector("[data-error]")?.textContent || refused);
}

function stop(sentence) {
  busy(false);
  errorLine.textContent = sentence;
}

function busy(now) {
  // Not "disabled", which would throw the keyboard out of the form.
  submit.setAttribute("aria-disabled", String(now));
  sending.hidden = !now;
  if (now) cancel.hidden = false;
  else hideCancel();
  showProgress(0, 1);
}

function showStatus(text) {
  form.querySelector("[data-status]").textContent = text;
}

function showProgress(done, total) {
  const percent = total ? Math.floor((100 * done) / total) : 0;
  const bar = sending.querySelector(".bar");
  bar.style.setProperty("--value", `${percent}%`);
  bar.setAttribute("aria-valuenow", String(percent));
  form.querySelector("[data-percent]").textContent = `${percent} %`;
}
