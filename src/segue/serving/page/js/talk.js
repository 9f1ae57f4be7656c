// The conversation: what is said, how it is understood, and what is played to it.

import { get, post, say } from "./api.js";
import { on, tell } from "./bus.js";
import { card } from "./cards.js";
import { $, announce, button, complain, el, fill } from "./dom.js";
import { restore, where } from "./filters.js";
import { playNow, without } from "./queue.js";

let id = null;
let running = null;
let path = [];

/** The conversation that is open, null before the first word. */
export const conversation = () => id;

export function start() {
  const words = $("#words");
  $("#ask").addEventListener("submit", (event) => { event.preventDefault(); ask(words.value); });
  words.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); ask(words.value); }
  });
  words.addEventListener("input", fit);
  $("#stop").addEventListener("click", () => running?.abort());
  on("begin-at", (track) => begin(track));
}

function fit() {
  const words = $("#words");
  words.style.height = "auto";
  words.style.height = `${Math.min(words.scrollHeight, 160)}px`;
}

/** Say something. */
export function ask(text) {
  if (!text.trim() || running) return;
  $("#words").value = "";
  fit();
  return turn(text.trim(), { text: text.trim() });
}

export const more = (track) => turn(`More like “${track.title}”`, { text: "", like: track.track_id });
export const begin = (track) => turn(`Start at “${track.title}”`, { text: "", start: track.track_id });

/** Nothing said yet. */
export function fresh() {
  running?.abort();
  id = null;
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
  if (wanted === id) return;
  try {
    const told = await get(`v1/conversations/${encodeURIComponent(wanted)}`);
    fresh();
    id = told.id;
    document.body.classList.remove("fresh");
    for (const answer of told.answers) {
      const place = drawTurn(answer.said);
      for (const track of answer.cards) place.cards.append(drawCard(track));
      finish(place, answer);
    }
    understood(told.state);
    restore(told.where);
    tell("conversation", id);
  } catch (error) {
    complain(error);
    location.hash = "#/";
  }
}

async function begun() {
  if (id) return;
  // `/?listener=ann`: who talks, where their plays are known.
  const listener = new URLSearchParams(location.search).get("listener") || "";
  id = (await post("v1/conversations", { model: $("#model").value || undefined, listener })).id;
  history.replaceState(null, "", `#/c/${id}`);
}

async function turn(label, body) {
  if (running) return;
  location.hash = id ? `#/c/${id}` : "#/";
  running = new AbortController();
  document.body.classList.remove("fresh");
  document.body.classList.add("asking");
  const place = drawTurn(label);
  place.box.scrollIntoView({ block: "start", behavior: "smooth" });
  try {
    await begun();
    await say(id, { ...body, where: where() }, (name, told) => hear(place, name, told), running.signal);
    tell("conversation", id);
  } catch (error) {
    failed(place, error, () => { place.box.remove(); turn(label, body); });
  } finally {
    running = null;
    document.body.classList.remove("asking");
    place.box.setAttribute("aria-busy", "false");
  }
}

function hear(place, name, told) {
  if (name === "state") understood(told);
  if (name === "card") place.cards.append(drawCard(told, place));
  if (name === "word") place.sentence.append(told.text);
  if (name === "done") finish(place, told);
}

function failed(place, error, again) {
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
  return { box, sentence, cards };
}

function drawCard(track) {
  return card(track, { said: judge, more });
}

/** The whole answer is there: what streamed is put right by it. */
function finish(place, answer) {
  place.sentence.textContent = answer.sentence;
  if (answer.cards.length > place.cards.children.length) fill(place.cards, answer.cards.map(drawCard));
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
  fill($("#wishes"), wishes.map((wish) => el("li", { className: `chip ${wish.role}` }, el("span", {}, wish.text),
    el("button", { type: "button", "aria-label": `Forget: ${wish.text}`, onclick: () => forget(wish) }, "×"))));
  $("#holding").hidden = !wishes.length;
}

async function forget(wish) {
  try {
    const told = await post(`v1/conversations/${id}/forget`, { wish: wish.id });
    understood(told.state);
    if (told.answer) {
      const place = drawTurn(`Without “${wish.text}”`);
      finish(place, told.answer);
    }
    announce(`Forgotten: ${wish.text}`);
    $("#words").focus();
  } catch (error) {
    complain(error);
  }
}

/** Keep what the listener says of a track; returns whether it was kept. */
async function judge(kind, track) {
  try {
    const told = await post(`v1/conversations/${id}/feedback`, { track_id: track.track_id, kind });
    understood(told.state);
    if (kind === "dislike") without((t) => t.track_id !== track.track_id);
    if (kind === "not_artist") without((t) => t.artist !== track.artist);
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}
