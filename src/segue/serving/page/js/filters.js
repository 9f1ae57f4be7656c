// Filters that hold for everything that is asked: year, tag, tempo, length.

import { get } from "./api.js";
import { $, el, fill } from "./dom.js";

const fields = {};

/** Draw the fields after what the catalogue knows. */
export function start(facts) {
  const box = $("#filters");
  const rows = [];
  if (facts.years) rows.push(range("year", "Year", facts.years[0], facts.years[1]));
  if (facts.tags?.length) rows.push(tag(facts.tags));
  if (facts.tempo) rows.push(range("tempo", "Tempo, BPM", Math.floor(facts.tempo_range?.[0] ?? 40), Math.ceil(facts.tempo_range?.[1] ?? 220)));
  rows.push(range("duration_s", "Length, minutes", 0, 60, 60));
  fill(box, rows);
  box.addEventListener("change", draw);
}

function range(name, label, low, high, scale = 1) {
  const input = (which, hint) => el("input", {
    type: "number", min: low, max: high, step: scale === 1 ? 1 : 0.5, placeholder: hint, "aria-label": `${label}, ${which}`,
  });
  const from = input("from", scale === 1 ? low : "any");
  const to = input("to", scale === 1 ? high : "any");
  const read = (field) => (field.value === "" ? null : Number(field.value) * scale);
  fields[name] = {
    label,
    value: () => (read(from) === null && read(to) === null ? null : [read(from), read(to)]),
    text: () => `${label.split(",")[0].toLowerCase()} ${spoken(from.value, to.value)}`,
    set: (value) => {
      const [low, high] = Array.isArray(value) ? value : [value?.min, value?.max];
      from.value = low == null ? "" : low / scale;
      to.value = high == null ? "" : high / scale;
    },
  };
  return el("fieldset", {}, el("legend", {}, label), from, el("span", { "aria-hidden": "true" }, "–"), to);
}

const spoken = (low, high) => (low && high ? `${low} to ${high}` : low ? `from ${low}` : `up to ${high}`);

function tag(tags) {
  const names = el("datalist", { id: "tags-here" }, tags.map((t) => el("option", { value: t.tag })));
  const field = el("input", { type: "text", id: "tag-filter", list: "tags-here", placeholder: "any", autocomplete: "off" });
  fields.tags = { value: () => field.value.trim() || null, text: () => `only ${field.value.trim()}`, set: (value) => { field.value = value ?? ""; } };
  return el("fieldset", {}, el("label", { htmlFor: "tag-filter" }, "Tag"), field, names);
}

/** What is filtered by, as the server wants it; an empty object where nothing is. */
export function where() {
  const set = Object.entries(fields).map(([name, field]) => [name, field.value()]);
  return Object.fromEntries(set.filter(([, value]) => value !== null));
}

function draw() {
  const set = Object.entries(fields).filter(([, field]) => field.value() !== null);
  fill($("#filtered"), set.map(([, field]) => el("li", { className: "chip filter" }, el("span", {}, field.text()),
    el("button", { type: "button", "aria-label": `Lift the filter ${field.text()}`, onclick: () => { field.set(null); draw(); } }, "×"))));
  $("#filters-open").textContent = set.length ? `Filters (${set.length})` : "Filters";
}

/** Take over the filters of a conversation; none lifts them all. */
export function restore(where = {}) {
  for (const [name, field] of Object.entries(fields)) field.set(where[name === "tempo" && where.bpm ? "bpm" : name] ?? null);
  draw();
}

/** What the catalogue holds; asked once. */
export const facts = () => get("v1/facts");
