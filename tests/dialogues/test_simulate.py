"""Simulated dialogues against a catalogue of made-up names, where every word tells whose fact it is."""

import re
from pathlib import Path

import polars as pl
import pytest

from made_up_playlists import PER_ARTIST, catalogue, made_up_words, some_playlists, words_of
from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Dialogue, conform, empty
from segue.dialogues import simulator, wording
from segue.dialogues.format import moments
from segue.dialogues.simulate import catalogue_requests, simulate


@pytest.fixture(scope="module")
def known() -> Catalogue:
    return catalogue()


@pytest.fixture(scope="module")
def made(known: Catalogue) -> list[Dialogue]:
    return simulate(known, some_playlists(), seed=0, split="train")


REFUSED = re.compile(
    r"\b(?:no more|no|not too|not|nothing by|nothing|without|anything but|enough|tired of|skip) "
    r"((?:art|genr|styl|vibe)\w+x)"
)


def words_of_disliked(dialogue: Dialogue, turn: int, rows: dict[str, set[str]]) -> set[str]:
    """The words of the tracks turned down before the next accepted one."""
    places = [n for n, t in enumerate(dialogue.turns) if t.role == "music" and t.liked]
    start, end = places[turn - 1], places[turn] if turn < len(places) else len(dialogue.turns)
    wrong = [t.content for t in dialogue.turns[start:end] if t.liked is False]
    return {w for i in wrong for w in rows[i]}


def accepted(dialogue: Dialogue) -> list[str]:
    return [t.content for t in dialogue.turns if t.role == "music" and t.liked]


def test_at_least_half_of_the_playlist_is_played_in_its_order(made: list[Dialogue]):
    for dialogue, (name, playlist) in zip(made, some_playlists(), strict=True):
        played = accepted(dialogue)
        assert dialogue.dialogue_id == f"sim-{name}-0"
        assert 6 <= len(played) <= 8
        start = playlist.index(played[0])
        assert played == playlist[start : start + len(played)]


@pytest.mark.parametrize("max_turns", [1, 3])
def test_no_more_than_max_turns_are_accepted(known: Catalogue, max_turns: int):
    found = simulate(known, some_playlists(20), seed=0, max_turns=max_turns, split="train")
    assert {len(accepted(d)) for d in found} == {max_turns}


