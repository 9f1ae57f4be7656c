"""How smoothly the page's map moves: zooming and dragging over made-up points, in headless Chromium.

Usage: python benchmarks/map_drawing.py [POINTS ...]   (needs chromium and playwright; no GPU is used)
"""

from __future__ import annotations

import statistics
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files

from playwright.sync_api import sync_playwright

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MOVE = """async (count) => {
  const { Chart } = await import("/js/chart.js");
  const canvas = document.createElement("canvas");
  Object.assign(canvas.style, { width: "1000px", height: "700px", display: "block" });
  document.body.replaceChildren(canvas);
  const chart = new Chart(canvas);
  let seed = 1;
  const random = () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647; };
  const group = Array.from({ length: count }, () => Math.floor(random() * 24));
  const near = (g, by) => (((g * by) % 24) / 24 + (random() + random() + random()) / 3) / 2;
  const points = { x: group.map((g) => near(g, 7)), y: group.map((g) => near(g, 11)), group };
  chart.show({ ...points, groups: Array.from({ length: 24 }, (_, n) => `genre ${n}`) });
  const frame = () => new Promise(requestAnimationFrame);
  await frame(); await frame();
  const still = chart.took;
  const paints = [], frames = [];
  let before = performance.now();
  for (let n = 0; n < 90; n += 1) {
    if (n % 3) chart.pan(Math.sin(n) * 14, Math.cos(n) * 9);
    else chart.zoom(n < 45 ? 1.08 : 0.93);
    await frame();
    const now = performance.now();
    frames.push(now - before); paints.push(chart.took); before = now;
  }
  const began = performance.now();
  for (let n = 0; n < 200; n += 1) chart.near((n * 37) % 1000, (n * 53) % 700);
  return { still, paints, frames, found: (performance.now() - began) / 200 };
}"""


class Quiet(SimpleHTTPRequestHandler):
    """The page's files, without a line for each."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def main(counts: list[int]) -> None:
    """Print milliseconds of a full paint, of a paint and a frame while moving, and of finding a point."""
    handler = partial(Quiet, directory=str(files("segue.serving") / "page"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        page.goto(f"http://127.0.0.1:{server.server_port}/css/")
        for count in counts:
            took = page.evaluate(MOVE, count)
            paint, frame = (statistics.median(took[k]) for k in ("paints", "frames"))
            slow = sorted(took["frames"])[int(0.95 * len(took["frames"]))]
            print(
                f"{count:>9,} points: whole {took['still']:.1f} ms, moving {paint:.1f} ms a paint, "
                f"{frame:.1f} ms a frame (95 %: {slow:.1f}), a point found in {took['found']:.3f} ms"
            )
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main([int(a) for a in sys.argv[1:]] or [1_000, 10_000, 50_000, 100_000])
