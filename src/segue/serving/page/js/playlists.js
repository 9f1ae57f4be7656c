// Playlists that were kept: opened, exported, read from a file, deleted.

import { get, post, query, remove, text as textOf } from "./api.js";
import { on, tell } from "./bus.js";
import { $, announce, button, complain, el, fill, notice, released, rows } from "./dom.js";
import { replace } from "./queue.js";
import { sleeve } from "./sleeve.js";

const TYPES = { m3u8: "audio/x-mpegurl", jspf: "application/json", csv: "text/csv" };

export function start() {
  $("#import-file").addEventListener("change", imported);
  on("playlists", () => document.body.dataset.view === "playlists" && list());
}

/** Give a playlist out as a file. */
export async function exported(id, name, format) {
  try {
    const told = await textOf(`v1/playlists/${encodeURIComponent(id)}/export?${query({ format })}`);
    const address = URL.createObjectURL(new Blob([told], { type: TYPES[format] }));
    el("a", { href: address, download: `${name.replace(/[\\/:*?"<>|]+/g, " ").trim() || "playlist"}.${format}` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  } catch (error) {
    complain(error);
  }
}

async function imported(event) {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  try {
    const text = written(await file.arrayBuffer());
    const titled = /^[{<]/.test(text) || /^#PLAYLIST:/m.test(text);
    const told = await post("v1/playlists/import", { name: titled ? "" : file.name.replace(/\.\w+$/, ""), text });
    replace(told);
    tell("playlists");
    const missing = told.missing?.length || 0;
    const found = told.tracks.length;
    notice(`“${told.name}”: ${found} of ${found + missing} tracks are here.`, { cure: missing ? `Not here: ${told.missing.slice(0, 5).map(shown).join("; ")}${missing > 5 ? " …" : ""}` : "" });
    announce(`${found} tracks in the queue`);
  } catch (error) {
    complain(error);
  }
}

/** A file's text: Unicode by its mark, else UTF-8, else what old programs of Windows write. */
function written(bytes) {
  const [first, second] = new Uint8Array(bytes);
  const marks = { "255,254": "utf-16le", "254,255": "utf-16be" };
  try {
    return new TextDecoder(marks[[first, second]] ?? "utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

const shown = (one) => (typeof one === "string" ? one : [one.title, one.artist].filter(Boolean).join(" by ") || JSON.stringify(one));

/** Draw what is kept. */
export async function list() {
  try {
    const { playlists } = await get("v1/playlists");
    await released();
    rows($("#playlist-list"), playlists, (one) => JSON.stringify([one.id, one.name, one.track_ids]), line);
    $("#playlist-none").hidden = playlists.length > 0;
  } catch (error) {
    complain(error);
  }
}

function line(one) {
  const count = one.track_ids.length;
  const strip = el("div", { className: "strip", "aria-hidden": "true" });
  const first = one.track_ids.slice(0, 5).map((id) => get(`v1/tracks/${encodeURIComponent(id)}`));
  Promise.all(first).then((tracks) => fill(strip, tracks.map(sleeve))).catch(() => {});
  return el("li", { className: "kept" }, strip,
    el("div", {}, el("h3", {}, one.name), el("p", { className: "soft" }, `${count} ${count === 1 ? "track" : "tracks"}`),
      el("div", { className: "acts" },
        button("Play", () => opened(one, true), { picture: "play", className: "solid" }),
        button("Open in the queue", () => opened(one, false)),
        Object.keys(TYPES).map((format) => button(format.toUpperCase(), () => exported(one.id, one.name, format), { "aria-label": `Export ${one.name} as ${format.toUpperCase()}` })),
        button("Delete", () => gone(one), { "aria-label": `Delete ${one.name}` }))));
}

async function opened(one, play) {
  try {
    replace(await get(`v1/playlists/${encodeURIComponent(one.id)}`), play);
    announce(`${one.name} is in the queue`);
  } catch (error) {
    complain(error);
  }
}

async function gone(one) {
  if (!confirm(`Delete “${one.name}” for good?`)) return;
  try {
    await remove(`v1/playlists/${encodeURIComponent(one.id)}`);
    tell("playlist:gone", one.id);
    list();
  } catch (error) {
    complain(error);
  }
}
