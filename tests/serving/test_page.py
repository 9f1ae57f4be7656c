"""The page in a real browser: talk, hear, keep, see, compare, and the survey; no error, nothing from outside.

`SEGUE_PICTURES=docs/pictures pytest tests/serving/test_page.py` writes the pictures of the docs anew.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="the page needs segue[serve]")
pytest.importorskip("soundfile", reason="the page plays recordings that soundfile writes")

from listening_room import EVIL, RECORDED, SECONDS, ask, browsing, furnish, looking, serving, until

from segue.serving.service import Service
from segue.serving.survey.store import Reply, Scenario, Surveys

PICTURES = os.environ.get("SEGUE_PICTURES")
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as found:
        yield found


@pytest.fixture(scope="module")
def service(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    found = Service(furnish(tmp_path_factory.mktemp("room")), {"limit": 0})
    yield found
    found.close()


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    with serving(service) as found:
        yield found


def picture(page: Any, name: str) -> None:
    """Keep what is seen, where pictures are wanted."""
    if PICTURES:
        page.wait_for_timeout(900)
        image = Image.open(io.BytesIO(page.screenshot())).quantize(192, dither=Image.Dither.NONE)
        image.save(Path(PICTURES) / f"{name}.png", optimize=True)


def without_barriers(page: Any) -> None:
    """No serious finding of axe."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe tests accessibility")
    found = axe.Axe().run(page).response["violations"]
    told = [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found if v["impact"] in SERIOUS]
    assert told == []


def queued(page: Any) -> list[str]:
    """The titles in the queue."""
    return list(page.locator("#queue-list .title span").all_inner_texts())


def place(page: Any) -> float:
    """Where the player is, seconds."""
    return float(page.input_value("#seek"))


def test_first_visit_teaches_by_this_catalogue(browser: Any, address: str) -> None:
    with looking(browser, address) as page:
        page.locator("#examples button").first.wait_for()
        assert "1,355 tracks" in page.inner_text("#facts")
        page.locator("#first-wait").wait_for(state="hidden")
        without_barriers(page)
        picture(page, "first")
        page.locator("#examples button").first.click()
        page.locator(".turn .card h3").first.wait_for()
        assert page.locator("#wishes .chip").count()


def test_a_conversation_in_which_a_refusal_holds_and_a_wish_is_taken_back(browser: Any, address: str) -> None:
    with looking(browser, address) as page:
        first = ask(page, "five calm piano songs")
        assert first.locator(".card").count() == 5
        assert first.locator(".card").first.locator(".met .yes").all_inner_texts() == ["calm", "piano"]
        artist = first.locator(".card .artist").first.inner_text()
        first.get_by_role("button", name="Not this artist").first.click()
        page.locator(".refusal", has_text=f"No more {artist} here.").wait_for()
        first.get_by_role("button", name="Like", exact=True).nth(1).click()
        first.locator("button.all").click()
        assert len(queued(page)) == 4
        for words in ("ten more like that", "ten energetic ones, no rock"):
            turn = ask(page, words)
            assert artist not in turn.locator(".card .artist").all_inner_texts()
        assert all("rock" not in t.split() for t in turn.locator(".tags").all_inner_texts())
        page.get_by_role("button", name="Forget: energetic").click()
        page.get_by_role("button", name="Forget: energetic").wait_for(state="detached")
        page.locator("#filters-open").click()
        page.get_by_label("Year, from").fill("1984")
        page.locator("#filters-open").click()
        eighties = ask(page, "three from the 80s").locator(".album").all_inner_texts()
        assert eighties
        assert [y for y in range(1950, 1984) if any(f" {y} " in a for a in eighties)] == []
        assert "energetic" not in page.inner_text("#wishes")
        page.locator(".turn").last.get_by_role("button", name="More like this").first.click()
        page.locator(".turn").nth(4).locator(".how").wait_for()
        without_barriers(page)
        page.locator(".turn").nth(4).scroll_into_view_if_needed()
        picture(page, "talk")
        here = page.url
        page.reload()
        page.locator(".turn .how").nth(4).wait_for()
        assert page.url == here
        assert artist in page.inner_text("#wishes")
        assert "1984" in page.inner_text("#filtered")
        page.fill("#past-query", "no rock")
        page.locator("#past-list a", has_text="five calm piano songs").wait_for()


def test_a_recording_is_played_and_sought_in(browser: Any, address: str) -> None:
    with looking(browser, address) as page:
        page.locator("#examples button").first.wait_for()
        page.goto(f"{address}/#/map")
        page.fill("#map-query", "Bobby Tables")
        page.press("#map-query", "Enter")
        page.locator("#map-found button").first.click()
        card = page.locator("#map-card")
        # what a title says is text, whatever it says
        assert card.locator("h2").inner_text() == EVIL["title"]
        assert card.locator("img").count() == 0
        card.get_by_role("button", name="Play").click()
        until(lambda: place(page) > 0.2)
        page.locator("#seek").fill("8")
        until(lambda: place(page) > 8.1)
        assert f"0:{SECONDS}" in page.inner_text("#clock")
        page.locator("#map h1").click()
        page.keyboard.press(" ")
        page.get_by_role("button", name="Play", exact=True).last.wait_for()
        assert queued(page) == [EVIL["title"]]


