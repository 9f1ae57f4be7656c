// Conversations found again: listed by when they were held, searched by their words, renamed, deleted.

import { get, patch, query, remove } from "./api.js";
import { on } from "./bus.js";
import { $, button, complain, el, fill } from "./dom.js";
import { conversation, fresh } from "./talk.js";

let asked = 0;

export function start() {
  let wait = null;
  $("#past-query").addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(list, 200); });
  $("#new").addEventListener("click", () => { fresh(); location.hash = "#/"; $("#words").focus(); });
  on("conversation", list);
}

export async function list() {
  const mine = ++asked;
  try {
    const { conversations } = await get(`v1/conversations?${query({ query: $("#past-query").value.trim() })}`);
    if (mine !== asked) return;
    fill($("#past-list"), conversations.map(line));
    $("#past-none").hidden = conversations.length > 0;
    $("#past-none").textContent = $("#past-query").value ? "None with these words." : "What you talk about is kept here.";
  } catch (error) {
    complain(error);
  }
}

function line(one) {
  const here = one.id === conversation();
  const name = one.title || "Untitled";
  const link = el("a", { href: `#/c/${encodeURIComponent(one.id)}`, "aria-current": here ? "page" : null }, name,
    el("small", {}, `${when(one.updated_at)} · ${one.turns} ${one.turns === 1 ? "turn" : "turns"}`));
  return el("li", {}, link, el("span", { className: "line-acts" },
    button(`Rename ${name}`, () => rename(one), { picture: "pen", quiet: true, className: "round" }),
    button(`Delete ${name}`, () => gone(one), { picture: "close", quiet: true, className: "round" })));
}

async function rename(one) {
  const title = prompt("A name for this conversation", one.title);
  if (title) await patch(`v1/conversations/${encodeURIComponent(one.id)}`, { title }).catch(complain);
  list();
}

async function gone(one) {
  if (!confirm(`Delete “${one.title || "Untitled"}” for good?`)) return;
  await remove(`v1/conversations/${encodeURIComponent(one.id)}`).catch(complain);
  if (one.id === conversation()) { fresh(); location.hash = "#/"; }
  list();
}

function when(moment) {
  const at = new Date(moment);
  const today = new Date().toDateString() === at.toDateString();
  return at.toLocaleString([], today ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" });
}
