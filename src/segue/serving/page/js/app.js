// The page begins here: what the catalogue holds, who answers, and which part is looked at.

import { ROOT, get } from "./api.js";
import { keep, kept, on } from "./bus.js";
import * as compare from "./compare.js";
import * as conversations from "./conversations.js";
import { $, complain, el, fill } from "./dom.js";
import * as filters from "./filters.js";
import * as keys from "./keys.js";
import * as map from "./map.js";
import * as player from "./player.js";
import * as playlists from "./playlists.js";
import * as panel from "./queuepanel.js";
import { replace } from "./queue.js";
import { ask, conversation, fresh, home, open, start as startTalk } from "./talk.js";

const VIEWS = ["talk", "map", "queue", "compare", "playlists"];

function route() {
  const [, name = "", id] = location.hash.split("/");
  const view = name === "c" || !VIEWS.includes(name) ? "talk" : name;
  document.body.dataset.view = view;
  for (const link of document.querySelectorAll("#views a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.classList.remove("past-open");
  if (name === "c" && id) open(decodeURIComponent(id));
  else if (["", "#/"].includes(location.hash) && conversation()) fresh();
  if (view === "playlists") playlists.list();
}

/** Light, dark, or as the system has it. */
function theme() {
  const button = $("#theme");
  const order = ["auto", "light", "dark"];
  const set = (name) => {
    document.documentElement.dataset.theme = name;
    button.textContent = { auto: "◐ Auto", light: "○ Light", dark: "● Dark" }[name];
    button.setAttribute("aria-label", `Colours: ${name}`);
    keep("theme", name);
    window.dispatchEvent(new Event("resize"));
  };
  button.addEventListener("click", () => set(order[(order.indexOf(document.documentElement.dataset.theme) + 1) % 3]));
  set(kept("theme", "auto"));
}

async function welcome() {
  const [facts, { examples }, { data: models }] = await Promise.all([filters.facts(), get("v1/examples"), get("v1/models")]);
  filters.start(facts);
  // another library under the same address: what was queued is not here
  if (kept("library", facts.name) !== facts.name) replace();
  keep("library", facts.name);
  const years = facts.years ? `, ${facts.years[0]} to ${facts.years[1]}` : "";
  $("#facts").textContent = `${facts.tracks.toLocaleString("en")} tracks by ${facts.artists.toLocaleString("en")} artists${years}.`
    + (facts.has_audio ? "" : " No files here to play; everything else works.");
  fill($("#examples"), examples.map((e) => el("li", {}, el("button", { type: "button", onclick: () => ask(e.text) },
    el("small", {}, e.title), el("span", {}, e.text)))));
  fill($("#model"), models.map((m) => el("option", { value: m.id }, `${m.name || m.id}${m.stale ? " (stale)" : ""}`)));
  $("#model-line").hidden = models.length < 2;
  compare.start(models);
}

document.addEventListener("segue:token", () => { if (!$("#token").open) $("#token").showModal(); });
$("#token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  location.assign(new URL(`?token=${encodeURIComponent($("#token-field").value)}`, ROOT));
});
$("#past-toggle").addEventListener("click", () => document.body.classList.toggle("past-open"));
on("conversation", () => {
  $("#model").disabled = Boolean(conversation());
  for (const link of document.querySelectorAll("a[data-view=talk], .mark")) link.setAttribute("href", home());
});

// its address would take the place of the conversation's
$(".skip").addEventListener("click", (event) => { event.preventDefault(); location.hash = home(); $("#words").focus(); });

theme();
for (const part of [player, panel, playlists, conversations, keys, map]) part.start();
startTalk();
window.addEventListener("hashchange", route);
welcome().catch(complain).then(route);
if (!conversation()) conversations.list();
