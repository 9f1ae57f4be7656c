"""How long each door takes for the same dialogue, from its second turn on.

Usage: python benchmarks/doors.py WORKSPACE [DIALOGUES]   (a server of its own is started)
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx2
import openai
from mcp import Client

from serving import TURNS, server

Seconds = list[float]


def rest(url: str, said: list[str]) -> Seconds:
    """The whole answer of a conversation's message."""
    with httpx2.Client(base_url=url, timeout=60, headers={"accept": "application/json"}) as client:
        where = f"/v1/conversations/{client.post('/v1/conversations').json()['id']}/messages"
        return [
            timed(lambda words=w: client.post(where, json={"text": words}).raise_for_status()) for w in said
        ]  # type: ignore[misc]


def openai_tracks(url: str, said: list[str], words: bool = False) -> Seconds:
    """The first chunk, which carries the tracks; with `words` the first word."""
    found = []
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none") as client:
        for n in range(len(said)):
            messages: list[Any] = [{"role": "user", "content": w} for w in said[: n + 1]]
            began = time.perf_counter()
            with client.chat.completions.create(model="segue", messages=messages, stream=True) as stream:
                for chunk in stream:
                    if not words or (chunk.choices and chunk.choices[0].delta.content):
                        break
            found.append(time.perf_counter() - began)
    return found


def openai_words(url: str, said: list[str]) -> Seconds:
    """The first word of OpenAI's door."""
    return openai_tracks(url, said, words=True)


def mcp(url: str, said: list[str]) -> Seconds:
    """A call of the tool `recommend` over HTTP."""

    async def calls() -> Seconds:
        found = []
        async with Client(f"{url}/mcp") as client:
            for n in range(len(said)):
                began = time.perf_counter()
                await client.call_tool("recommend", {"messages": said[: n + 1]})
                found.append(time.perf_counter() - began)
        return found

    return asyncio.run(calls())


def subsonic(url: str, said: list[str]) -> Seconds:
    """Fifty songs like one."""
    with httpx2.Client(base_url=url, timeout=60) as client:
        query = {"query": "", "songCount": len(said), "f": "json"}
        songs = client.get("/rest/search3", params=query).json()["subsonic-response"]["searchResult3"]["song"]
        asked = [{"id": song["id"], "f": "json"} for song in songs]
        return [
            timed(lambda q=q: client.get("/rest/getSimilarSongs2", params=q).raise_for_status())
            for q in asked
        ]  # type: ignore[misc]


def timed(work: Callable[[], Any]) -> float:
    """Seconds of some work."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(workspace: str, dialogues: int = 10) -> None:
    """Print the median and the 95th percentile of each door."""
    doors = (rest, openai_tracks, openai_words, mcp, subsonic)
    with server(workspace) as (url, _, opening):
        print(
            f"opened in {opening:.1f} s; {dialogues} dialogues of {len(TURNS)} turns, from the second turn on"
        )
        for door in doors:
            found: Seconds = []
            for number in range(dialogues):
                # Other words before each dialogue, so that no door is answered from what is remembered.
                found += door(url, [f"something from {1960 + number}", *TURNS[1:]])[1:]
            edge = statistics.quantiles(found, n=20)[-1]
            print(f"{door.__name__:14} median {statistics.median(found):.3f} s  p95 {edge:.3f} s")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
