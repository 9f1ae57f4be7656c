"""The page under real hands: slow and double clicks, typing while things change, a slow network, two tabs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the page needs segue[serve]")
pytest.importorskip("soundfile", reason="the page plays recordings that soundfile writes")

from listening_room import ask, browsing, furnish, looking, serving, until

from segue.serving.service import Service

SLOW = """([part, method, ms]) => {
  const swift = window.fetch;
  window.fetch = async (url, how) => {
    const late = String(url).endsWith(part) && (how?.method ?? "GET") === method;
    if (late) await new Promise((r) => setTimeout(r, ms));
    return swift(url, how);
  };
}"""
"""Requests to addresses that end so are sent later."""
LATE_END = """(ms) => {
  const swift = window.fetch;
  window.fetch = async (url, how) => {
    const answer = await swift(url, how);
    if (!String(url).endsWith("/messages")) return answer;
    const late = new TransformStream({ flush: () => new Promise((r) => setTimeout(r, ms)) });
    answer.body.pipeTo(late.writable);
    return new Response(late.readable, answer);
  };
}"""
"""An answer's connection closes later than the answer is there."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    with browsing() as browser:
        service = Service(furnish(tmp_path_factory.mktemp("hands")), {"limit": 0})
        with serving(service) as found:
            yield browser, found
        service.close()


@contextmanager
def opened(address: tuple[Any, str], but: str = "nothing") -> Iterator[Any]:
    with looking(*address, but=but) as page:
        page.locator("#examples button").first.wait_for()
        yield page


def queued(page: Any) -> list[str]:
    return list(page.locator("#queue-list .title span").all_inner_texts())


def said(page: Any) -> list[str]:
    return [text.removeprefix("You:").strip() for text in page.locator(".you").all_inner_texts()]


def kept(page: Any) -> dict[str, int]:
    """The kept playlists and how many tracks they have."""
    told = page.evaluate("fetch('/v1/playlists').then((r) => r.json())")
    return {one["name"]: len(one["track_ids"]) for one in told["playlists"]}


def test_who_types_or_presses_is_not_disturbed(address: tuple[Any, str]) -> None:
    with opened(address) as page:
        ask(page, "four funk songs").locator("button.all").click()
        page.click("#queue-name")
        page.keyboard.type("My fav")
        page.evaluate("document.querySelector('#next').click()")
        page.keyboard.type("ourites")
        assert page.input_value("#queue-name") == "My favourites"
        # the name is kept while the button is down: the row must not be another one by then
        page.locator("#queue-list .title").nth(3).click(delay=400)
        assert page.locator("#queue-list .now .title span").inner_text() == queued(page)[3]
        page.locator("#queue-list .title").nth(1).focus()
        page.keyboard.press("Enter")
        until(lambda: page.locator("#queue-list li").nth(1).get_attribute("aria-current") == "true")
        assert page.evaluate("document.activeElement.className") == "title"
        last = page.locator("#queue-list li").nth(3)
        title = queued(page)[3]
        last.locator(".round").focus()
        page.keyboard.press("Enter")
        assert title not in queued(page)
        assert page.evaluate("document.activeElement.className") == "handle"
        card = page.locator(".turn .card").first
        card.get_by_role("button", name="Not this", exact=True).press("Enter")
        page.locator(".refusal button").wait_for()
        assert page.evaluate("document.activeElement.textContent") == "Take back"


def test_who_answers_at_once_is_heard(address: tuple[Any, str]) -> None:
    with opened(address) as page:
        page.evaluate(LATE_END, 60_000)
        wanted = ["some soul", "heavy metal", "a gentle folk song"]
        for words in wanted:
            ask(page, words)
        assert said(page) == wanted


def test_with_keys_alone_one_always_stands_somewhere(address: tuple[Any, str]) -> None:
    with opened(address) as page:
        ask(page, "two folk songs").get_by_role("button", name="Queue").first.click()
        page.on("dialog", lambda asked: asked.accept("Renamed"))
        page.locator("#past-list a").first.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator("#past-list a:focus", has_text="Renamed").wait_for()
        here = page.url
        page.locator(".skip").focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "words"
        page.wait_for_timeout(100)
        assert page.url == here
        assert page.locator(".turn").count() == 1
        page.locator("#queue-clear").press("Enter")
        assert page.evaluate("document.activeElement.id") == "words"
    with looking(*address, phone=True) as page:
        page.set_viewport_size({"width": 320, "height": 480})
        last = page.locator("#views a").last.bounding_box()
        assert last["x"] + last["width"] <= 320
        page.locator("#past-toggle").click()
        page.locator("#past-list a").first.click()
        page.locator(".turn .how").first.wait_for()
        page.locator("#past-toggle").click()
        page.locator("#past-list a[aria-current]").click()
        assert not page.locator("#past").is_visible()


def test_a_second_click_at_once_does_nothing_else(address: tuple[Any, str]) -> None:
    with opened(address, but="ERR_") as page:
        ask(page, "three calm songs")
        page.evaluate(SLOW, ["messages", "POST", 300])
        page.get_by_role("button", name="More like this").first.dblclick()
        until(lambda: page.locator(".turn").last.get_attribute("aria-busy") == "false")
        assert page.locator(".notice").count() == 0
        page.fill("#words", "three others")
        page.locator("#send").dblclick()
        turn = page.locator(".turn").last
        until(lambda: turn.get_attribute("aria-busy") == "false")
        assert "Stopped" not in turn.locator(".sentence").inner_text()
        page.locator(".card").first.get_by_role("button", name="Queue").dblclick()
        assert len(queued(page)) == 1
        page.locator("#queue-clear").click()
        page.locator("button.all").first.dblclick()
        assert len(queued(page)) == 3
        page.evaluate(SLOW, ["forget", "POST", 200])
        page.get_by_role("button", name="Forget: calm").dblclick()
        page.get_by_role("button", name="Forget: calm").wait_for(state="detached")
        page.wait_for_timeout(300)
        assert page.locator(".notice").count() == 0


