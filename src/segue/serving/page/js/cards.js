// A recommendation as a card: what it is, why it is here, and what one may say about it.

import { tell } from "./bus.js";
import { announce, button, el, icon, time } from "./dom.js";
import { add, playNow } from "./queue.js";
import { sleeve } from "./sleeve.js";

/** A track with its why and what can be done with it.
 *
 * `said(kind, track)` keeps what the listener says of it ("like", "dislike", "not_artist", "clear") and may fail;
 * `more(track)` asks for more like it. Without them the card only shows and plays.
 */
export function card(track, { said = null, more = null, rank = null } = {}) {
  const box = el("article", { className: "card", "data-track": track.track_id, "aria-label": `${track.title} by ${track.artist || "unknown"}` });
  box.append(sleeve(track), el("div", { className: "about" }, titled(track, rank), tagged(track), why(track.why), acts(box, track, said, more)));
  return box;
}

function titled(track, rank) {
  const album = [track.album, track.year, time(track.duration_s)].filter(Boolean).join(" · ");
  return el("header", {},
    el("h3", {}, rank ? el("span", { className: "rank" }, `${rank} `) : null, track.title || track.track_id),
    el("p", { className: "artist" }, track.artist || "unknown artist"),
    album ? el("p", { className: "album" }, album) : null);
}

function tagged(track) {
  const tags = (track.tags || []).slice(0, 6);
  return tags.length ? el("ul", { className: "tags", "aria-label": "Tags" }, tags.map((t) => el("li", {}, t))) : null;
}

/** Which wishes it meets and which not; behind it, what it came from and its music tokens. */
function why(reasons) {
  if (!reasons) return null;
  const line = el("ul", { className: "met", "aria-label": "Why" });
  for (const wish of reasons.met || []) line.append(el("li", { className: "yes" }, wish));
  for (const wish of reasons.unmet || []) line.append(el("li", { className: "no" }, el("span", { className: "unseen" }, "not: "), wish));
  return line.children.length ? line : null;
}

function behind(track) {
  const tokens = (track.tokens || []).filter((t) => t.code >= 0);
  const sources = track.why?.came_from || [];
  if (!tokens.length && !sources.length) return null;
  return el("details", { className: "behind" }, el("summary", {}, "Where from"),
    sources.length ? el("ul", {}, sources.map((s) => el("li", {}, s))) : null,
    tokens.length ? el("p", { className: "tokens" }, tokens.map((t) => el("code", {}, `${t.modality} ${t.code}`))) : null);
}

function acts(box, track, said, more) {
  const row = el("div", { className: "acts" });
  row.append(button("Play", () => playNow(track), { picture: "play", className: "solid" }));
  row.append(button("Queue", ({ detail }) => { if (detail > 1) return; add(track); announce(`${track.title} is in the queue`); }, { picture: "add" }));
  if (said) row.append(liking(box, track, said));
  if (more) row.append(button("More like this", () => more(track)));
  if (said) {
    row.append(button("Not this", () => refuse(box, track, "dislike", said)));
    if (track.artist) row.append(button("Not this artist", () => refuse(box, track, "not_artist", said)));
  }
  row.append(behind(track) ?? "");
  return row;
}

function liking(box, track, said) {
  const like = el("button", { type: "button", className: "like", "aria-pressed": "false" }, icon("heart"), el("span", {}, "Like"));
  like.addEventListener("click", async () => {
    const liked = like.getAttribute("aria-pressed") !== "true";
    if (await said(liked ? "like" : "clear", track)) like.setAttribute("aria-pressed", String(liked));
  });
  return like;
}

async function refuse(box, track, kind, said) {
  const here = box.contains(document.activeElement);
  if (!(await said(kind, track))) return;
  const words = kind === "dislike" ? "Not played again here." : `No more ${track.artist} here.`;
  const undo = button("Take back", async ({ detail }) => {
    if (detail > 1) return;
    if (await said("clear", track)) { box.classList.remove("refused"); line.remove(); box.querySelector(".acts button").focus(); }
  });
  const line = el("p", { className: "refusal" }, words, " ", undo);
  box.classList.add("refused");
  $about(box).append(line);
  if (here) undo.focus();
  announce(words);
  tell("refused", { kind, track });
}

const $about = (box) => box.querySelector(".about");
