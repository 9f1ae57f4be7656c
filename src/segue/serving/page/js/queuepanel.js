// The queue drawn: reordered by hand or by keys, extended, named, and kept as a playlist.

import { post, put } from "./api.js";
import { on, tell } from "./bus.js";
import { $, announce, button, complain, el, fill, icon, time } from "./dom.js";
import { exported } from "./playlists.js";
import { add, jump, move, named, queue, replace, takeOut } from "./queue.js";
import { sleeve } from "./sleeve.js";

let saving = null;
let last = Promise.resolve(true);

export function start() {
  $("#queue-name").addEventListener("change", () => save());
  $("#queue-save").addEventListener("click", () => save(true));
  $("#queue-extend").addEventListener("click", extend);
  $("#queue-clear").addEventListener("click", () => replace());
  for (const format of ["m3u8", "jspf", "csv"]) {
    $("#queue-export").append(button(format.toUpperCase(), async () => { if (await save()) exported(queue().id, queue().name, format); }, { className: "plain" }));
  }
  on("queue", ({ edited }) => { draw(); if (edited) later(); });
  on("sounding", ({ sounding }) => $("#queue-list").classList.toggle("sounding", sounding));
  draw();
}

function draw() {
  const { tracks, at, name, id } = queue();
  fill($("#queue-list"), tracks.map((track, n) => item(track, n, n === at)));
  $("#queue-name").value = name;
  document.body.classList.toggle("unqueued", !tracks.length);
  $("#queue-empty").hidden = tracks.length > 0;
  $("#queue-tools").hidden = !tracks.length;
  $("#queue-save").hidden = Boolean(id);
  const whole = tracks.reduce((sum, t) => sum + (t.duration_s || 0), 0);
  $("#queue-length").textContent = tracks.length ? `${tracks.length} ${tracks.length === 1 ? "track" : "tracks"}${whole ? ` · ${time(whole)}` : ""}` : "";
}

function item(track, n, now) {
  const handle = el("button", { type: "button", className: "handle", "aria-label": `Move ${track.title}: arrow up, arrow down`, title: "Drag, or use the arrow keys" }, icon("menu"));
  const row = el("li", { className: now ? "now" : "", "aria-current": now ? "true" : null }, handle, sleeve(track),
    el("button", { type: "button", className: "title", onclick: () => jump(n) }, el("span", {}, track.title || track.track_id), el("small", {}, track.artist || "")),
    button(`Take ${track.title} out`, () => { takeOut(n); $("#queue-list .handle")?.focus(); }, { picture: "close", quiet: true, className: "round" }));
  handle.addEventListener("keydown", (event) => byKey(event, n, track));
  handle.addEventListener("pointerdown", (event) => drag(event, row, n));
  return row;
}

function byKey(event, n, track) {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!by) return;
  event.preventDefault();
  if (!move(n, n + by)) return;
  $("#queue-list").children[n + by].querySelector(".handle").focus();
  announce(`${track.title}: place ${n + by + 1} of ${queue().tracks.length}`);
}

/** Carry a row by its handle; the others make room. Moving it would lose a captured pointer, so all of the page listens. */
function drag(event, row, from) {
  event.preventDefault();
  const list = row.parentElement;
  const listening = new AbortController();
  row.classList.add("carried");
  const over = (moved) => {
    const others = [...list.children].filter((r) => r !== row);
    const below = others.find((r) => { const box = r.getBoundingClientRect(); return moved.clientY < box.top + box.height / 2; });
    if (row.nextElementSibling !== (below ?? null)) list.insertBefore(row, below || null);
  };
  const done = () => {
    listening.abort();
    row.classList.remove("carried");
    if (!move(from, [...list.children].indexOf(row))) draw();
  };
  document.addEventListener("pointermove", over, { signal: listening.signal });
  document.addEventListener("pointerup", done, { signal: listening.signal });
  document.addEventListener("pointercancel", done, { signal: listening.signal });
}

/** Keep the queue on the server, one time after another; returns whether it is kept. */
function save(aloud = false) {
  last = last.then(() => saved(aloud));
  return last;
}

/** A queue without a name gets one. */
async function saved(aloud) {
  const state = queue();
  const name = $("#queue-name").value.trim() || state.name || `Queue of ${new Date().toLocaleDateString()}`;
  const body = { name, track_ids: state.tracks.map((t) => t.track_id) };
  try {
    const told = state.id ? await put(`v1/playlists/${encodeURIComponent(state.id)}`, body) : await post("v1/playlists", body);
    named(told.id, told.name);
    tell("playlists");
    if (aloud) announce(`Kept as ${told.name}`);
    return true;
  } catch (error) {
    if (error.status === 404) { named(null, name); return saved(aloud); }
    complain(error);
    return false;
  }
}

/** What is kept already follows every change. */
function later() {
  clearTimeout(saving);
  if (queue().id) saving = setTimeout(save, 600);
}

async function extend() {
  if (!(await save())) return;
  try {
    const { tracks } = await post(`v1/playlists/${encodeURIComponent(queue().id)}/extend`, { k: 5 });
    const here = new Set(queue().tracks.map((t) => t.track_id));
    const fresh = tracks.filter((t) => !here.has(t.track_id));
    add(...fresh);
    announce(`${fresh.length} more tracks`);
  } catch (error) {
    complain(error);
  }
}
