// The models of the workspace side by side, on the same request.

import { post } from "./api.js";
import { card } from "./cards.js";
import { $, announce, complain, el, fill } from "./dom.js";

let asked = 0;

export function start(models) {
  fill($("#compare-models"), models.map((m, n) => el("label", { className: "check" },
    el("input", { type: "checkbox", name: "model", value: m.id, checked: n < 4 }), el("span", {}, m.name || m.id), m.stale ? el("small", {}, "stale") : null)));
  $("#compare-form").addEventListener("submit", (event) => { event.preventDefault(); run(); });
}

async function run() {
  const content = $("#compare-words").value.trim();
  const models = [...document.querySelectorAll("#compare-models input:checked")].map((i) => i.value);
  if (!content || !models.length) { announce("Write a request and choose models."); return; }
  const columns = $("#columns");
  const mine = ++asked;
  columns.setAttribute("aria-busy", "true");
  try {
    const { answers } = await post("v1/compare", { messages: [{ role: "user", content }], k: Number($("#compare-k").value), models });
    if (mine !== asked) return;
    const counts = new Map();
    for (const { answer } of answers) for (const t of answer?.cards || []) counts.set(t.track_id, (counts.get(t.track_id) || 0) + 1);
    fill(columns, answers.map((one) => column(one, counts)));
    announce(`${answers.length} answers`);
  } catch (error) {
    complain(error);
  } finally {
    if (mine === asked) columns.setAttribute("aria-busy", "false");
  }
}

function column({ model, answer, error }, counts) {
  const head = el("header", {}, el("h2", {}, model), answer ? el("p", { className: "soft" }, `${Math.round(answer.seconds * 1000)} ms`) : null);
  if (!answer) return el("section", { className: "column" }, head, el("p", { className: "trouble" }, error?.what || "No answer.", " ", error?.cure || ""));
  return el("section", { className: "column", "aria-label": model }, head, el("p", { className: "sentence" }, answer.sentence),
    answer.cards.map((track, n) => shared(card(track, { rank: n + 1 }), track, counts.get(track.track_id))));
}

/** A track that others chose as well says so, and lights up with them. */
function shared(box, track, times) {
  if (times < 2) return box;
  box.querySelector("header").append(el("p", { className: "shared" }, `chosen by ${times} models`));
  const all = () => document.querySelectorAll(`#columns [data-track="${CSS.escape(track.track_id)}"]`);
  box.addEventListener("pointerenter", () => all().forEach((b) => b.classList.add("lit")));
  box.addEventListener("pointerleave", () => all().forEach((b) => b.classList.remove("lit")));
  return box;
}
