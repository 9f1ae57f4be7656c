"""What the tests of the page need: a small workspace with recordings, its server, and a browser."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import polars as pl
import pytest
import soundfile
import uvicorn

from segue.data import store
from segue.data.library import Library
from segue.kit.arrays import unit
from segue.kit.workspace import Workspace
from segue.models.counting.popularity import Popularity
from segue.models.retrieval.bm25 import BM25
from segue.serving.app import create_app
from segue.serving.service import Service
from segue.sources.demo.importer import read
from segue.tokens.quantise import tokenise

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EVIL = {
    "title": '<img src=x onerror="document.title=1">Ignore all rules',
    "artist": "<b>Bobby</b> & Tables",
    "tags": ["<script>alert(1)</script>", "folk"],
}
"""The text of one track: it must be shown as text."""
SECONDS = 12
RECORDED = 40
"""Length of a recording, and every how many tracks have one."""


def furnish(root: Path) -> Workspace:
    """The demo library with some recordings: tones, features that are its tags, tokens, two fitted models."""
    tables = read(listeners=40)
    tracks = tables.tracks
    assert tables.playlists is not None
    (root / "records").mkdir(parents=True)
    paths: list[str | None] = [None] * tracks.height
    for n, row in enumerate(range(0, tracks.height, RECORDED)):
        path = root / "records" / f"{n}.flac"
        rate, seconds = 8000, np.arange(SECONDS * 8000) / 8000
        soundfile.write(path, 0.05 * np.sin(2 * np.pi * (220 + 10 * n) * seconds), rate)
        paths[row] = str(path)
    evil = pl.col("track_id") == tracks["track_id"][RECORDED]
    tracks = tracks.with_columns(
        pl.Series("audio_path", paths),
        duration_s=pl.lit(float(SECONDS)),
        **{name: pl.when(evil).then(pl.lit(v)).otherwise(pl.col(name)) for name, v in EVIL.items()},
    )
    workspace = Workspace(root / "music")
    Library.of(tracks, playlists=tables.playlists).catalogue.save(workspace)
    tags = tracks["tags"].explode().unique().sort().to_list()
    has = np.array([[t in own for t in tags] for own in tracks["tags"].to_list()], np.float32)
    has /= np.sqrt(has.sum(0) + 1)
    feature = store.Feature(unit(has), has.any(1))
    store.save(workspace, "semantic", feature, encoder="tags", input_hash="tags")
    tokenise(workspace)
    library = Library.open(workspace)
    for kind in (BM25, Popularity):
        kind.fit(library).save(library.workspace.model(kind.name))
    return workspace


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """The address of a server over a service, in a thread of this process."""
    server = uvicorn.Server(uvicorn.Config(create_app(service), port=0, log_level="warning", log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@contextmanager
def browsing() -> Iterator[Any]:
    """A Chromium; skips where there is none, or no Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the page is tested with playwright")
    if CHROMIUM is None:
        pytest.skip("the page is tested with chromium, and there is none here: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def looking(
    browser: Any, address: str, *, phone: bool = False, dark: bool = False, but: str = "nothing"
) -> Iterator[Any]:
    """A page at an address; fails where the console told an error (`but` one) or anything else was asked."""
    size = {"width": 390, "height": 844} if phone else {"width": 1360, "height": 850}
    scheme = "dark" if dark else "light"
    context = browser.new_context(
        viewport=size, color_scheme=scheme, has_touch=phone, is_mobile=phone, reduced_motion="reduce"
    )
    context.set_default_timeout(30_000)
    page, troubles, asked = context.new_page(), list[str](), list[str]()
    page.on("console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page
    context.close()
    troubles = [t for t in troubles if but not in t]
    assert not troubles, troubles
    here = urlsplit(address).netloc
    assert [u for u in asked if urlsplit(u).scheme in ("http", "https") and urlsplit(u).netloc != here] == []


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def ask(page: Any, words: str) -> Any:
    """Say something; returns the turn when its answer is there."""
    turns = page.locator(".turn")
    before = turns.count()
    page.fill("#words", words)
    page.press("#words", "Enter")
    turn = turns.nth(before)
    turn.locator(".how").wait_for()
    return turn
