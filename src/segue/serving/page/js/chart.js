// A canvas on which tens of thousands of points are drawn, moved and found; and on them the path of a conversation.

const TURN = 137.5; // degrees from the colour of a group to the next: however many there are, neighbours differ
const STRIDE = 40000; // points drawn while the map moves: the rest follows when it stands
const CELLS = 96;

export class Chart {
  /** `picked(n)` is told of a click on point n, `pointed(n, x, y)` of the point under the pointer (-1: none). */
  constructor(canvas, { picked = () => {}, pointed = () => {}, labels = true } = {}) {
    Object.assign(this, { canvas, picked, pointed, labels });
    this.pen = canvas.getContext("2d");
    this.points = null;
    this.path = [];
    this.view = { scale: 1, x: 0, y: 0 };
    this.cross = false;
    this.moving = 0;
    this.listen();
    new ResizeObserver(() => this.fit()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Take over points: `x`, `y` in 0..1, `group` numbers, `groups` their names ("other" stays unnamed). */
  show({ x, y, group, groups }) {
    this.points = { x: Float32Array.from(x), y: Float32Array.from(y), group: Int16Array.from(group), groups };
    this.byGroup = groups.map(() => []);
    group.forEach((g, n) => (this.byGroup[g] ||= []).push(n));
    this.cells = Array.from({ length: CELLS * CELLS }, () => []);
    for (let n = 0; n < x.length; n += 1) this.cells[cell(x[n], y[n])].push(n);
    this.names = this.byGroup.map((rows, g) => ({ text: groups[g], size: rows.length, x: middle(rows, x), y: middle(rows, y) }))
      .filter((name) => name.text && name.text !== "other" && name.size).sort((a, b) => b.size - a.size);
    this.fit();
  }

  /** Draw a path through points: a list of stops, each a list of point numbers, the first of which is on the way. */
  trace(stops) {
    this.path = stops.filter((stop) => stop.length);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.grown = still ? 1 : 0;
    if (!still && this.path.length) this.grow(performance.now());
    else this.draw();
  }

  grow(began) {
    this.grown = Math.min(1, (performance.now() - began) / 700);
    this.draw();
    if (this.grown < 1) requestAnimationFrame(() => this.grow(began));
  }

  fit() {
    const { clientWidth: w, clientHeight: h } = this.canvas;
    if (!w || !h) return;
    const dense = Math.min(devicePixelRatio || 1, 2);
    this.canvas.width = w * dense;
    this.canvas.height = h * dense;
    this.pen.setTransform(dense, 0, 0, dense, 0, 0);
    const edge = Math.min(28, w * 0.06);
    this.view = { sx: w - 2 * edge, sy: h - 2 * edge, scale: 1, x: edge, y: edge };
    this.draw();
  }

  at(n) {
    const { sx, sy, scale, x, y } = this.view;
    return [x + this.points.x[n] * sx * scale, y + this.points.y[n] * sy * scale];
  }

  /** Come closer by a factor, around a place on the canvas (its middle without). */
  zoom(by, px = this.canvas.clientWidth / 2, py = this.canvas.clientHeight / 2) {
    const v = this.view;
    const scale = Math.max(0.8, Math.min(60, v.scale * by));
    v.x = px - ((px - v.x) * scale) / v.scale;
    v.y = py - ((py - v.y) * scale) / v.scale;
    v.scale = scale;
    this.stir();
  }

  pan(dx, dy) {
    this.view.x += dx;
    this.view.y += dy;
    this.stir();
  }

  /** Bring a point into the middle, close enough to see its neighbours. */
  centre(n) {
    const v = this.view;
    v.scale = Math.max(v.scale, 4);
    v.x = this.canvas.clientWidth / 2 - this.points.x[n] * v.sx * v.scale;
    v.y = this.canvas.clientHeight / 2 - this.points.y[n] * v.sy * v.scale;
    this.marked = n;
    this.draw();
  }

  /** Draw at the next frame, coarsely; finely once it rests. */
  stir() {
    this.moving = performance.now();
    this.draw();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => { this.moving = 0; this.draw(); }, 120);
  }

  draw() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => { this.asked = null; this.paint(); });
  }

  paint() {
    const { pen, canvas } = this;
    const { clientWidth: w, clientHeight: h } = canvas;
    pen.clearRect(0, 0, w, h);
    if (!this.points || !w) return;
    const began = performance.now();
    const style = getComputedStyle(canvas);
    this.ink = style.getPropertyValue("--map-ink").trim() || style.color;
    this.mark = style.getPropertyValue("--map-mark").trim();
    this.paper = style.getPropertyValue("--map-paper").trim();
    this.light = dark(this.paper) ? 62 : 44;
    this.dots(w, h);
    this.way();
    if (this.labels) this.name(w, h);
    this.stops();
    if (this.marked >= 0) this.ring(this.marked, 9);
    if (this.cross) this.aim(w / 2, h / 2);
    this.took = performance.now() - began;
  }

  dots(w, h) {
    const { pen, points, view } = this;
    const size = Math.max(1.4, Math.min(10, this.dot() * Math.sqrt(view.scale)));
    const stride = this.moving ? Math.ceil(points.x.length / STRIDE) : 1;
    const kx = view.sx * view.scale;
    const ky = view.sy * view.scale;
    this.byGroup.forEach((rows, g) => {
      const grey = points.groups[g] === "other";
      pen.fillStyle = `hsl(${(168 + g * TURN) % 360} ${grey ? 8 : 48}% ${this.light}% / ${points.x.length > 20000 ? 0.55 : 0.8})`;
      for (let n = 0; n < rows.length; n += stride) {
        const px = view.x + points.x[rows[n]] * kx;
        const py = view.y + points.y[rows[n]] * ky;
        if (px < -size || py < -size || px > w || py > h) continue;
        if (size < 2.5) pen.fillRect(px - size / 2, py - size / 2, size, size);
        else { pen.beginPath(); pen.arc(px, py, size / 2, 0, 7); pen.fill(); }
      }
    });
  }

  /** The size of a dot when all is seen: larger where there are few, or much room. */
  dot() {
    const room = this.canvas.clientWidth * this.canvas.clientHeight;
    return Math.max(1.3, Math.min(9, 0.16 * Math.sqrt(room / this.points.x.length)));
  }

  /** The names of the groups where there is room, the largest first. */
  name(w, h) {
    const { pen, view } = this;
    pen.font = "italic 500 16px Newsreader, Georgia, serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    const taken = this.path.map(([n]) => ({ px: this.at(n)[0], py: this.at(n)[1], half: 4 }));
    for (const { text, x, y } of this.names) {
      const px = view.x + x * view.sx * view.scale;
      const py = view.y + y * view.sy * view.scale;
      const half = pen.measureText(text).width / 2 + 8;
      const hits = taken.some((t) => Math.abs(t.px - px) < t.half + half && Math.abs(t.py - py) < 24);
      if (hits || px < half || px > w - half || py < 14 || py > h - 14) continue;
      taken.push({ px, py, half });
      pen.strokeStyle = this.paper;
      pen.lineWidth = 5;
      pen.strokeText(text, px, py);
      pen.fillStyle = this.ink;
      pen.fillText(text, px, py);
    }
  }

  /** The path: one line without a break. */
  way() {
    const { pen } = this;
    const stops = this.path.map((stop) => this.at(stop[0]));
    if (!stops.length) return;
    const last = stops.length - 1;
    for (const [colour, width] of [[this.paper, 6], [this.ink, 2.2]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.lineCap = "round";
      pen.beginPath();
      pen.moveTo(...stops[0]);
      for (let n = 1; n <= last; n += 1) slur(pen, stops[n - 1], stops[n], n === last ? this.grown : 1);
      pen.stroke();
    }
  }

  /** What was played: what came first at each stop, the newest the largest, and the others small. */
  stops() {
    for (const stop of this.path) for (const n of stop.slice(1)) this.stop(...this.at(n), 2.6, 0.8);
    const last = this.path.length - 1;
    this.path.forEach(([first], n) => (n < last || this.grown === 1) && this.stop(...this.at(first), n === last ? 7 : 4.5));
  }

  stop(x, y, radius, edge = 1.6) {
    const { pen } = this;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    pen.fillStyle = this.mark;
    pen.fill();
    pen.lineWidth = edge;
    pen.strokeStyle = this.ink;
    pen.stroke();
  }

  ring(n, radius) {
    const { pen } = this;
    pen.beginPath();
    pen.arc(...this.at(n), radius, 0, 7);
    pen.lineWidth = 2.5;
    pen.strokeStyle = this.ink;
    pen.stroke();
  }

  aim(x, y) {
    const { pen } = this;
    pen.strokeStyle = this.ink;
    pen.lineWidth = 1.5;
    pen.strokeRect(x - 12, y - 12, 24, 24);
  }

  /** The point nearest to a place on the canvas, -1 where none is near. */
  near(px, py, reach = 14) {
    if (!this.points) return -1;
    const { sx, sy, scale, x, y } = this.view;
    const [cx, cy] = [place((px - x) / (sx * scale)), place((py - y) / (sy * scale))];
    const [rx, ry] = [reach / (sx * scale), reach / (sy * scale)].map((r) => Math.min(CELLS, Math.ceil(r * CELLS)));
    let best = -1;
    let least = reach * reach;
    for (let row = Math.max(0, cy - ry); row <= Math.min(CELLS - 1, cy + ry); row += 1) {
      for (let col = Math.max(0, cx - rx); col <= Math.min(CELLS - 1, cx + rx); col += 1) {
        for (const n of this.cells[row * CELLS + col]) {
          const [ax, ay] = this.at(n);
          const far = (ax - px) ** 2 + (ay - py) ** 2;
          if (far < least) { least = far; best = n; }
        }
      }
    }
    return best;
  }

  listen() {
    const { canvas } = this;
    const fingers = new Map();
    let moved = 0;
    canvas.addEventListener("pointerdown", (e) => { canvas.setPointerCapture(e.pointerId); fingers.set(e.pointerId, [e.offsetX, e.offsetY]); moved = 0; });
    canvas.addEventListener("pointermove", (e) => {
      const before = fingers.get(e.pointerId);
      if (!before) { this.pointed(this.near(e.offsetX, e.offsetY), e.offsetX, e.offsetY); return; }
      const others = [...fingers].filter(([id]) => id !== e.pointerId).map(([, p]) => p);
      if (others.length) {
        const [[ox, oy]] = others;
        this.zoom(Math.hypot(e.offsetX - ox, e.offsetY - oy) / Math.max(1, Math.hypot(before[0] - ox, before[1] - oy)), ox, oy);
      } else this.pan(e.offsetX - before[0], e.offsetY - before[1]);
      moved += Math.abs(e.offsetX - before[0]) + Math.abs(e.offsetY - before[1]);
      fingers.set(e.pointerId, [e.offsetX, e.offsetY]);
    });
    const up = (e) => {
      fingers.delete(e.pointerId);
      const n = e.type === "pointerup" && moved < 6 ? this.near(e.offsetX, e.offsetY) : -1;
      if (n >= 0) this.picked(n, e.offsetX, e.offsetY);
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => this.pointed(-1));
    canvas.addEventListener("wheel", (e) => { e.preventDefault(); this.zoom(Math.exp(-e.deltaY * 0.0016), e.offsetX, e.offsetY); }, { passive: false });
    canvas.addEventListener("keydown", (e) => this.key(e));
    canvas.addEventListener("focus", () => { this.cross = canvas.matches(":focus-visible"); this.draw(); });
    canvas.addEventListener("blur", () => { this.cross = false; this.draw(); });
  }

  key(e) {
    const steps = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
    const [w, h] = [this.canvas.clientWidth / 2, this.canvas.clientHeight / 2];
    this.cross = true;
    if (steps[e.key]) this.pan(...steps[e.key]);
    else if (e.key === "+" || e.key === "=") this.zoom(1.4);
    else if (e.key === "-") this.zoom(1 / 1.4);
    else if (e.key === "0") this.fit();
    else if (e.key === "Enter") { const n = this.near(w, h, 60); if (n >= 0) this.picked(n, w, h); }
    else return;
    e.preventDefault();
    e.stopPropagation();
  }
}

/** Whether a colour as the browser computes it ("rgb(r, g, b)") is dark. */
const dark = (colour) => (colour.match(/\d+(\.\d+)?/g) || [255]).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) < 384;
const place = (v) => Math.max(0, Math.min(CELLS - 1, Math.floor(v * CELLS)));
const cell = (x, y) => place(y) * CELLS + place(x);

function middle(rows, values) {
  const sorted = rows.map((n) => values[n]).sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** An arc from here to there, as a slur over notes; drawn up to a share of its length. */
function slur(pen, [ax, ay], [bx, by], share) {
  const [mx, my] = [(ax + bx) / 2 - (by - ay) * 0.16, (ay + by) / 2 + (bx - ax) * 0.16];
  const steps = 24;
  for (let n = 1; n <= steps * share; n += 1) {
    const t = n / steps;
    pen.lineTo((1 - t) ** 2 * ax + 2 * t * (1 - t) * mx + t * t * bx, (1 - t) ** 2 * ay + 2 * t * (1 - t) * my + t * t * by);
  }
}
