// A hidden page asks for nothing; it catches up when it is looked at again.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.id === "home") event.preventDefault();
});