def test_a_playlist_is_ordered_by_hand_and_by_keys_kept_and_read_again(
    browser: Any, address: str, tmp_path: Path
) -> None:
    with looking(browser, address) as page:
        ask(page, "four funk songs").locator("button.all").click()
        before = queued(page)
        assert len(before) == 4
        page.locator("#queue-list .handle").nth(0).press("ArrowDown")
        handles = page.locator("#queue-list .handle")
        handles.nth(3).hover()
        page.mouse.down()
        box = page.locator("#queue-list li").first.bounding_box()
        page.mouse.move(box["x"] + 10, box["y"] + 2, steps=4)
        page.mouse.up()
        ordered = [before[3], before[1], before[0], before[2]]
        assert queued(page) == ordered
        page.fill("#queue-name", "Sunday / funk")
        # a slow finger: the name is kept while the button is down, and "Keep" goes; no button may move then
        page.get_by_role("button", name="Five more").click(delay=500)
        page.locator("#queue-list li").nth(8).wait_for()
        all_nine = queued(page)
        assert all_nine[:4] == ordered
        files = []
        for kind in ("m3u8", "jspf", "csv"):
            with page.expect_download() as download:
                page.locator("#queue-export").get_by_role("button", name=kind.upper()).click()
            files.append(tmp_path / f"back.{kind}")
            download.value.save_as(files[-1])
        for file in files:
            page.locator("#queue-clear").click()
            page.goto(f"{address}/#/playlists")
            page.set_input_files("#import-file", file)
            page.locator("#queue-list li").nth(8).wait_for()
            assert queued(page) == all_nine
        assert page.locator("#playlist-list h3").all_inner_texts().count("Sunday / funk") == 3
        page.locator(".strip .sleeve").first.wait_for()
        without_barriers(page)
        picture(page, "playlists")


def test_the_map_shows_the_way_and_begins_where_one_clicks(browser: Any, address: str) -> None:
    with looking(browser, address) as page:
        for words in ("a gentle folk song", "some soul", "heavy metal"):
            ask(page, words)
        page.goto(f"{address}/#/map")
        page.get_by_text("The line is this conversation: 3 stops.").wait_for()
        canvas = page.locator("#map-canvas")
        without_barriers(page)
        canvas.hover(position={"x": 300, "y": 300})
        page.mouse.wheel(0, -300)
        page.locator("#map-whole").click()
        picture(page, "map")
        canvas.press("0")
        canvas.press("ArrowLeft")
        canvas.press("Enter")
        title = page.locator("#map-card h2").inner_text()
        page.get_by_role("button", name="Start here").click()
        last = page.locator(".turn").nth(3)
        last.locator(".how").wait_for()
        assert title in last.locator(".you").inner_text()


def test_models_side_by_side(browser: Any, address: str) -> None:
    with looking(browser, f"{address}/#/compare") as page:
        page.locator("#compare-models input").nth(1).wait_for()
        page.fill("#compare-words", "dreamy synthesizer music")
        page.fill("#compare-k", "3")
        page.press("#compare-words", "Enter")
        page.locator(".column").nth(1).wait_for()
        assert page.locator(".column h2").all_inner_texts() == ["bm25", "popularity"]
        assert [page.locator(".column").nth(n).locator(".card").count() for n in (0, 1)] == [3, 3]
        without_barriers(page)
        picture(page, "compare")


def test_phone_and_dark(browser: Any, address: str) -> None:
    with looking(browser, address, phone=True, dark=True) as page:
        page.locator("#examples button").first.wait_for()
        picture(page, "phone-first")
        ask(page, "three quiet acoustic songs").locator("button.all").click()
        without_barriers(page)
        picture(page, "phone-talk")
        for view in ("talk", "map", "queue", "compare", "playlists"):
            page.locator(f"#views a[data-view={view}]").click()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("#views a[data-view=queue]").click()
        assert page.locator("#queue-list li").count() == 3
        without_barriers(page)
        picture(page, "phone-queue")
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.locator("#theme").click()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_errors_say_what_to_do(browser: Any, address: str) -> None:
    with looking(browser, address, but="net::ERR_") as page:
        ask(page, "some jazz")
        page.route("**/messages", lambda route: route.abort("aborted"))
        page.fill("#words", "and now?")
        page.press("#words", "Enter")
        page.get_by_text("Is `segue serve` still running?").wait_for()
        page.unroute("**/messages")
        page.get_by_role("button", name="Try again").click()
        page.locator(".turn").nth(1).locator(".how").wait_for()
        assert page.locator(".turn .trouble").count() == 0


def test_a_survey_by_two_raters(browser: Any, address: str, service: Service) -> None:
    tracks = service.library.catalogue.ids
    history = (("user", "something gentle"), ("music", str(tracks[0])), ("assistant", "Here you are."))
    left, right = (
        Reply(str(tracks[n]), words) for n, words in ((RECORDED, "Try this."), (7, "Or <i>this</i>."))
    )
    drawn = [Scenario(f"d{n}", 1, history, left, right) for n in range(2)]
    _, tokens = Surveys(service.store).create("Which goes on better?", ("one", "other"), drawn, ("Ada", "Bo"))
    for number, token in enumerate(tokens.values()):
        with looking(browser, f"{address}/survey/{token}") as page:
            page.locator("#sides .side").nth(1).wait_for()
            assert page.inner_text("#count") == "0 of 2"
            assert "<i>this</i>" in page.inner_text("#sides")
            without_barriers(page)
            if number == 0:
                picture(page, "survey")
            page.evaluate("document.querySelector('.side audio').play()")
            until(lambda: page.evaluate("document.querySelector('.side audio').currentTime") > 0.1)
            other = f"{address}/v1/survey/{token}/media/{tracks[2 * RECORDED]}"
            assert page.request.get(other).status == 404
            for done in (1, 2):
                page.keyboard.press("1")
                page.get_by_label("Equally good").nth(1).check()
                page.get_by_role("button", name="Keep the answer").click()
                page.locator("#count", has_text=f"{done} of 2").wait_for()
            page.locator("h1", has_text="That was all. Thank you.").wait_for()
