// The messages of a chat, and what was typed anywhere in the playground: it survives a reload, in this tab alone.
const $ = (id) => document.getElementById(id);
const buttons = () => document.querySelectorAll("#thread [data-remove]");

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button && "continue" in button.dataset) goOn(button.closest(".sample"));
  if (button && "remove" in button.dataset) remove(button.closest(".message"));
});

function goOn(sample) {
  add("assistant", sample.querySelector("[data-text]").textContent);
  const next = add("user", "");
  document.dispatchEvent(new CustomEvent("conversation:continued"));
  next.querySelector("textarea").focus();
  changed();
}

function add(role, content) {
  const message = $("message-template").content.firstElementChild.cloneNode(true);
  message.querySelector("select").value = role;
  message.querySelector("textarea").value = content;
  $("thread").append(message);
  offerRemoval();
  return message;
}

function remove(message) {
  message.remove();
  offerRemoval();
  document.querySelector("#thread .message:last-child textarea").focus();
  changed();
}

function offerRemoval() {
  for (const button of buttons()) button.hidden = buttons().length < 2;
}

function changed() {
  $("ask").dispatchEvent(new Event("input", { bubbles: true }));
}

function keep() {
  const form = $("ask");
  const data = new FormData(form);
  const thread = data.getAll("content").map((content, place) => [data.getAll("role")[place], content]);
  sessionStorage.setItem(form.dataset.draft, JSON.stringify({ prompt: data.get("prompt"), thread }));
}

function restore() {
  const form = $("ask");
  const kept = JSON.parse(sessionStorage.getItem(form.dataset.draft) ?? "null");
  const typed = [...form.querySelectorAll("[name=prompt], [name=content]")].some((field) => field.value);
  if (!kept || typed) return;
  if (form.elements.prompt) form.elements.prompt.value = kept.prompt ?? "";
  if ($("thread") && kept.thread.length) {
    $("thread").replaceChildren();
    for (const [role, content] of kept.thread) add(role, content);
  }
}

document.addEventListener("input", (event) => {
  if (event.target.closest("#ask")) keep();
});
document.addEventListener("htmx:afterSwap", () => {
  offerRemoval();
  keep();
});
restore();
offerRemoval();
