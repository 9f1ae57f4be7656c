// The conversation: what is said, how it is understood, and what is played to it.

import { get, post, say } from "./api.js";
import { on, tell } from "./bus.js";
import { card } from "./cards.js";
import { $, announce, button, complain, el, fill, notice, rows } from "./dom.js";
import { restore, where } from "./filters.js";
import { playNow, without } from "./queue.js";

let id = null;
let running = null;
let began = 0;
let opening = null;
let path = [];

const TWICE_MS = 600;

/** The conversation that is open, null before the first word. */
export const conversation = () => id;

export function start() {
  const words = $("#words");
  $("#ask").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  words.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  });
  words.addEventListener("input", fit);
  // it stands where "Ask" stood: who clicks that twice stops nothing
  $("#stop").addEventListener("click", () => performance.now() - began > TWICE_MS && running?.abort());
  on("begin-at", (track) => begin(track));
}

function fit() {
  const words = $("#words");
  words.style.height = "auto";
  words.style.height = `${Math.min(words.scrollHeight, 160)}px`;
}

/** Say what is written. */
function send() {
  const text = $("#words").value.trim();
  if (!text || busy()) return;
  $("#words").value = "";
  fit();
  ask(text);
}

/** Whether an answer is on its way, which is told to whom it hinders; not to a second click at once. */
function busy() {
  if (running && performance.now() - began > TWICE_MS) notice("The answer before is on its way: wait for it, or stop it.");
  return Boolean(running);
}

/** Say something. */
export const ask = (text) => turn(text, { text });

export const more = (track) => turn(`More like “${track.title}”`, { text: "", like: track.track_id });
export const begin = (track) => turn(`Start at “${track.title}”`, { text: "", start: track.track_id });

/** Nothing said yet. */
export function fresh() {
  running?.abort();
  running = id = opening = null;
  document.body.classList.remove("asking");
  path = [];
  fill($("#turns"));
  understood(null);
  restore();
  document.body.classList.add("fresh");
  tell("path", path);
  tell("conversation", null);
}

/** Open a conversation that was held before. */
export async function open(wanted) {
  opening = wanted;
  if (wanted === id) return;
  try {
    const told = await get(`v1/conversations/${encodeURIComponent(wanted)}`);
    if (opening !== wanted) return;
    fresh();
    id = told.id;
    document.body.classList.remove("fresh");
    for (const answer of told.answers) finish(drawTurn(answer.said), answer);
    understood(told.state);
    restore(told.where);
    tell("conversation", id);
  } catch (error) {
    if (opening !== wanted) return;
    complain(error);
    // one that is gone; a server that does not answer may have it when the page is loaded again
    if (error.status) location.hash = home();
  }
}

/** The address of what is talked about. */
export const home = () => (id ? `#/c/${encodeURIComponent(id)}` : "#/");

async function begun(signal) {
  if (id) return;
  // `/?listener=ann`: who talks, where their plays are known.
  const listener = new URLSearchParams(location.search).get("listener") || "";
  const { id: made } = await post("v1/conversations", { model: $("#model").value || undefined, listener });
  signal.throwIfAborted();
  id = made;
  history.replaceState(null, "", home());
}

async function turn(label, body) {
  if (busy()) return;
  location.hash = home();
  const mine = running = new AbortController();
  let kept = true;
  began = performance.now();
  document.body.classList.remove("fresh");
  document.body.classList.add("asking");
  const place = drawTurn(label);
  place.box.scrollIntoView({ block: "start", behavior: "smooth" });
  try {
    await begun(mine.signal);
    await say(id, { ...body, where: where() }, (name, told) => hear(place, name, told), mine.signal);
  } catch (error) {
    kept = error.name === "AbortError";
    failed(place, error, () => { if (!running) place.box.remove(); turn(label, body); });
  } finally {
    place.box.setAttribute("aria-busy", "false");
    if (running === mine) ended(kept);
  }
}

function ended(kept) {
  running = null;
  document.body.classList.remove("asking");
  if (id && kept) tell("conversation", id);
}

