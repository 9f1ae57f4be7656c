// The queue drawn: reordered by hand or by keys, extended, named, and kept as a playlist.

import { post, put } from "./api.js";
import { on, tell } from "./bus.js";
import { $, announce, button, complain, el, icon, rows, time } from "./dom.js";
import { exported } from "./playlists.js";
import { add, jump, move, named, queue, replace, takeOut } from "./queue.js";
import { sleeve } from "./sleeve.js";

const waiting = new WeakMap();
let shown = -1;
let carrying = false;
let last = Promise.resolve(true);

export function start() {
  $("#queue-name").addEventListener("input", (event) => { queue().name = event.target.value.trim() || queue().name; });
  $("#queue-name").addEventListener("change", () => save());
  $("#queue-save").addEventListener("click", () => save(true));
  $("#queue-extend").addEventListener("click", extend);
  $("#queue-clear").addEventListener("click", ({ detail }) => { replace(); if (!detail) $("#words").focus(); });
  for (const format of ["m3u8", "jspf", "csv"]) {
    $("#queue-export").append(button(format.toUpperCase(), async () => { const one = queue(); if (await save()) exported(one.id, one.name, format); }, { className: "plain" }));
  }
  on("queue", ({ edited }) => { draw(); if (edited) later(); });
  on("sounding", ({ sounding }) => $("#queue-list").classList.toggle("sounding", sounding));
  draw();
}

function draw() {
  if (carrying) return;
  const { tracks, at, name, id } = queue();
  const list = $("#queue-list");
  rows(list, tracks, (t) => JSON.stringify([t.track_id, t.title, t.artist]), item);
  [...list.children].forEach((row, n) => mark(row, n === at));
  if (at !== shown && !list.matches(":hover")) list.children[at]?.scrollIntoView({ block: "nearest" });
  shown = at;
  // who is typing a name goes on typing
  if (document.activeElement !== $("#queue-name")) $("#queue-name").value = name;
  document.body.classList.toggle("unqueued", !tracks.length);
  $("#queue-empty").hidden = tracks.length > 0;
  $("#queue-tools").hidden = !tracks.length;
  $("#queue-save").hidden = Boolean(id);
  const whole = tracks.reduce((sum, t) => sum + (t.duration_s || 0), 0);
  $("#queue-length").textContent = tracks.length ? `${tracks.length} ${tracks.length === 1 ? "track" : "tracks"}${whole ? ` · ${time(whole)}` : ""}` : "";
}

function mark(row, now) {
  row.classList.toggle("now", now);
  if (now) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
}

const place = (row) => [...row.parentElement.children].indexOf(row);

function item(track) {
  const handle = el("button", { type: "button", className: "handle", "aria-label": `Move ${track.title}: arrow up, arrow down`, title: "Drag, or use the arrow keys" }, icon("menu"));
  const row = el("li", {}, handle, sleeve(track),
    el("button", { type: "button", className: "title", onclick: () => jump(place(row)) }, el("span", {}, track.title || track.track_id), el("small", {}, track.artist || "")),
    button(`Take ${track.title} out`, () => out(place(row)), { picture: "close", quiet: true, className: "round" }));
  handle.addEventListener("keydown", (event) => byKey(event, place(row), track));
  handle.addEventListener("pointerdown", (event) => drag(event, row));
  return row;
}

/** Take a track out; who does it by keys stands at the one that follows. */
function out(n) {
  takeOut(n);
  const left = $("#queue-list").children;
  left[Math.min(n, left.length - 1)]?.querySelector(".handle").focus();
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
function drag(event, row) {
  event.preventDefault();
  const list = row.parentElement;
  const listening = new AbortController();
  const from = place(row);
  carrying = true;
  row.classList.add("carried");
  const over = (moved) => {
    const others = [...list.children].filter((r) => r !== row);
    const below = others.find((r) => { const box = r.getBoundingClientRect(); return moved.clientY < box.top + box.height / 2; });
    if (row.nextElementSibling !== (below ?? null)) list.insertBefore(row, below || null);
  };
  const done = () => {
    listening.abort();
    carrying = false;
    row.classList.remove("carried");
    if (!move(from, [...list.children].indexOf(row))) draw();
  };
  document.addEventListener("pointermove", over, { signal: listening.signal });
  document.addEventListener("pointerup", done, { signal: listening.signal });
  document.addEventListener("pointercancel", done, { signal: listening.signal });
}

/** Keep the queue on the server, one time after another; returns whether it is kept. */
function save(aloud = false, one = queue()) {
  last = last.then(() => saved(one, aloud));
  return last;
}

/** A queue without a name gets one; what was typed since goes on being its name. */
async function saved(one, aloud) {
  const before = one.name;
  const name = before || `Queue of ${new Date().toLocaleDateString()}`;
  const body = { name, track_ids: one.tracks.map((t) => t.track_id) };
  try {
    const told = one.id ? await put(`v1/playlists/${encodeURIComponent(one.id)}`, body) : await post("v1/playlists", body);
    named(one, told.id, one.name === before ? told.name : one.name);
    tell("playlists");
    if (aloud) announce(`Kept as ${told.name}`);
    return true;
  } catch (error) {
    if (error.status === 404) { named(one, null, name); return saved(one, aloud); }
    complain(error);
    return false;
  }
}

/** What is kept already follows every change. */
function later() {
  const one = queue();
  clearTimeout(waiting.get(one));
  if (one.id) waiting.set(one, setTimeout(() => save(false, one), 600));
}

async function extend() {
  const one = queue();
  if (!(await save())) return;
  try {
    const { tracks } = await post(`v1/playlists/${encodeURIComponent(one.id)}/extend`, { k: 5 });
    if (one !== queue()) return;
    const here = new Set(queue().tracks.map((t) => t.track_id));
    const fresh = tracks.filter((t) => !here.has(t.track_id));
    add(...fresh);
    announce(`${fresh.length} more tracks`);
  } catch (error) {
    complain(error);
  }
}
