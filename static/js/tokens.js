// What else could have stood in a token's place: said under the answer when it has the focus or the pointer.
for (const kind of ["focusin", "mouseover"]) {
  document.addEventListener(kind, (event) => {
    const token = event.target.closest?.(".token");
    if (!token?.dataset.said) return;
    const sample = token.closest(".sample");
    // A page that moves under a resting pointer must not talk over the keyboard.
    if (kind === "mouseover" && sample.querySelector(".token:focus")) return;
    const place = sample.querySelector("[data-token]");
    place.textContent = token.dataset.said;
    place.hidden = false;
  });
}

document.addEventListener("keydown", (event) => {
  const token = event.target.closest?.(".token");
  const next = { ArrowRight: token?.nextElementSibling, ArrowLeft: token?.previousElementSibling }[event.key];
  if (!next) return;
  event.preventDefault();
  token.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});
