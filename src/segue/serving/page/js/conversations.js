// Conversations found again: listed by when they were held, searched by their words, renamed, deleted.

import { get, patch, query, remove } from "./api.js";
import { on } from "./bus.js";
import { $, button, complain, el, released, rows } from "./dom.js";
import { conversation, fresh } from "./talk.js";

let asked = 0;

export function start() {
  let wait = null;
  $("#past-query").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(list, 200); });
  $("#new").addEventListener("click", () => { away(); fresh(); location.hash = "#/"; $("#words").focus(); });
  // the one that is open has no new address to go to
  $("#past-list").addEventListener("click", (event) => event.target.closest("a") && away());
  document.addEventListener("keydown", ({ key }) => key === "Escape" && away());
  on("conversation", list);
}

/** On a narrow screen the list lies over the conversation. */
const away = () => document.body.classList.remove("past-open");

export async function list() {
  const mine = ++asked;
  try {
    const { conversations } = await get(`v1/conversations?${query({ query: $("#past-query").value.trim() })}`);
    await released();
    if (mine !== asked) return;
    rows($("#past-list"), conversations, (one) => JSON.stringify([one.id, one.title, one.updated_at, one.turns, when(one.updated_at)]), line);
    here();
    $("#past-none").hidden = conversations.length > 0;
    $("#past-none").textContent = $("#past-query").value ? "None with these words." : "What you talk about is kept here.";
  } catch (error) {
    complain(error);
  }
}

function line(one) {
  const name = one.title || "Untitled";
  const link = el("a", { href: `#/c/${encodeURIComponent(one.id)}`, "data-id": one.id }, name,
    el("small", {}, `${when(one.updated_at)} · ${one.turns} ${one.turns === 1 ? "turn" : "turns"}`));
  return el("li", {}, link, el("span", { className: "line-acts" },
    button(`Rename ${name}`, () => rename(one), { picture: "pen", quiet: true, className: "round" }),
    button(`Delete ${name}`, () => gone(one), { picture: "close", quiet: true, className: "round" })));
}

/** Which of them is open. */
function here() {
  for (const link of document.querySelectorAll("#past-list a")) {
    if (link.dataset.id === conversation()) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function rename(one) {
  const title = prompt("A name for this conversation", one.title);
  if (title) await patch(`v1/conversations/${encodeURIComponent(one.id)}`, { title }).catch(complain);
  await list();
  $(`#past-list a[data-id="${CSS.escape(one.id)}"]`)?.focus();
}

async function gone(one) {
  if (!confirm(`Delete “${one.title || "Untitled"}” for good?`)) return;
  await remove(`v1/conversations/${encodeURIComponent(one.id)}`).catch(complain);
  if (one.id === conversation()) { fresh(); location.hash = "#/"; }
  await list();
  ($("#past-list a") ?? $("#new")).focus();
}

function when(moment) {
  const at = new Date(moment);
  const today = new Date().toDateString() === at.toDateString();
  return at.toLocaleString([], today ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" });
}