def test_what_is_kept_stays_what_it_was(address: tuple[Any, str]) -> None:
    with opened(address) as page:
        turn = ask(page, "four soul songs")
        turn.locator("button.all").click()
        page.evaluate(SLOW, ["v1/playlists", "POST", 300])
        page.fill("#queue-name", "All four")
        page.locator("#queue-save").click()
        # emptied before the server has answered: what comes next is another queue
        page.locator("#queue-clear").click()
        turn.get_by_role("button", name="Queue").first.click()
        until(lambda: "All four" in kept(page))
        page.wait_for_timeout(100)
        assert page.locator("#queue-save").is_visible()
        page.locator("#queue-clear").click()
        page.goto(f"{address[1]}/#/playlists")
        row = page.locator(".kept", has_text="All four")
        row.get_by_role("button", name="Open in the queue").click()
        page.locator("#queue-list .round").first.click()
        # emptied before the change was sent: it is a change of the playlist all the same
        page.locator("#queue-clear").click()
        until(lambda: kept(page)["All four"] == 3)
        assert 0 not in kept(page).values()


def test_back_forward_and_a_slow_answer_show_what_the_address_says(address: tuple[Any, str]) -> None:
    with opened(address) as page:
        addresses = []
        for words in ("a soul song", "a metal song"):
            ask(page, words)
            addresses.append(page.url)
            page.locator("#new").click()
        assert page.locator(".turn").count() == 0
        page.go_back()
        until(lambda: said(page) == ["a metal song"])
        page.locator("#views a[data-view=map]").click()
        page.locator("#views a[data-view=talk]").click()
        assert page.url == addresses[1]
        page.locator("#new").click()
        links = [page.locator(f"#past-list a[href='#{a.partition('#')[2]}']") for a in addresses]
        page.evaluate(SLOW, [addresses[0].rpartition("/")[2], "GET", 400])
        links[0].click()
        links[1].click()
        page.wait_for_timeout(600)
        assert page.url == addresses[1]
        assert said(page) == ["a metal song"]
        page.locator("#new").click()
        # another one is opened before a new one has begun
        page.evaluate(SLOW, ["v1/conversations", "POST", 400])
        page.fill("#words", "some jazz")
        page.press("#words", "Enter")
        links[1].click()
        until(lambda: said(page) == ["a metal song"])
        page.wait_for_timeout(500)
        ask(page, "another one")
        assert page.url == addresses[1]
        assert said(page) == ["a metal song", "another one"]


def test_the_map_is_of_what_was_chosen_last(address: tuple[Any, str]) -> None:
    with opened(address, but="404") as page:
        page.goto(f"{address[1]}/#/map")
        page.get_by_text("1,355 tracks on it.").wait_for()
        page.evaluate("""() => {
          const real = window.fetch;
          window.fetch = async (url, how) => {
            const wanted = new URL(url, location).searchParams.get("modality");
            if (wanted === "late") await new Promise((r) => setTimeout(r, 400));
            if (!wanted || wanted === "gone") return real(url, how);
            const told = await (await real("/v1/map")).json();
            return Response.json({ ...told, modality: wanted, modalities: ["late", "soon", "gone"] });
          };
          document.querySelector("#map-modality").append(...["late", "soon"].map((m) => new Option(m)));
        }""")
        for name in ("late", "soon"):
            page.select_option("#map-modality", name)
        page.wait_for_timeout(700)
        assert page.input_value("#map-modality") == "soon"
        page.select_option("#map-modality", "gone")
        page.locator("#map-none").wait_for()
        page.select_option("#map-modality", "soon")
        page.locator("#map-none").wait_for(state="hidden")


def test_a_list_that_windows_wrote_is_read(address: tuple[Any, str], tmp_path: Path) -> None:
    with opened(address) as page:
        card = ask(page, "a song by Beyoncé").locator(".card").first
        title = card.locator("h3").inner_text()
        listed = f"C:\\Music\\Beyoncé\\An Album\\03 {title}.mp3\r\nD:\\gone.mp3\r\n"
        page.goto(f"{address[1]}/#/playlists")
        for code in ("utf-16", "cp1252", "utf-8-sig"):
            page.locator("#queue-clear").evaluate("(button) => button.click()")
            (tmp_path / f"{code}.m3u").write_bytes(listed.encode(code))
            page.set_input_files("#import-file", tmp_path / f"{code}.m3u")
            until(lambda: queued(page) == [title])


def test_two_tabs_have_one_queue(address: tuple[Any, str]) -> None:
    with opened(address) as page:
        turn = ask(page, "three folk songs")
        other = page.context.new_page()
        other.goto(page.url)
        other.locator(".turn .how").wait_for()
        turn.locator("button.all").click()
        until(lambda: len(queued(other)) == 3)
        other.locator("#queue-list .round").first.click()
        until(lambda: len(queued(page)) == 2)
