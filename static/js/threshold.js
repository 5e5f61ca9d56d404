// Move thresholds: all numbers follow from the rows' counts at each step, which the page brings along.
import { spelling } from "./numbers.js";

const numbers = (selector, root) => Number(root.querySelector(selector).value.replace(",", "."));
const sum = (counts, from, to) => counts.slice(from, to).reduce((whole, count) => whole + count, 0);
const ratio = (part, whole) => (whole ? part / whole : null);

function at(rows, low, high) {
  const [trueYes, falseYes] = [sum(rows.yes, high), sum(rows.no, high)];
  const [falseNo, trueNo] = [sum(rows.yes, 0, low), sum(rows.no, 0, low)];
  const person = sum(rows.yes, low, high) + sum(rows.no, low, high);
  const decided = trueYes + falseYes + trueNo + falseNo;
  return {
    true_yes: trueYes, false_yes: falseYes, true_no: trueNo, false_no: falseNo, decided,
    precision: ratio(trueYes, trueYes + falseYes),
    recall: ratio(trueYes, trueYes + falseNo),
    f1: ratio(2 * trueYes, 2 * trueYes + falseYes + falseNo),
    accuracy: ratio(trueYes + trueNo, decided),
    person: ratio(person, decided + person),
  };
}

// The middle of the best thresholds that lie together nearest to a half, as evaluations.scores.threshold.best has it.
function best(rows, costs) {
  let [hit, wrong] = [sum(rows.yes, 0), sum(rows.no, 0)];
  const all = hit;
  const worth = rows.yes.map((yes, step) => {
    const missed = all - hit;
    const value = costs ? -(costs[0] * wrong + costs[1] * missed) : (2 * hit) / Math.max(2 * hit + wrong + missed, 1);
    hit -= yes;
    wrong -= rows.no[step];
    return value;
  });
  const most = Math.max(...worth);
  const runs = [];
  worth.forEach((value, step) => {
    if (value !== most) return;
    const last = runs.at(-1);
    if (last && last[1] === step - 1) last[1] = step;
    else runs.push([step, step]);
  });
  const half = rows.steps / 2;
  const distance = ([from, to]) => (from <= half && half <= to ? half % 1 : Math.min(Math.abs(from - half), Math.abs(to - half)));
  const nearest = runs.reduce((one, other) => (distance(other) < distance(one) ? other : one));
  return Math.floor((nearest[0] + nearest[1]) / 2) / rows.steps;
}

function wire(section) {
  const data = section.querySelector("#threshold-rows");
  const form = section.querySelector("form[method=get]");
  if (!data || !form || section.dataset.wired) return;
  section.dataset.wired = "1";
  const rows = JSON.parse(data.textContent);
  const [share, fine] = [1, 3].map((digits) => spelling({ minimumFractionDigits: digits, maximumFractionDigits: digits }));
  const whole = spelling();
  const percent = (value) => (value === null ? "–" : `${share.format(100 * value)}\u00a0%`);
  const step = (value) => Math.min(rows.steps, Math.max(0, Math.round((Number.isFinite(value) ? value : 0.5) * rows.steps)));
  const out = (name, text) => {
    const place = section.querySelector(`[data-out=${name}]`);
    if (place.textContent !== text) place.textContent = text;
  };
  const state = { low: step(numbers("#low", form)), high: step(numbers("#high", form)) };
  let timer = 0;

  function costs() {
    const typed = ["#wrong_yes", "#wrong_no"].map((one) => form.querySelector(one).value.trim());
    const both = typed.map(Number);
    return typed.every(Boolean) && both.every((one) => one >= 0) && both.some(Boolean) ? both : null;
  }

  function show(except) {
    for (const name of ["low", "high"]) {
      const text = (state[name] / rows.steps).toFixed(3);
      for (const field of [form.querySelector(`#${name}`), form.querySelector(`#${name}-slide`)]) if (field !== except) field.value = text;
      const kept = section.querySelector(`[data-keep] [name=${name}]`);
      if (kept) kept.value = text;
    }
    const here = at(rows, state.low, state.high);
    for (const name of ["precision", "recall", "f1", "accuracy", "person"]) out(name, percent(here[name]));
    for (const name of ["true_yes", "false_yes", "true_no", "false_no"]) out(name, whole.format(here[name]));
    const paid = costs();
    out("cost", paid && here.decided ? fine.format((paid[0] * here.false_yes + paid[1] * here.false_no) / here.decided) : "–");
    out("by", paid ? section.dataset.byCost : section.dataset.byF1);
    section.querySelector("[data-best]").textContent = fine.format(best(rows, paid));
    clearTimeout(timer);
    const said = section.dataset.said.replace("%p", percent(here.precision)).replace("%r", percent(here.recall));
    timer = setTimeout(() => out("said", said.replace("%s", percent(here.person))), 400);
  }

  // A threshold that the other one lies on takes it along; else neither passes the other without it.
  function move(name, to, field) {
    const together = state.low === state.high;
    state[name] = to;
    if (name === "high" && (together || state.low > to)) state.low = to;
    if (name === "low" && state.high < to) state.high = to;
    show(field);
  }

  form.addEventListener("input", (event) => {
    const name = event.target.id.replace("-slide", "");
    if (name === "low" || name === "high") {
      if (event.target.value !== "") move(name, step(numbers(`#${event.target.id}`, form)), event.target);
    } else if (event.target.id !== "positive") show();
  });
  form.addEventListener("change", (event) => {
    if (event.target.id === "positive") form.submit();
    else show();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  section.querySelector("[data-best]").addEventListener("click", (event) => {
    event.preventDefault();
    state.low = state.high = step(best(rows, costs()));
    show();
  });
  for (const field of form.querySelectorAll("[type=range]")) field.hidden = false;
  for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;
  show();
}

const wireAll = () => document.querySelectorAll("[data-threshold]").forEach(wire);
document.addEventListener("htmx:afterSettle", wireAll);
wireAll();
