// All that is asked of the server. Addresses are relative to where this file lies, so a proxy's prefix does no harm.

export const ROOT = new URL("../../", import.meta.url);

/** What the server says is wrong: `what`, `where`, and the `cure`. */
export class Refusal extends Error {
  constructor(status, { what, where, cure }) {
    super(what);
    Object.assign(this, { status, what, where, cure });
  }
}

async function send(path, { method = "GET", body, accept, signal } = {}) {
  const sent = { method, signal, headers: { ...(accept && { Accept: accept }), ...(body && { "Content-Type": "application/json" }) } };
  let answer;
  try {
    answer = await fetch(new URL(path, ROOT), { ...sent, body: body && JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { what: "The server does not answer.", cure: "Is `segue serve` still running? Then try again." });
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function refusal(answer) {
  let told;
  try {
    told = (await answer.json()).error;
  } catch { /* not from segue: a proxy, perhaps */ }
  if (answer.status === 401) document.dispatchEvent(new CustomEvent("segue:token"));
  return new Refusal(answer.status, told || { what: `The server answered ${answer.status}.`, cure: "Try again." });
}

const json = async (path, sent) => {
  const answer = await send(path, { accept: "application/json", ...sent });
  return answer.status === 204 ? null : answer.json();
};

/** `a=1&b=2` of what is set. */
export function query(wanted) {
  const set = Object.entries(wanted).filter(([, v]) => v !== null && v !== undefined && v !== "");
  return new URLSearchParams(set).toString();
}

export const get = (path) => json(path);
export const post = (path, body = {}) => json(path, { method: "POST", body });
export const put = (path, body) => json(path, { method: "PUT", body });
export const patch = (path, body) => json(path, { method: "PATCH", body });
export const remove = (path) => json(path, { method: "DELETE" });
export const text = async (path) => (await send(path)).text();

/** Say something in a conversation; `hear` is called with each event's name and data as they come.
 * "done" is the end: who types on at once need not wait until the connection has closed, too. */
export async function say(conversation, body, hear, signal) {
  const path = `v1/conversations/${encodeURIComponent(conversation)}/messages`;
  const answer = await send(path, { method: "POST", body, accept: "text/event-stream", signal });
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    rest += decoder.decode(value, { stream: !done }).replaceAll("\r\n", "\n");
    const events = rest.split("\n\n");
    rest = events.pop();
    const names = events.map((event) => heard(event, hear));
    if (done) return;
    if (names.includes("done")) {
      reader.read().catch(() => {});
      return;
    }
  }
}

/** Tell one event; returns its name. */
function heard(block, hear) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  if (!data.length) return name;
  const told = JSON.parse(data.join("\n"));
  if (name === "error") throw new Refusal(500, told.error || told);
  hear(name, told);
  return name;
}

/** Where a track's file or cover is; ids are anything. */
export const media = (id) => new URL(`v1/media/${encodeURIComponent(id)}`, ROOT).href;
export const cover = (id) => new URL(`v1/covers/${encodeURIComponent(id)}?quiet=true`, ROOT).href;
