// What the frame of every page needs: questions before a submit, menus that close, links to copy.

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, { capture: true });

// htmx submits without a submit event of its own when it asks first.
document.addEventListener("htmx:confirm", (event) => {
  const question = event.detail.elt.dataset.confirm;
  if (question && event.detail.elt.tagName !== "FORM" && !window.confirm(question)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-toggles]");
  if (toggle) toggle.setAttribute("aria-expanded", String(document.getElementById(toggle.dataset.toggles).toggleAttribute("data-open")));
  for (const open of document.querySelectorAll("details.more[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest("details.more[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  if (field.select) field.select();
  else getSelection().selectAllChildren(field);
  try {
    await navigator.clipboard.writeText(field.value ?? field.textContent);
  } catch {
    // Only a page that came over HTTPS may use the clipboard directly.
    document.execCommand("copy");
  }
  const label = button.querySelector("[role=status]") ?? button;
  label.textContent = button.dataset.copied;
}

// What htmx cannot swap in must not pass in silence.
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  const words = document.body.dataset;
  say(status >= 500 ? words.broken : status === 429 ? words.tooMany : status === 413 ? words.tooLarge : words.refused, event.detail.xhr.getResponseHeader("X-Request-ID"));
});
document.addEventListener("htmx:sendError", () => say(document.body.dataset.unreachable));
document.addEventListener("htmx:timeout", () => say(document.body.dataset.unreachable));

function say(sentence, number) {
  const notice = document.createElement("div");
  notice.className = "notice bad wrap-any";
  notice.textContent = number ? `${sentence} ${document.body.dataset.number} ${number}` : sentence;
  document.getElementById("messages")?.replaceChildren(notice);
}
