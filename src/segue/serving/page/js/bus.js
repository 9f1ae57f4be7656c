// What happens on the page, told by name: the parts do not have to know each other.

const bus = new EventTarget();

export const tell = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));
export const on = (name, hear) => bus.addEventListener(name, (event) => hear(event.detail));

/** What is kept in this browser; a private window that keeps nothing does no harm. */
export function kept(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`segue.${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(`segue.${name}`, JSON.stringify(value));
  } catch { /* nothing can be kept: the page works without */ }
}
