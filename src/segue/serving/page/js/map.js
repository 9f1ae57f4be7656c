// The map of the catalogue: by modality, with the path of the conversation; a click shows a track and starts there.

import { get, query } from "./api.js";
import { on, tell } from "./bus.js";
import { Chart } from "./chart.js";
import { $, announce, button, complain, el, fill } from "./dom.js";
import { add, playNow } from "./queue.js";
import { sleeve } from "./sleeve.js";

const known = new Map();
let sought = 0;
let drawn = 0;
const charts = [];
let data = null;
let rows = new Map();
let path = [];
let loading = null;

export function start() {
  const large = new Chart($("#map-canvas"), { picked: (n) => chosen(n, large), pointed: hover($("#map-tip")) });
  const small = new Chart($("#mini-canvas"), { labels: false, picked: (n) => { location.hash = "#/map"; chosen(n, large); }, pointed: hover($("#mini-tip")) });
  const first = new Chart($("#first-canvas"), { picked: (n) => beginAt(n), pointed: hover($("#first-tip")) });
  charts.push(large, small, first);
  $("#map-in").addEventListener("click", () => large.zoom(1.5));
  $("#map-out").addEventListener("click", () => large.zoom(1 / 1.5));
  $("#map-whole").addEventListener("click", () => large.fit());
  $("#map-modality").addEventListener("change", (event) => { loading = load(event.target.value); });
  $("#map-find").addEventListener("submit", (event) => { event.preventDefault(); find($("#map-query").value, large); });
  on("path", (stops) => { path = stops; trace(); });
  loading = load();
}

/** Draw what the server knows of a modality. */
async function load(modality = "") {
  const mine = ++drawn;
  let told;
  try {
    told = await get(`v1/map?${query({ modality })}`);
    if (mine !== drawn) return;
  } catch (error) {
    if (mine !== drawn) return;
    $("#map-none").hidden = false;
    $("#map-none").textContent = [error.what, error.cure].filter(Boolean).join(" ");
    document.body.classList.add("mapless");
    return;
  }
  data = told;
  $("#map-none").hidden = true;
  document.body.classList.remove("mapless");
  rows = new Map(data.ids.map((id, n) => [id, n]));
  fill($("#map-modality"), data.modalities.map((m) => el("option", { value: m, selected: m === data.modality }, m)));
  $("#first-wait").hidden = true;
  for (const chart of charts) chart.show(data);
  $("#map-count").textContent = `${data.ids.length.toLocaleString("en")} tracks on it.`;
  trace();
}

function trace() {
  const stops = path.map((ids) => ids.map((id) => rows.get(id)).filter((n) => n !== undefined));
  for (const chart of charts) if (chart.points) chart.trace(stops);
  $("#map-path").textContent = path.length ? `The line is this conversation: ${path.length} ${path.length === 1 ? "stop" : "stops"}.` : "";
}

/** A track by its id, asked for once. */
async function track(id) {
  if (!known.has(id)) known.set(id, get(`v1/tracks/${encodeURIComponent(id)}`));
  return known.get(id);
}

/** The title beside the pointer, once it rests on a point. */
function hover(tip) {
  let wait = null;
  let now = -1;
  return (n, x = 0, y = 0) => {
    if (n === now) return;
    now = n;
    tip.hidden = true;
    clearTimeout(wait);
    if (n < 0) return;
    wait = setTimeout(async () => {
      const one = await track(data.ids[n]).catch(() => null);
      if (!one || n !== now) return;
      fill(tip, el("strong", {}, one.title), el("span", {}, one.artist || ""));
      const width = tip.parentElement.clientWidth;
      tip.style.left = `${Math.min(x + 14, width - 190)}px`;
      tip.style.top = `${y + 14}px`;
      tip.hidden = false;
    }, 60);
  };
}

async function beginAt(n) {
  tell("begin-at", await track(data.ids[n]));
}

async function chosen(n, chart) {
  chart.marked = n;
  chart.draw();
  try {
    const one = await track(data.ids[n]);
    fill($("#map-card"), sleeve(one), el("div", {}, el("h2", {}, one.title), el("p", { className: "artist" }, one.artist || "unknown artist"),
      el("p", { className: "album" }, [one.album, one.year].filter(Boolean).join(" · ")),
      el("div", { className: "acts" }, button("Start here", () => tell("begin-at", one), { className: "solid" }),
        button("Play", () => playNow(one), { picture: "play" }), button("Queue", ({ detail }) => detail < 2 && add(one), { picture: "add" }))));
    $("#map-card").hidden = false;
    announce(`${one.title} by ${one.artist || "unknown"}. Start here, play or queue.`);
  } catch (error) {
    complain(error);
  }
}

/** Find tracks by words, for those who do not point. */
async function find(words, chart) {
  const mine = ++sought;
  try {
    const [{ total, tracks }] = await Promise.all([get(`v1/tracks?${query({ query: words.trim(), limit: 8 })}`), loading]);
    if (mine !== sought) return;
    const shown = tracks.filter((t) => rows.has(t.track_id));
    fill($("#map-found"), shown.map((t) => el("li", {}, el("button", { type: "button", onclick: () => {
      known.set(t.track_id, Promise.resolve(t));
      chart.centre(rows.get(t.track_id));
      chosen(rows.get(t.track_id), chart);
      fill($("#map-found"));
    } }, t.title, el("small", {}, t.artist || "")))));
    announce(`${total} found`);
    if (!shown.length) fill($("#map-found"), el("li", { className: "soft" }, "Nothing here with these words."));
  } catch (error) {
    complain(error);
  }
}
