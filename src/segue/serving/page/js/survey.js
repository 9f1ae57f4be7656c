// The survey: a conversation so far, two ways of going on, two questions. Names of systems never come to the page.

import { ROOT, get, post } from "./api.js";
import { $, announce, el, fill, time } from "./dom.js";
import { sleeve } from "./sleeve.js";

const token = decodeURIComponent(location.pathname.replace(/\/$/, "").split("/").pop());
const address = `v1/survey/${encodeURIComponent(token)}`;
const SIDES = { left: "Left", tie: "Equally good", right: "Right" };
const KEYS = { 1: ["track", "left"], 2: ["track", "tie"], 3: ["track", "right"], 4: ["sentence", "left"], 5: ["sentence", "tie"], 6: ["sentence", "right"] };
let now = null;

for (const question of ["track", "sentence"]) {
  fill($(`#ask-${question}`), Object.entries(SIDES).map(([value, label]) => el("label", { className: "pick" },
    el("input", { type: "radio", name: question, value }), el("span", {}, label))));
}

async function next() {
  try {
    show(await get(address));
  } catch (error) {
    trouble(error);
  }
}

function show(told) {
  $("#title").textContent = [told.title, told.rater].filter(Boolean).join(" · ");
  $("#progress").max = told.total || 1;
  $("#progress").value = told.done;
  $("#count").textContent = `${told.done} of ${told.total}`;
  now = told.next;
  $("#choice").hidden = !now;
  $("#trouble").hidden = true;
  if (!now) {
    $("#heading").textContent = "That was all. Thank you.";
    $("#lead").textContent = "Every answer is kept; you can close this page.";
    fill($("#history"));
    announce("That was all. Thank you.");
    return;
  }
  $("#choice").reset();
  ready();
  fill($("#history"), now.history.map(turn));
  fill($("#sides"), side("Left", now.left), side("Right", now.right));
  announce(`Question ${told.done + 1} of ${told.total}`);
}

function turn({ role, text, track }) {
  if (track) return el("li", { className: "played" }, sleeve({ ...track, cover: null }), about(track), player(track));
  return el("li", { className: role }, el("span", { className: "unseen" }, role === "user" ? "Listener: " : "Answer: "), text || "");
}

function about(track) {
  const below = [track.album, track.year, time(track.duration_s)].filter(Boolean).join(" · ");
  return el("div", { className: "about" }, el("strong", {}, track.title || track.track_id), el("span", {}, track.artist || ""), below ? el("small", { className: "soft" }, below) : null);
}

function player(track) {
  return track.has_audio ? el("audio", { controls: true, preload: "none", src: new URL(`${address}/media/${encodeURIComponent(track.track_id)}`, ROOT).href, "aria-label": `Play ${track.title}` }) : null;
}

function side(name, { track, sentence }) {
  return el("section", { className: "side", "aria-label": name }, el("h2", {}, name), sleeve({ ...track, cover: null }), about(track), player(track), el("p", { className: "sentence" }, sentence));
}

const chosen = (question) => new FormData($("#choice")).get(question);
const ready = () => { $("#send").disabled = !(chosen("track") && chosen("sentence")); };

$("#choice").addEventListener("change", ready);
$("#choice").addEventListener("submit", async (event) => {
  event.preventDefault();
  if ($("#send").disabled) return;
  $("#send").disabled = true;
  try {
    await post(`${address}/answers`, { scenario: now.scenario, track: chosen("track"), sentence: chosen("sentence") });
    await next();
    scrollTo({ top: 0 });
    $("#heading").focus();
  } catch (error) {
    trouble(error);
    ready();
  }
});
document.addEventListener("keydown", (event) => {
  if (!now || event.ctrlKey || event.metaKey || event.altKey) return;
  if (KEYS[event.key]) {
    const [question, value] = KEYS[event.key];
    $(`#ask-${question} input[value="${value}"]`).checked = true;
    ready();
  } else if (event.key === "Enter" && !event.target.closest("button, audio")) $("#choice").requestSubmit();
});
document.addEventListener("play", (event) => {
  for (const other of document.querySelectorAll("audio")) if (other !== event.target) other.pause();
}, true);

function trouble(error) {
  $("#trouble").textContent = [error.what || error.message, error.cure].filter(Boolean).join(" ");
  $("#trouble").hidden = false;
}

next();
