// Small helpers to make elements. Text always goes in as text: what a title says is never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties, `on...` listeners, `aria-`/`data-` attributes and children (strings become text). */
export function el(name, props = {}, ...children) {
  return filled(document.createElement(name), props, children);
}

/** The same for a drawing. */
export function svg(name, props = {}, ...children) {
  return filled(document.createElementNS(SVG, name), props, children);
}

function filled(node, props, children) {
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key in node && node.namespaceURI !== SVG && key !== "list") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

export const $ = (selector, root = document) => root.querySelector(selector);

/** Put these children in place of what is there. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** One row for each thing: a row whose key is as it was stays the very node it is, under a pointer or a focus. */
export function rows(list, things, key, make) {
  const old = Map.groupBy([...list.children], (row) => row.key);
  const wanted = things.map((thing) => {
    const name = key(thing);
    return old.get(name)?.shift() ?? Object.assign(make(thing), { key: name });
  });
  for (const row of [...old.values()].flat()) row.remove();
  wanted.forEach((row, n) => { if (list.children[n] !== row) list.insertBefore(row, list.children[n] ?? null); });
}

let pressed = false;
let free = Promise.resolve();
document.addEventListener("pointerdown", () => {
  if (pressed) return;
  pressed = true;
  free = new Promise((resolve) => {
    const up = () => { pressed = false; setTimeout(resolve); };
    for (const name of ["pointerup", "pointercancel", "dragend"]) document.addEventListener(name, up, { once: true, capture: true });
  });
}, true);

/** Wait until nothing is pressed: what is about to be clicked must not move away. */
export const released = () => free;

const PATHS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  next: "M5 5l9 7-9 7zM16 5h2.5v14H16z",
  previous: "M19 5l-9 7 9 7zM5.5 5H8v14H5.5z",
  add: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
  up: "M12 6l7 8-1.5 1.4L12 9.2l-5.5 6.2L5 14z",
  down: "M12 18l-7-8 1.5-1.4 5.5 6.2 5.5-6.2L19 10z",
  send: "M4 12h12.2l-5-5L12.600 5.600 20 13l-7.400 7.400-1.400-1.400 5-5H4z",
  heart: "M12 20l-7.300-7.200a4.600 4.600 0 0 1 6.500-6.500l.8.8.8-.8a4.600 4.600 0 0 1 6.500 6.500z",
  pen: "M4 17.200V20h2.800L17.500 9.300l-2.800-2.800zM19.700 7.100a1 1 0 0 0 0-1.400l-1.400-1.400a1 1 0 0 0-1.400 0l-1.300 1.300 2.800 2.800z",
  menu: "M4 6h16v2H4zM4 11h16v2H4zM4 16h16v2H4z",
};

/** An icon; the button around it carries the name. */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" }, svg("path", { d: PATHS[name] }));
}

/** A button with an icon and a name; `quiet` hides the name from the eye, not from a reader. */
export function button(name, onclick, { picture = null, quiet = false, ...props } = {}) {
  const label = el("span", { className: quiet ? "unseen" : "" }, name);
  return el("button", { type: "button", onclick, title: quiet ? name : "", ...props }, picture ? icon(picture) : null, label);
}

/** Say something to a screen reader without moving anything. */
export function announce(text) {
  $("#said").textContent = text;
}

/** A short notice above everything: what went wrong (or well), and what to do. */
export function notice(text, { cure = "", bad = false, action = null } = {}) {
  const box = el("div", { className: bad ? "notice bad" : "notice" }, el("p", {}, text), cure ? el("p", { className: "cure" }, cure) : null);
  const gone = () => box.remove();
  if (action) box.append(button(action.name, () => { gone(); action.run(); }));
  box.append(button("Close", gone, { picture: "close", quiet: true, className: "round" }));
  fill($("#notices"), box);
  setTimeout(gone, bad ? 15000 : 6000);
}

/** Show an error of the server: what is wrong, and what to do. */
export function complain(error) {
  notice(error.what || error.message || String(error), { cure: error.cure || "", bad: true });
}

export function time(seconds) {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
