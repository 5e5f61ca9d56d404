// What the playground keeps: shared prompts, and answers that are judged and corrected.
const $ = (id) => document.getElementById(id);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.id !== "preset-name") return;
  event.preventDefault(); // the form's own button would ask the model
  $("preset-save").click();
});

// In a correction Ctrl+Enter collects it: it stands within the form where the same keys ask the model.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.closest("#judging details")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.querySelector("#judging [form=correct-form][type=submit]").click();
}, { capture: true });

document.addEventListener("answer:kept", (event) => {
  if ($("samples").children.length) htmx.ajax("GET", event.detail.judging, { source: "#status", target: "#judging", swap: "outerHTML settle:0ms" });
});

// What was pressed is gone with the swap: go on from what was said about it, or where to write what is better.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.verb !== "post" || event.detail.target.id !== "judging") return;
  const correction = document.querySelector("#judging details[open] [name=answer]");
  (correction ?? document.querySelector("#judging [data-said]"))?.focus();
});
