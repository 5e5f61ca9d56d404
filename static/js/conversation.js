// The messages of a chat, and what was typed anywhere in the playground: it survives a reload, in this tab alone.
const $ = (id) => document.getElementById(id);
const buttons = () => document.querySelectorAll("#thread [data-remove]");

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button && "continue" in button.dataset) goOn(button.closest(".sample"));
  if (button && "mend" in button.dataset) mend(event, JSON.parse(button.dataset.mend));
  if (button && "remove" in button.dataset) remove(button.closest(".message"));
});

function goOn(sample) {
  // A form of columns becomes a conversation first, which the server puts together.
  if ($("ask").elements.way.value === "fields") {
    document.addEventListener("htmx:afterSwap", () => goOn(sample), { once: true });
    return $("turn-text").click();
  }
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

// A remark says what to change; without this script its button asks the server to do it.
function mend(event, changes) {
  event.preventDefault();
  const fields = Object.entries(changes).map(([name, value]) => {
    const field = $("ask").elements[name];
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
    return field;
  });
  fields[0]?.focus();
  changed();
}

// What was typed

const NOT_KEPT = ["csrfmiddlewaretoken", "format", "was", "role", "content"];
const controls = () => [...$("ask").elements].filter((field) => field.name && field.type !== "submit" && !NOT_KEPT.includes(field.name));
const isText = (field) => field.name === "prompt" || field.name.startsWith("cell.");

function keep() {
  const form = $("ask");
  const data = new FormData(form);
  const thread = data.getAll("content").map((content, place) => [data.getAll("role")[place], content]);
  const values = controls().map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]);
  sessionStorage.setItem(form.dataset.draft, JSON.stringify({ thread, values: Object.fromEntries(values) }));
}

// What the server has filled in with a text, from the history for example, is left as it is.
function restore() {
  const form = $("ask");
  const { thread, values } = JSON.parse(sessionStorage.getItem(form.dataset.draft)) ?? {};
  const typed = [...form.querySelectorAll("[name=prompt], [name=content], [name^='cell.']")].some((field) => field.value);
  if (!values || typed) return;
  const same = values.model === form.elements.model.value;
  for (const field of controls()) {
    if (field.name === "way" || !(field.name in values) || !(same || isText(field))) continue;
    if (field.type === "checkbox") field.checked = values[field.name];
    else field.value = values[field.name];
  }
  if ($("thread") && thread.length) {
    $("thread").replaceChildren();
    for (const [role, content] of thread) add(role, content);
  }
  changed();
  if (same && form.elements.way && values.way !== form.elements.way.value) $(`turn-${values.way}`)?.click();
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
