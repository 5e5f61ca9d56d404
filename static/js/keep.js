// What the playground keeps: shared prompts.

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.id !== "preset-name") return;
  event.preventDefault(); // the form's own button would ask the model
  document.getElementById("preset-save").click();
});