/** The cards wait for the sentence above them: it would push them on under a pointer. */
function hear(place, name, told) {
  if (name === "state") understood(told);
  if (name === "card") place.told.push(told);
  if (name === "word") place.sentence.append(told.text);
  if (name === "done") finish(place, told);
}

function failed(place, error, again) {
  if (!place.cards.children.length) fill(place.cards, place.told.map(drawCard));
  if (error.name === "AbortError") { place.sentence.append(" Stopped."); return; }
  place.box.append(el("div", { className: "trouble", role: "alert" }, el("p", {}, error.what || error.message),
    error.cure ? el("p", { className: "cure" }, error.cure) : null, button("Try again", again)));
}

function drawTurn(label) {
  const sentence = el("p", { className: "sentence" });
  const cards = el("div", { className: "cards" });
  const box = el("section", { className: "turn", "aria-busy": "true", "aria-label": label },
    el("p", { className: "you" }, el("span", { className: "unseen" }, "You: "), label), sentence, cards);
  $("#turns").append(box);
  return { box, sentence, cards, told: [] };
}

function drawCard(track) {
  return card(track, { said: judge, more });
}

/** The whole answer is there: what streamed is put right by it. */
function finish(place, answer) {
  place.sentence.textContent = answer.sentence;
  fill(place.cards, answer.cards.map(drawCard));
  const unsaid = (answer.dropped || []).filter((wish) => !answer.sentence.includes(wish));
  if (unsaid.length) {
    place.sentence.after(el("p", { className: "dropped" }, `Nothing here is all of that, so I let go of: ${unsaid.join(", ")}.`));
  }
  if (answer.cards.length > 1) {
    const wanted = () => answer.cards.filter((_, n) => !place.cards.children[n].classList.contains("refused"));
    place.cards.before(button(`Play all ${answer.cards.length}`, () => playNow(...wanted()), { picture: "play", className: "all" }));
  }
  place.box.append(how(answer));
  place.box.setAttribute("aria-busy", "false");
  understood(answer.state);
  announce(answer.sentence);
  if (answer.cards.length) path.push(answer.cards.map((c) => c.track_id));
  tell("path", path);
}

function how(answer) {
  return el("details", { className: "how" }, el("summary", {}, "How I understood this"),
    el("p", {}, answer.state?.text || "Nothing in particular."),
    answer.state?.note ? el("p", {}, answer.state.note) : null,
    el("p", { className: "soft" }, `${answer.act || answer.state?.act || ""} · ${Math.round((answer.seconds || 0) * 1000)} ms`));
}

/** The wishes that hold, as chips that can be taken away. */
function understood(state) {
  const wishes = state?.wishes || [];
  rows($("#wishes"), wishes, (wish) => JSON.stringify([wish.id, wish.role, wish.text]), chip);
  $("#holding").hidden = !wishes.length;
}

function chip(wish) {
  const away = el("button", { type: "button", "aria-label": `Forget: ${wish.text}`, onclick: () => forget(wish, away) }, "×");
  return el("li", { className: `chip ${wish.role}` }, el("span", {}, wish.text), away);
}

async function forget(wish, away) {
  if (away.ariaBusy === "true") return;
  away.ariaBusy = "true";
  const of = id;
  try {
    const told = await post(`v1/conversations/${of}/forget`, { wish: wish.id });
    if (of !== id) return;
    understood(told.state);
    announce(`Forgotten: ${wish.text}`);
    $("#words").focus();
  } catch (error) {
    complain(error);
  } finally {
    away.ariaBusy = null;
  }
}

/** Keep what the listener says of a track; returns whether it was kept. */
async function judge(kind, track) {
  const of = id;
  try {
    const told = await post(`v1/conversations/${of}/feedback`, { track_id: track.track_id, kind });
    if (of === id) understood(told.state);
    if (kind === "dislike") without((t) => t.track_id !== track.track_id);
    if (kind === "not_artist") without((t) => t.artist !== track.artist);
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}
