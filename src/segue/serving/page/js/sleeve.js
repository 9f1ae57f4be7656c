// A record sleeve for every track: its cover, or a drawing of its music tokens. One ring a modality; the code says
// where the ring opens and how wide, so tracks that share tokens share rings, and look alike. The two rings inside
// are the artist's and the track's own.

import { cover } from "./api.js";
import { el, svg } from "./dom.js";

const INKS = [
  ["#17403d", "#ffd23f"], ["#3a2b4f", "#f2b9cf"], ["#1d3557", "#a4d4f4"], ["#3b4520", "#dde68f"],
  ["#5b2b22", "#f8b88f"], ["#d8cdb2", "#39392c"], ["#cbdfdb", "#124541"], ["#26262b", "#d7d3c8"],
];

/** A number for any text, the same every time (FNV-1a). */
function hashed(text) {
  let sum = 2166136261;
  for (const letter of text) sum = Math.imul(sum ^ letter.codePointAt(0), 16777619);
  return sum >>> 0;
}

/** The sleeve of a track, for the eye only: its name stands beside it. */
export function sleeve(track) {
  const box = el("div", { className: "sleeve" }, drawn(track));
  if (track.cover) pictured(box, track);
  return box;
}

/** The cover takes the drawing's place once it is there. */
function pictured(box, track) {
  const picture = el("img", { alt: "", src: cover(track.track_id) });
  picture.addEventListener("load", () => box.replaceChildren(picture));
}

function drawn(track) {
  const tokens = (track.tokens || []).filter((t) => t.code >= 0);
  const codes = [...tokens.map((t) => `${t.modality}${t.code}`), track.artist || "", track.track_id].map(hashed);
  const [paper, ink] = INKS[codes[0] % INKS.length];
  const rings = codes.map((code, n) => arc(44 - n * (34 / codes.length), code, ink, 34 / codes.length));
  const middle = svg("circle", { cx: 50, cy: 50, r: 5, fill: ink });
  return svg("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" }, svg("rect", { width: 100, height: 100, fill: paper }), rings, middle);
}

function arc(radius, code, ink, room) {
  const from = ((code % 360) * Math.PI) / 180;
  const sweep = ((70 + ((code >>> 9) % 250)) * Math.PI) / 180;
  const at = (angle) => `${(50 + radius * Math.cos(angle)).toFixed(2)} ${(50 + radius * Math.sin(angle)).toFixed(2)}`;
  const path = `M${at(from)}A${radius} ${radius} 0 ${sweep > Math.PI ? 1 : 0} 1 ${at(from + sweep)}`;
  const width = Math.min(1.2 + ((code >>> 4) % 4) * 1.1, room * 0.8);
  return svg("path", { d: path, fill: "none", stroke: ink, "stroke-width": width.toFixed(2), "stroke-linecap": "round" });
}
