// Keys for those who do not want to reach for the mouse; they can be switched off.

import { keep, kept } from "./bus.js";
import { $ } from "./dom.js";
import { back, seek, toggle } from "./player.js";
import { step } from "./queue.js";
import { home } from "./talk.js";

const ACTS = {
  " ": toggle, k: toggle, n: () => step(1), p: back,
  ArrowLeft: () => seek(-5, true), ArrowRight: () => seek(5, true),
  "/": () => { location.hash = home(); $("#words").focus(); },
  "?": () => $("#help").showModal(),
};

export function start() {
  const box = $("#keys-on");
  box.checked = kept("keys", true);
  box.addEventListener("change", () => keep("keys", box.checked));
  $("#help-open").addEventListener("click", () => $("#help").showModal());
  document.addEventListener("keydown", (event) => {
    if (!box.checked || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, canvas, [contenteditable]")) return;
    if (event.key === " " && event.target.closest("button, a, summary")) return;
    const act = ACTS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
