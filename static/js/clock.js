// Let the times that something has been running for go on, without asking the server.
const begun = new WeakMap();

function words(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function tick() {
  for (const time of document.querySelectorAll("time[data-elapsed]")) {
    // Counted from when it came, for the clocks of browser and server may differ.
    if (!begun.has(time)) begun.set(time, Date.now() - Number(time.dataset.elapsed) * 1000);
    const now = words(Math.max(0, Math.floor((Date.now() - begun.get(time)) / 1000)));
    if (time.textContent !== now) time.textContent = now;
  }
}

tick();
new MutationObserver(tick).observe(document.body, { childList: true, subtree: true }); // a new time begins when it comes
setInterval(() => document.hidden || tick(), 1000);
