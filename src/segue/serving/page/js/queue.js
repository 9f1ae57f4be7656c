// What plays next: a list of tracks, where we are in it, and the playlist that it is kept as, if any.

import { keep, kept, on, tell } from "./bus.js";

const empty = { tracks: [], at: -1, id: null, name: "" };
let state = { ...empty, ...kept("queue", {}) };

/** The queue; another one takes its place when it is emptied or a playlist is opened. */
export const queue = () => state;
export const current = () => state.tracks[state.at] || null;

/** Something changed: draw it, keep it; `play` says whether the current track is to sound now. */
function changed(play = false, edited = true) {
  keep("queue", state);
  tell("queue", { play, edited });
}

/** Put a track behind all the others. */
export function add(...tracks) {
  state.tracks.push(...tracks);
  if (state.at < 0) state.at = 0;
  changed();
}

/** Play tracks now: they go in behind the current one, or are found where they stand. */
export function playNow(...tracks) {
  if (!tracks.length) return undefined;
  if (tracks.every((t, n) => state.tracks[state.at + n]?.track_id === t.track_id)) return jump(state.at);
  const there = state.tracks.findIndex((t) => t.track_id === tracks[0].track_id);
  if (tracks.length === 1 && there >= 0) return jump(there);
  state.tracks.splice(state.at + 1, 0, ...tracks);
  state.at += 1;
  changed(true);
}

export function jump(at) {
  state.at = at;
  changed(true, false);
}

/** Go on by one (or back); at the end stay. Returns whether there was somewhere to go. */
export function step(by, play = true) {
  const at = state.at + by;
  if (at < 0 || at >= state.tracks.length) return false;
  state.at = at;
  changed(play, false);
  return true;
}

export function move(from, to) {
  if (to < 0 || to >= state.tracks.length || from === to) return false;
  state.tracks.splice(to, 0, ...state.tracks.splice(from, 1));
  if (from === state.at) state.at = to;
  else state.at += (to >= state.at && from < state.at ? -1 : 0) + (to <= state.at && from > state.at ? 1 : 0);
  changed();
  return true;
}

/** Take a track out; returns it. */
export function takeOut(at) {
  const [gone] = state.tracks.splice(at, 1);
  if (at < state.at || state.at >= state.tracks.length) state.at -= 1;
  if (state.at < 0 && state.tracks.length) state.at = 0;
  changed();
  return gone;
}

/** Take out what must not play here any more. */
export function without(wanted) {
  const left = state.tracks.filter((track, n) => n <= state.at || wanted(track));
  if (left.length === state.tracks.length) return;
  state.tracks = left;
  changed();
}

/** Put a playlist (or nothing) in the place of what is here. */
export function replace({ tracks = [], id = null, name = "" } = {}, play = false) {
  state = { tracks: [...tracks], at: tracks.length ? 0 : -1, id, name };
  changed(play, false);
}

/** A queue is kept on the server under this id and name, be it still the one that is here or not. */
export function named(one, id, name) {
  Object.assign(one, { id, name });
  if (one === state) changed(false, false);
}

on("playlist:gone", (id) => state.id === id && named(state, null, state.name));
// another tab changed it: what is done here from now on is done to what is there
window.addEventListener("storage", ({ key }) => {
  if (key !== "segue.queue") return;
  state = { ...empty, ...kept("queue", {}) };
  tell("queue", { play: false, edited: false });
});