def test_the_listener_speaks_then_music_plays_then_the_assistant_speaks(made: list[Dialogue]):
    for dialogue in made:
        roles = [t.role for t in dialogue.turns]
        assert roles == ["user", "music", "assistant"] * (len(roles) // 3)
        assert all((t.liked is None) == (t.role != "music") for t in dialogue.turns)
        assert all(t.content.strip() == t.content != "" for t in dialogue.turns)


def test_a_request_names_facts_of_the_track_it_asks_for_and_of_the_one_before_it(
    known: Catalogue, made: list[Dialogue]
):
    """But for artists named as a likeness or beside its own, and for what is refused, which it has not."""
    rows = {row["track_id"]: words_of(row) for row in known.tracks.iter_rows(named=True)}
    named_target = refusals = likenesses = 0
    for dialogue, (_, playlist) in zip(made, some_playlists(), strict=True):
        previous: set[str] = set()
        artists = {w for i in playlist for w in rows[i] if w.startswith("art")}
        for moment in moments(dialogue):
            (target,) = moment.targets
            text = moment.request.said[-1].casefold()
            refused = set(REFUSED.findall(text))
            assert not refused & rows[target]
            said = made_up_words(text) - refused
            others = said - rows[target] - previous
            assert others <= artists, text
            if said & previous - rows[target]:  # only "more like <title>", by name
                assert all(w.startswith(("ttl", "art")) for w in said & previous - rows[target])
            named_target += bool(said & rows[target])
            refusals, likenesses = refusals + bool(refused), likenesses + bool(others)
            previous = rows[target] | words_of_disliked(dialogue, moment.turn, rows)
    n = sum(len(moments(d)) for d in made)
    assert named_target / n > 0.4
    assert refusals / n > 0.03
    assert likenesses / n > 0.03


def test_a_year_or_decade_is_that_of_the_track(known: Catalogue):
    rows = {row["track_id"]: row for row in known.tracks.iter_rows(named=True)}
    found = catalogue_requests(known, 600, seed=1)
    times = 0
    for dialogue in found:
        row = rows[dialogue.turns[1].content]
        for digits in re.findall(r"\b((?:19|20)\d0)s?\b", dialogue.turns[0].content):
            times += 1
            assert int(digits) // 10 * 10 == (row["year"] or 1980) // 10 * 10
    assert times > 10


def test_a_rejected_track_is_by_an_artist_of_the_playlist_and_not_in_it(
    known: Catalogue, made: list[Dialogue]
):
    artist = dict(known.tracks.select("track_id", "artist").iter_rows())
    rejections = 0
    for dialogue, (_, playlist) in zip(made, some_playlists(), strict=True):
        for turn in dialogue.turns:
            if turn.liked is False:
                rejections += 1
                assert turn.content not in playlist
                assert artist[turn.content] in {artist[t] for t in playlist}
    turns = sum(len(accepted(d)) for d in made)
    assert 0.08 < rejections / turns < 0.22


def test_without_such_a_track_one_with_the_same_tag_is_rejected(known: Catalogue):
    everything_by_two = [(f"p{i}", [f"t{n}" for n in range(2 * PER_ARTIST)]) for i in range(60)]
    tags = {r["track_id"]: words_of(r) for r in known.tracks.iter_rows(named=True)}
    rejected = 0
    for dialogue in simulate(known, everything_by_two, seed=0, split="train"):
        for turn, later in zip(dialogue.turns, dialogue.turns[3:], strict=False):
            if turn.liked is False:
                rejected += 1
                assert turn.content not in everything_by_two[0][1]
                assert tags[turn.content] & tags[later.content]
    assert rejected > 10


def test_after_a_rejection_the_listener_says_no_and_asks_again_for_the_same_track(made: list[Dialogue]):
    for dialogue in made:
        turns = dialogue.turns
        for place, turn in enumerate(turns):
            if turn.liked is False:
                assert turns[place + 2].role == "user"
                assert turns[place + 3].liked is True
                assert len(turns[place + 2].content.split()) >= 2


def test_every_accepted_track_is_a_target(made: list[Dialogue]):
    for dialogue in made:
        assert [t for m in moments(dialogue) for t in m.targets] == accepted(dialogue)


def test_the_assistant_names_tracks_by_markers_and_tags_of_the_track_alone(
    known: Catalogue, made: list[Dialogue]
):
    rows = {row["track_id"]: words_of(row) for row in known.tracks.iter_rows(named=True)}
    marked = lengths = total = 0
    for dialogue in made:
        for music, reply in zip(dialogue.turns, dialogue.turns[1:], strict=False):
            if reply.role != "assistant":
                continue
            said = made_up_words(reply.content)
            assert said <= {w for w in rows[music.content] if w.startswith(("genr", "styl", "vibe"))}
            assert set(re.findall(r"<\|[^|]*\|>", reply.content)) <= {wording.TITLE, wording.ARTIST}
            marked += "<|" in reply.content
            lengths += len(reply.content.split())
            total += 1
            assert len(reply.content.split()) <= 22
    assert marked / total > 0.85
    assert 5 <= lengths / total <= 12


def test_the_seed_decides_and_the_order_of_work_does_not(known: Catalogue, made: list[Dialogue]):
    backwards = simulate(known, some_playlists()[::-1], seed=0, split="train")
    assert backwards[::-1] == made
    assert simulate(known, some_playlists(), seed=1, split="train") != made
    assert simulate(known, some_playlists(5), seed=0, split="train") == made[:5]


def test_copies_of_a_playlist_differ_and_have_ids_of_their_own(known: Catalogue):
    found = simulate(known, some_playlists(1), seed=0, per_playlist=3, split="test")
    assert [d.dialogue_id for d in found] == ["sim-p0-0", "sim-p0-1", "sim-p0-2"]
    assert len({d.turns for d in found}) == 3
    assert {d.split for d in found} == {"test"}


def test_what_is_said_varies(made: list[Dialogue]):
    def patterns(role: str) -> set[str]:
        texts = [t.content.casefold() for d in made for t in d.turns if t.role == role]
        return {re.sub(r"\b(ttl|art|alb|genr|styl|vibe)\w+x\b|\d+s?\b|\W+$", "", t) for t in texts}

    assert len(patterns("user")) > 500
    assert len(patterns("assistant")) > 300
    users = [t.content for d in made for t in d.turns if t.role == "user"]
    assert 0.2 < sum(t == t.lower() for t in users) / len(users) < 0.45
    assert 4 < sum(len(t.split()) for t in users) / len(users) < 12


def test_every_kind_of_request_is_made_and_in_its_share(known: Catalogue):
    simulated = simulator.Simulator(known, 0)
    for name, tracks in some_playlists(400):
        simulated.dialogue(name, tracks, 0, 8, "train")
    total = sum(n for key, n in simulated.tally.items() if key.startswith("request"))
    shares = {kind: simulated.tally[f"request {kind}"] / total for kind in wording.KINDS}
    spoken_of = {k: s for k, s in shares.items() if k != "comparison" or s}
    assert min(spoken_of.values()) > 0.005, shares
    assert shares["similar"] == pytest.approx(0.15, abs=0.04)
    assert shares["reaction"] == pytest.approx(0.11, abs=0.04)
    assert shares["artist"] + shares["artists"] > 0.15
    assert shares["without"] + shares["no_artist"] + shares["comparison"] > 0.05


@pytest.mark.parametrize(
    "row",
    [
        {"track_id": "a", "title": "Alone", "artist": "Solo"},
        {"track_id": "a", "title": "", "artist": ""},
        {"track_id": "a", "title": None, "artist": "Unknown Artist", "tags": ["favorites", "seen live"]},
        {"track_id": "a", "title": "{name} 100% {", "artist": "}{0}", "tags": ["{np}"]},
        {"track_id": "a", "title": "x\u2028y", "artist": "Ünïcode 日本", "tags": ["日本", "r&b"]},
    ],
)
def test_poor_and_odd_tracks_do_not_break_it(row: dict[str, object], tmp_path: Path):
    tracks = conform("tracks", pl.DataFrame([row]), TRACKS)
    poor = Catalogue(tracks, empty(PLAYS), empty(PLAYLISTS), [])
    for seed in range(30):
        (dialogue,) = simulate(poor, [("p", ["a"])], seed=seed, split="train")
        assert accepted(dialogue) == ["a"]
        assert dialogue.turns[0].content
        assert Dialogue.from_json(dialogue.to_json()) == dialogue
        assert len(dialogue.to_json().splitlines()) == 1


def test_unknown_and_repeated_tracks_are_left_out(known: Catalogue):
    assert simulate(known, [("p", ["nowhere"]), ("q", [])], seed=0, split="train") == []
    (dialogue,) = simulate(known, [("p", ["t1", "t1", "gone", "t1"])], seed=0, split="train")
    assert accepted(dialogue) == ["t1"]


def test_catalogue_requests_come_once_for_every_row_before_any_comes_twice(known: Catalogue):
    rows = [3, 5, 8, 13]
    found = catalogue_requests(known, 6, seed=0, rows=rows)
    played = [d.turns[1].content for d in found]
    assert sorted(played[:4]) == sorted(f"t{r}" for r in rows)
    assert set(played[4:]) <= set(played[:4])
    assert len({d.dialogue_id for d in found}) == 6
    assert all(d.split == "train" and d.dialogue_id.startswith("sim-track-") for d in found)
    assert [t.role for t in found[0].turns] == ["user", "music", "assistant"]
    assert catalogue_requests(known, 5, seed=0, rows=[]) == []
