// What goes wrong with a security key or passkey is said on the page, and where there are none no button offers one.
const trouble = document.querySelector("[data-key-trouble]");

function say(sentence) {
  const notice = document.createElement("div");
  notice.className = "notice bad";
  notice.textContent = sentence;
  trouble.replaceChildren(notice);
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  if (trouble) say(trouble.dataset.refused);
});

if (!window.PublicKeyCredential) {
  const buttons = [...document.querySelectorAll("[data-needs-key]")];
  for (const button of buttons) button.hidden = true;
  if (buttons.some((button) => button.dataset.needsKey === "say") && trouble) say(trouble.dataset.absent);
}
