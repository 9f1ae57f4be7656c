// What plays next: a list of tracks, where we are in it, and the playlist that it is kept as, if any.

import { keep, kept, on, tell } from "./bus.js";

const empty = { tracks: [], at: -1, id: null, name: "" };
const state = { ...empty, ...kept("queue", {}) };

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

/** Play a track now: it goes in behind the current one, or is found where it stands. */
export function playNow(...tracks) {
  if (!tracks.length) return undefined;
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
  const now = current();
  state.tracks.splice(to, 0, ...state.tracks.splice(from, 1));
  state.at = state.tracks.indexOf(now);
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
  for (let at = state.tracks.length - 1; at > state.at; at -= 1) {
    if (!wanted(state.tracks[at])) takeOut(at);
  }
}

/** Put a playlist (or nothing) in the place of what is here. */
export function replace({ tracks = [], id = null, name = "" } = {}, play = false) {
  Object.assign(state, { tracks: [...tracks], at: tracks.length ? 0 : -1, id, name });
  changed(play, false);
}

/** The queue is kept on the server under this id and name. */
export function named(id, name) {
  Object.assign(state, { id, name });
  changed(false, false);
}

on("playlist:gone", (id) => state.id === id && named(null, state.name));
