"""Simulated dialogues against a catalogue of made-up names, where every word tells whose fact it is."""

import re
from pathlib import Path

import polars as pl
import pytest

from segue.data.catalogue import PLAYLISTS, PLAYS, TRACKS, Catalogue, Dialogue, Split, Turn, conform, empty
from segue.dialogues import references, simulator, wording
from segue.dialogues.facts import Dice, facts_of, noun_phrase, read_tag, spoken
from segue.dialogues.format import moments
from segue.dialogues.simulate import Made, catalogue_requests, make, simulate
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

N_ARTISTS, PER_ARTIST = 12, 8


def catalogue(
    playlists: dict[str, list[str]] | None = None, splits: dict[str, str] | None = None
) -> Catalogue:
    """96 tracks whose every fact is a word of its own: title "Ttl7x", artist "Art1x", tag "genrcx" ..."""
    rows = [
        {
            "track_id": f"t{n}",
            "title": f"Ttl{n}x",
            "artist": f"Art{n // PER_ARTIST}x",
            "album": f"Alb{n // PER_ARTIST}x" if n % 2 else None,
            "year": 1950 + n % 7 * 10 if n % 3 else None,
            "tags": [word("genr", n % 5), word("styl", n % 11), word("vibe", n % 17), "seen live", "80s"],
        }
        for n in range(N_ARTISTS * PER_ARTIST)
    ]
    table = [
        {"playlist_id": p, "position": n, "track_id": t, "split": (splits or {}).get(p, "train")}
        for p, tracks in (playlists or {}).items()
        for n, t in enumerate(tracks)
    ]
    return Catalogue(
        conform("tracks", pl.DataFrame(rows), TRACKS),
        empty(PLAYS),
        conform("playlists", pl.DataFrame(table), PLAYLISTS) if table else empty(PLAYLISTS),
        [],
    )


def word(kind: str, n: int) -> str:
    """A tag without digits, as tags with digits do not describe music: genrax, genrbx, ..."""
    return f"{kind}{chr(97 + n)}x"


def some_playlists(n: int = 150, length: int = 11) -> list[tuple[str, list[str]]]:
    step = (1, 5, 7, 11, 13)
    total = N_ARTISTS * PER_ARTIST
    return [(f"p{i}", [f"t{(i * 3 + j * step[i % 5]) % total}" for j in range(length)]) for i in range(n)]


def made_up_words(text: str) -> set[str]:
    return set(re.findall(r"\b(?:ttl\d+x|art\d+x|alb\d+x|(?:genr|styl|vibe)[a-z]x)\b", text.casefold()))


def words_of(row: dict[str, object]) -> set[str]:
    values = [row["title"], row["artist"], row["album"], *row["tags"]]  # type: ignore[misc]
    return made_up_words(" ".join(str(v) for v in values))


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


def test_every_phrase_can_be_said():
    slots = [
        "name",
        "artist",
        "album",
        "previous",
        "mood",
        "np",
        "time",
        "decade",
        "occasion",
        "doing",
        "no",
        "than",
        "other",
        "T",
        "A",
    ]
    for key in wording.PHRASES:
        for phrase in wording.PHRASES[key]:
            names = set(re.findall(r"{(\w+)}", phrase))
            assert names <= {*slots, *wording.PHRASES}, phrase
            assert wording.say(key, Dice(key, phrase), **{s: s for s in slots}) is not None
    assert set(wording.OCCASIONS) == set(wording.DOING)
    assert {*wording.FEELING_OF.values(), "any"} == set(wording.OCCASIONS)


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


@pytest.mark.parametrize("tag", ["favorites", "seen live", "love it", "awesome", "wjlb-fm", "<3", "My Songs"])
def test_tags_that_do_not_describe_music_are_not_spoken(tag: str):
    assert read_tag(tag) is None


@pytest.mark.parametrize(
    ("tags", "phrase"),
    [
        (["rock"], "a rock song"),
        (["mellow", "folk"], "a mellow folk song"),
        (["energetic", "indie", "piano"], "an energetic indie song with piano"),
        (["r&b", "female vocalists"], "an R&B song with female vocals"),
        (["80s", "love songs"], "a love song from the 80s"),
        (["slow tempo", "sad"], "a slow, sad song"),
        (["classic rock", "rock"], "a classic rock song"),
        ([], "a song"),
    ],
)
def test_tags_become_a_noun_phrase(tags: list[str], phrase: str, monkeypatch: pytest.MonkeyPatch):
    found = facts_of({"track_id": "a", "title": "b", "artist": "c", "tags": tags}).tags
    dice = Dice(0)
    monkeypatch.setattr(dice, "random", lambda: 0.0)
    assert noun_phrase(found, dice, one=True) == phrase


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Motivation (w/ Lil Wayne)", "Motivation"),
        ("Help! - Remastered 2009", "Help!"),
        ("Undone - The Sweater Song", "Undone - The Sweater Song"),
        ("(Intro)", "(Intro)"),
        ("Plain", "Plain"),
    ],
)
def test_titles_are_spoken_without_what_is_behind_them(title: str, said: str):
    assert spoken(title) == said


def test_the_dice_fall_as_they_are_weighted():
    dice = Dice("weights")
    draws = [dice.weighted({"a": 3.0, "b": 1.0, "c": 0.0}) for _ in range(4000)]
    assert draws.count("a") / 4000 == pytest.approx(0.75, abs=0.03)
    assert draws.count("c") == 0
    assert Dice(1, "x").random() == Dice(1, "x").random() != Dice(2, "x").random()


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


