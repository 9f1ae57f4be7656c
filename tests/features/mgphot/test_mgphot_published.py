"""The published annotations: the file, the join with a catalogue, and ratings measured against them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from segue.data import store
from segue.describe.mgphot import values
from segue.describe.mgphot.load import check_definitions, examples_of, key_of, load, read_tsv
from segue.describe.mgphot.schema import ATTRIBUTES, CATEGORIES, COLUMNS, DIM, NAMES, VOICE, in_category
from segue.describe.mgphot.validate import compare, spearman, validate
from segue.features.mgphot import compute
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

Make = Callable[..., Workspace]
Song = tuple[str, str, Sequence[float]]


def made_up(seed: int) -> list[float]:
    """Values of one song, none of the voice 0."""
    return (np.random.default_rng(seed).integers(1, 11, DIM) / 10).tolist()


def write_tsv(path: Path, songs: Sequence[Song], column: str = "gene_values") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(["mgphot_track_id", "artist", "title", column])
        for number, (artist, title, given) in enumerate(songs):
            writer.writerow([number, artist, title, json.dumps(given)])
    return path


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    played = made_up(1)
    for column in np.flatnonzero(VOICE):
        played[column] = 0.0
    songs = [("A", "T", made_up(0)), ('Q "quoted"', "Ünï", played)]
    found = read_tsv(write_tsv(tmp_path / "x.tsv", songs))
    assert found.artists == ["A", 'Q "quoted"']
    assert found.titles == ["T", "Ünï"]
    assert found.matrix[0] == pytest.approx(np.array(made_up(0)))
    assert np.isnan(found.matrix[1, VOICE]).all()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (made_up(0)[:57], ":3: 57 values instead of 58"),
        ([*made_up(0), 0.5], ":3: 59 values instead of 58"),
        ([1.1, *made_up(0)[1:]], ":3: Vocal Register is 1.1, not one of"),
        ([-0.1, *made_up(0)[1:]], ":3: Vocal Register is -0.1"),
        ([0.55, *made_up(0)[1:]], ":3: Vocal Register is 0.55"),
        ([float("nan"), *made_up(0)[1:]], ":3: Vocal Register is nan"),
        ([True, *made_up(0)[1:]], ":3: the values are not a list of numbers"),
        ("0.5", ":3: the values are not a list of numbers"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, given: list[float], why: str) -> None:
    path = write_tsv(tmp_path / "x.tsv", [("A", "T", made_up(0)), ("B", "U", given)])
    with pytest.raises(SegueError, match=why):
        read_tsv(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SegueError, match="cannot be read"):
        read_tsv(tmp_path / "none.tsv")
    with pytest.raises(SegueError, match=r"no column gene_values .it has: mgphot_track_id, artist"):
        read_tsv(write_tsv(tmp_path / "x.tsv", [("A", "T", made_up(0))], column="genes"))
    with pytest.raises(SegueError, match="no song in it"):
        read_tsv(write_tsv(tmp_path / "x.tsv", []))
    with pytest.raises(SegueError, match="without artist or title"):
        read_tsv(write_tsv(tmp_path / "x.tsv", [("", "T", made_up(0))]))
    (tmp_path / "x.tsv").write_bytes(b"\xff\xfe\x00binary")
    with pytest.raises(SegueError, match="cannot be read"):
        read_tsv(tmp_path / "x.tsv")


def test_definitions_in_another_order_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "genes.tsv"

    def write(names: Sequence[str]) -> None:
        lines = ["gene_id\tname\tcategory\tdescription", *[f"{i}\t{n}\tc\td" for i, n in enumerate(names)]]
        path.write_text("\n".join(lines) + "\n", "utf-8")

    write(NAMES)
    check_definitions(path)
    write([NAMES[1], NAMES[0], *NAMES[2:]])
    with pytest.raises(SegueError, match="'Vocal Timbre Thin to Full' elsewhere"):
        check_definitions(path)
    write(NAMES[:57])
    with pytest.raises(SegueError, match="57 attributes, not 58"):
        check_definitions(path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Beyoncé", "Crazy In Love (feat. JAY-Z)"), ("BEYONCE", "Crazy in Love")),
        (("Beyoncé Featuring Jay-Z", "Crazy In Love"), ("Beyoncé ft. Jay-Z", "Crazy In Love")),
        (("The Beatles", "Help! - Remastered 2009"), ("Beatles", "Help")),
        (
            ("Simon & Garfunkel", "Mrs. Robinson"),
            ("Simon and Garfunkel", "Mrs Robinson (From “The Graduate”)"),
        ),
        (("The Rolling Stones", "(I Can't Get No) Satisfaction"), ("Rolling Stones", "Satisfaction")),
        (("Queen", "Don’t Stop Me Now"), ("Queen", "Don't Stop Me Now [2011]")),
        (("Кино", "Группа крови"), ("КИНО", "группа крови")),
    ],
)
def test_the_same_song_has_one_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert key_of(*one) == key_of(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("A", "Song (Live)"), ("A", "Song")),
        (("A", "Song - 2011 Remix"), ("A", "Song")),
        (("A", "Song - Acoustic Version"), ("A", "Song")),
        (("A", "Song - Love"), ("A", "Song")),
        (("A", "か"), ("A", "が")),
        (("A", "की"), ("A", "का")),
    ],
)
def test_another_recording_has_another_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert key_of(*one) != key_of(*other)


def test_a_name_that_is_all_brackets_stays_a_name() -> None:
    assert key_of("(G)I-DLE", "(Intro)") == ("g i dle", "intro")
    assert key_of("!!!", "???") == ("", "")


def test_songs_are_found_in_the_catalogue(make_workspace: Make, tmp_path: Path) -> None:
    """Matched by name; twice with the same values is one song; two with different values are told apart."""
    songs = [
        ("The Band", "Song", made_up(0)),
        ("Other", "Twice", made_up(1)),
        ("other", "twice", made_up(1)),
        ("Duo", "Split", made_up(2)),
        ("DUO", "Split", made_up(3)),
    ]
    rows = [
        {"track_id": "t0", "artist": "Nobody", "title": "Nothing"},
        {"track_id": "t1", "artist": "Band", "title": "SONG (Remastered)"},
        {"track_id": "t2", "artist": "Band", "title": "Song (Live)"},
        {"track_id": "t3", "artist": "OTHER", "title": "Twice"},
        {"track_id": "t4", "artist": "duo", "title": "split"},
        {"track_id": "t5", "artist": "DUO", "title": "Split"},
    ]
    workspace = make_workspace(rows)
    path = write_tsv(tmp_path / "x.tsv", songs)
    assert load(workspace, path) == (
        "3 of 6 tracks are one of 5 annotated songs; 2 are not, 1 could be several"
    )
    found = values.read(workspace, "loaded")
    assert found is not None
    assert list(found.track_ids) == ["t1", "t3", "t5"]
    assert found.matrix == pytest.approx(np.array([made_up(0), made_up(1), made_up(3)]))
    lines = compute(workspace, ratings=path)
    assert "3 of 6 tracks (3 loaded), 100% of their attributes known" in lines[-1]
    with pytest.raises(SegueError, match="none of its 1 songs is in the catalogue"):
        load(workspace, write_tsv(tmp_path / "y.tsv", [("Else", "Where", made_up(0))]))


def test_the_published_examples_come_from_the_file(tmp_path: Path) -> None:
    songs = [
        ("Simon & Garfunkel", "Mrs. Robinson", made_up(0)),
        ("Metallica", "Master of Puppets", made_up(1)),
    ]
    found = examples_of(write_tsv(tmp_path / "x.tsv", songs))
    assert [e.title for e in found] == ["Mrs. Robinson", "Master Of Puppets"]
    assert found[1].values == pytest.approx(np.array(made_up(1)))
    with pytest.raises(SegueError, match="no 'Master Of Puppets' by Metallica"):
        examples_of(write_tsv(tmp_path / "x.tsv", songs[:1]))


def test_annotations_come_before_ratings_and_predictions(make_workspace: Make) -> None:
    workspace = make_workspace(["a", "b", "c"])
    half, high = np.full((2, DIM), 0.5, np.float32), np.full((2, DIM), 0.9, np.float32)
    half[1, 3] = np.nan
    values.write(workspace, "rated", values.Values(["a", "b"], high, {"raters": ["m"]}))
    values.write(workspace, "loaded", values.Values(["b", "gone"], half, {}))
    compute(workspace)
    feature, card, tensors = store.load_any(workspace, "mgphot")
    assert tensors["source"].tolist() == [2, 1, 0]
    assert feature.matrix[:2, 0] == pytest.approx([0.9, 0.5])
    assert card["tracks"] == {"loaded": 1, "rated": 1, "predicted": 0}
    assert np.isnan(values.known_values(workspace)[2]).all()


def test_the_feature_needs_something_to_be_made_of(make_workspace: Make) -> None:
    workspace = make_workspace(["a"])
    assert "no track is rated yet" in compute(workspace)[0]
    assert not workspace.feature("mgphot").exists()


def test_correlations_are_those_of_scipy_and_their_intervals_hold() -> None:
    """On many attributes with ties and gaps; a bootstrap that draws tracks and asks scipy is the judge."""
    generator = np.random.default_rng(0)
    truth = (generator.integers(0, 11, (120, DIM)) / 10).astype(np.float32)
    noise = generator.normal(0, 0.3, truth.shape)
    guess = np.clip(np.round((truth + noise) * 5) / 5, 0, 1).astype(np.float32)
    guess[generator.random(guess.shape) < 0.1] = np.nan
    table = compare(guess, truth, resamples=200, seed=1).head(DIM)
    for column, row in enumerate(table.iter_rows(named=True)):
        known = np.isfinite(guess[:, column])
        x, y = guess[known, column], truth[known, column]
        assert row["rho"] == pytest.approx(spearmanr(x, y).statistic, abs=1e-6)
        assert row["mae"] == pytest.approx(np.abs(x - y).mean(), abs=1e-6)
        assert row["constant_mae"] == pytest.approx(np.abs(y - np.median(y)).mean(), abs=1e-6)
        assert row["tracks"] == known.sum()
        assert row["rho_low"] < row["rho"] < row["rho_high"]
        assert row["mae_low"] < row["mae"] < row["mae_high"]
    x, y = guess[:, 0], truth[:, 0]
    weights = np.random.default_rng(1).multinomial(120, np.full(120, 1 / 120), size=200)
    drawn = [np.repeat(np.arange(120), w) for w in weights]
    drawn = [rows[np.isfinite(x[rows])] for rows in drawn]
    slow = [spearmanr(x[rows], y[rows]).statistic for rows in drawn]
    low, high = np.percentile(slow, (2.5, 97.5))
    assert (table["rho_low"][0], table["rho_high"][0]) == pytest.approx((low, high), abs=1e-6)


def test_hand_values() -> None:
    """Three tracks: ranks 1 2 3 against 1 3 2 correlate by a half, errors 0, .2 and .2."""
    truth = np.full((3, DIM), 0.5, np.float32)
    guess = truth.copy()
    truth[:, 0], guess[:, 0] = [0.1, 0.3, 0.5], [0.1, 0.5, 0.3]
    table = compare(guess, truth, resamples=10)
    row = table.row(0, named=True)
    assert row["rho"] == pytest.approx(0.5)
    assert row["mae"] == pytest.approx(0.4 / 3)
    assert row["constant_mae"] == pytest.approx(0.4 / 3)
    # Where everything is 0.5 there is no correlation, and a constant makes no error.
    assert np.isnan(table["rho"][1])
    assert table["constant_mae"][1] == 0
    mean = table.row(by_predicate=pl.col("name") == "vocals", named=True)
    assert mean["rho"] == pytest.approx(0.5)
    assert mean["mae"] == pytest.approx(0.4 / 3 / 7)
    assert mean["published_rho"] == pytest.approx(np.mean([ATTRIBUTES[c].rho for c in in_category("vocals")]))
    pairs, once = np.array([[0, 0], [0, 1], [1, 1.0]]), np.array([[2.0, 1], [1, 0], [3, 0]])
    found = spearman(pairs, once)
    assert found[0] == pytest.approx(spearmanr([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1]).statistic)
    assert np.isnan(found[1])


def test_validation_leaves_out_what_the_prompt_shows(make_workspace: Make) -> None:
    names = [("Band", f"Song {i}") for i in range(30)]
    names += [("Simon and Garfunkel", "Mrs. Robinson"), ("Own", "Example")]
    rows = [{"track_id": f"t{i}", "artist": a, "title": t} for i, (a, t) in enumerate(names)]
    workspace = make_workspace(rows)
    with pytest.raises(SegueError, match="no ratings of a model to compare"):
        validate(workspace)
    ids = [row["track_id"] for row in rows]
    truth = np.array([made_up(i) for i in range(32)], np.float32)
    guess = truth.copy()
    guess[30:] = 1 - truth[30:]  # would be seen
    facts = {"raters": ["m"], "examples": [["Own", "Example"]]}
    values.write(workspace, "rated", values.Values(ids, guess, facts))
    with pytest.raises(SegueError, match="no annotations to compare"):
        validate(workspace)
    values.write(workspace, "loaded", values.Values(ids, truth, {}))
    line = validate(workspace, resamples=20)
    assert line.startswith("mgphot: on 30 tracks the mean Spearman correlation is 1.000 (1.000 to 1.000;")
    folder = workspace.report("mgphot")
    assert (folder / "validation.png").read_bytes()[:4] == b"\x89PNG"
    report = (folder / "report.md").read_text("utf-8")
    assert "30 tracks; 2 more were left out" in report
    assert report.count("\n| ") == DIM + len(CATEGORIES) + 1 + 2
    assert "| Odd Meter | 30 | 1.000 | 1.000 to 1.000 | 0.28 | 0.000 |" in report
    assert COLUMNS["Odd Meter"] == 13
