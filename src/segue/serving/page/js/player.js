// The player: the file of the current track, where there is one; and the queue's next, whatever there is.

import { media, post } from "./api.js";
import { on, tell } from "./bus.js";
import { $, announce, complain, el, fill, icon, time } from "./dom.js";
import { current, queue, step } from "./queue.js";
import { sleeve } from "./sleeve.js";

const audio = new Audio();
let loaded = null;
let heard = 0;
let last = null;

/** Draw the player's bar and let it follow the queue. */
export function start() {
  $("#toggle").addEventListener("click", toggle);
  $("#next").addEventListener("click", () => step(1));
  $("#previous").addEventListener("click", back);
  $("#seek").addEventListener("input", () => seek(Number($("#seek").value)));
  $("#volume").addEventListener("input", () => { audio.volume = Number($("#volume").value); });
  audio.addEventListener("timeupdate", clock);
  audio.addEventListener("durationchange", clock);
  audio.addEventListener("play", draw);
  audio.addEventListener("pause", draw);
  audio.addEventListener("ended", () => step(1) || draw());
  audio.addEventListener("error", broken);
  on("queue", ({ play }) => follow(play));
  if ("mediaSession" in navigator) {
    const acts = { play: toggle, pause: toggle, nexttrack: () => step(1), previoustrack: back };
    for (const [name, act] of Object.entries(acts)) navigator.mediaSession.setActionHandler(name, act);
  }
  follow(false);
}

function follow(play) {
  const track = current();
  if (track?.track_id !== loaded?.track_id) {
    report();
    loaded = track;
    if (track?.has_audio) audio.src = media(track.track_id);
    else { audio.pause(); audio.removeAttribute("src"); }
    if (track && play) announce(`Now: ${track.title} by ${track.artist || "unknown"}`);
  }
  if (play && loaded?.has_audio) audio.play().catch(() => draw());
  draw();
}

/** Play or pause; where the track has no file, go on to the next that has one. */
export function toggle() {
  if (!loaded?.has_audio) {
    const state = queue();
    const ahead = state.tracks.findIndex((t, n) => n > state.at && t.has_audio);
    if (ahead > 0) step(ahead - state.at);
    return;
  }
  if (audio.paused) audio.play().catch(complain);
  else audio.pause();
}

/** Back to the beginning of the track, or to the one before. */
export function back() {
  if (audio.currentTime > 4 || !step(-1)) seek(0);
}

/** Go to a place in the track, in seconds; `by` counts from where we are. */
export function seek(seconds, by = false) {
  if (!loaded?.has_audio) return;
  audio.currentTime = Math.max(0, Math.min(audio.duration || 0, by ? audio.currentTime + seconds : seconds));
  clock();
}

function broken() {
  if (!audio.getAttribute("src") || !loaded) return;
  complain({ what: `“${loaded.title}” cannot be played.`, cure: "The file is gone or of a kind this browser does not know. Press next." });
  draw();
}

/** Tell the server what was heard: this is what it learns from. */
function report() {
  if (loaded && heard > 5) post("v1/plays", { track_id: loaded.track_id, played_s: Math.round(heard) }).catch(() => {});
  heard = 0;
  last = null;
}

function clock() {
  const now = audio.currentTime;
  if (last !== null && now > last && now - last < 2) heard += now - last;
  last = now;
  const whole = Number.isFinite(audio.duration) ? audio.duration : loaded?.duration_s || 0;
  const bar = $("#seek");
  bar.max = whole || 1;
  bar.value = now;
  bar.setAttribute("aria-valuetext", `${time(now)} of ${time(whole)}`);
  $("#clock").textContent = loaded?.has_audio ? `${time(now)} / ${time(whole)}` : "";
}

function draw() {
  const state = queue();
  const sounding = !audio.paused && Boolean(loaded?.has_audio);
  document.body.classList.toggle("sounding", sounding);
  const ahead = state.tracks.some((t, n) => n > state.at && t.has_audio);
  const toggler = $("#toggle");
  toggler.disabled = !loaded?.has_audio && !ahead;
  toggler.setAttribute("aria-label", sounding ? "Pause" : "Play");
  fill(toggler, icon(sounding ? "pause" : "play"));
  $("#next").disabled = state.at + 1 >= state.tracks.length;
  $("#previous").disabled = state.at < 0;
  $("#seek").disabled = !loaded?.has_audio;
  $("#player").classList.toggle("mute", !loaded?.has_audio);
  fill($("#now"), ...(loaded ? [sleeve(loaded), named(loaded)] : [el("p", { className: "soft" }, "Nothing in the queue yet.")]));
  if (loaded && "mediaSession" in navigator) {
    navigator.mediaSession.metadata = new MediaMetadata({ title: loaded.title || "", artist: loaded.artist || "", album: loaded.album || "" });
  }
  document.title = sounding ? `${loaded.title} · segue` : "segue";
  clock();
  tell("sounding", { track_id: loaded?.track_id, sounding });
}

function named(track) {
  const below = track.has_audio ? track.artist : `${track.artist || ""} · no file here`;
  return el("p", { className: "named" }, el("strong", {}, track.title || track.track_id), el("span", {}, below));
}