def workspace_of(tmp_path: Path, dialogues: list[Dialogue]) -> Workspace:
    playlists = dict(some_playlists(30))
    splits: dict[str, str] = {f"p{i}": ("train", "validation", "test")[i % 3] for i in range(30)}
    known = catalogue(playlists, splits)
    known.dialogues = dialogues
    workspace = Workspace(tmp_path / "w")
    known.save(workspace)
    return workspace


def real(name: str, split: Split) -> Dialogue:
    return Dialogue(name, (Turn("user", "Ttl1x"), Turn("music", "t1", True)), split)


def ids(workspace: Workspace, split: Split) -> list[str]:
    return [d.dialogue_id for d in Catalogue.load(workspace).dialogues_of(split)]


def test_make_keeps_splits_apart(tmp_path: Path):
    workspace = workspace_of(tmp_path, [])
    assert make(workspace, catalogue_requests=7) == Made(
        {"train": 10, "validation": 10, "test": 10, "requests": 7}, skipped=False
    )
    for split, rest in (("train", 0), ("validation", 1), ("test", 2)):
        found = [i for i in ids(workspace, split) if not i.startswith("sim-track-")]  # type: ignore[arg-type]
        assert {int(i.split("-")[1][1:]) % 3 for i in found} == {rest}


def test_real_dialogues_stay_and_their_test_gets_no_simulated_ones(tmp_path: Path):
    workspace = workspace_of(
        tmp_path, [real("cpcd-1", "train"), real("cpcd-2", "test"), real("sim-old-0", "train")]
    )
    made = make(workspace)
    assert made.counts == {"train": 10, "validation": 10, "test": 0, "requests": 0}
    assert ids(workspace, "test") == ["cpcd-2"]
    assert ids(workspace, "train")[0] == "cpcd-1"
    assert "sim-old-0" not in ids(workspace, "train")


def test_make_again_is_skipped_until_something_changes(tmp_path: Path):
    workspace = workspace_of(tmp_path, [])
    first = make(workspace)
    before = (workspace.catalogue / "dialogues.jsonl").stat().st_mtime_ns
    assert make(workspace) == Made(first.counts, skipped=True)
    assert (workspace.catalogue / "dialogues.jsonl").stat().st_mtime_ns == before
    assert not make(workspace, seed=1).skipped
    assert not make(workspace).skipped
    known = Catalogue.load(workspace)
    known.dialogues.append(real("new", "test"))
    known.save(workspace)
    assert make(workspace).counts["test"] == 0


def test_caps_and_copies(tmp_path: Path):
    workspace = workspace_of(tmp_path, [])
    assert make(workspace, max_dialogues=4).counts == {"train": 4, "validation": 4, "test": 4, "requests": 0}
    assert make(workspace, max_dialogues={"train": 5}, per_playlist=2).counts["train"] == 5
    assert make(workspace, per_playlist=2).counts["validation"] == 20
    assert len(Catalogue.load(workspace).dialogues) == 60


def test_the_report_counts_and_shows_dialogues(tmp_path: Path):
    workspace = workspace_of(tmp_path, [])
    make(workspace, catalogue_requests=5)
    text = (workspace.report("dialogues") / "report.md").read_text("utf-8")
    assert "| train | 10 |" in text
    assert "| requests | 5 | 1.00 | 0.00 | 5 |" in text
    assert text.count("### sim-p") == 3
    assert "<|" not in text
    for modality in ("metadata", "semantic", "playlist"):
        assert f"| **all** | {modality} |" in text


def test_simulated_dialogues_make_no_track_warm(tmp_path: Path):
    workspace = workspace_of(tmp_path, [])
    before = Catalogue.load(workspace).cold
    make(workspace, catalogue_requests=200)
    assert (Catalogue.load(workspace).cold == before).all()
    assert before.any()


@pytest.mark.parametrize("wrong", [{"per_playlist": 0}, {"max_turns": 0}, {"catalogue_requests": -1}])
def test_numbers_out_of_range_are_one_clear_line(tmp_path: Path, wrong: dict[str, int]):
    with pytest.raises(SegueError, match="must be"):
        make(workspace_of(tmp_path, []), **wrong)  # type: ignore[arg-type]


def test_no_catalogue_is_one_clear_line(tmp_path: Path):
    with pytest.raises(SegueError, match="no catalogue"):
        make(Workspace(tmp_path))


TRACKS_COMPARED = {
    "a": {"title": "A", "artist": "One", "year": 1970, "tags": ["calm", "slow tempo", "folk", "sad"]},
    "b": {"title": "B", "artist": "Two", "year": 1990, "tags": ["energetic", "fast tempo", "disco"]},
    "c": {"title": "C", "artist": "One & Two", "year": 1992, "tags": ["mellow", "medium tempo", "folk rock"]},
    "d": {"title": "D", "artist": "Four"},
}


def test_comparisons_and_refusals_are_true():
    of = {i: facts_of({"track_id": i} | row) for i, row in TRACKS_COMPARED.items()}
    assert references.comparisons(of["a"], of["b"]) == ["older", "slower", "sadder"]
    assert references.comparisons(of["b"], of["a"]) == ["newer", "faster", "livelier"]
    assert references.comparisons(of["c"], of["b"]) == ["slower", "calmer"]
    assert references.comparisons(of["d"], of["b"]) == references.comparisons(of["a"], None) == []
    assert [t.words for t in references.refusable(of["a"], [of["b"], of["c"]])] == [
        "energetic",
        "fast",
        "disco",
        "mellow",
        "mid-tempo",
    ]
    assert references.refusable(of["d"], [of["a"]]) == []
    assert references.other_artists(of["c"], [of["a"], of["b"], of["d"]]) == ["Four"]
    assert references.other_artists(of["d"], [of["a"], of["a"], of["c"]]) == ["One", "One & Two"]
