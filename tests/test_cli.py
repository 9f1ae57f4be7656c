"""The command line from end to end on made-up tables, and what it says to bad input."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from command import refused, segue, works
from segue.data.catalogue import Catalogue, Tables, Turn
from segue.data.codes import Tokens
from segue.data.library import Library
from segue.data.request import Request
from segue.importing import add as importing
from segue.kit.workspace import Workspace
from segue.llm.network import MusicLM
from segue.models.registry import load, load_all
from segue.testing.tiny_llm import save_tiny

N = 60
KINDS = (("piano", "calm"), ("drums", "loud"))
STEPS = 20


def snapshot(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, with a hash of what is in it."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.blake2b(p.read_bytes()).hexdigest() for p in files}


def write_tables(folder: Path, first: int, last: int, name: str) -> Path:
    """Tracks of two kinds in turn, each with its own artists, and playlists that never mix the kinds."""
    folder.mkdir(parents=True)
    rows = range(first, last)
    pl.DataFrame(
        {
            "track_id": [f"{row:03d}" for row in rows],
            "title": [f"Number {row} in {KINDS[row % 2][0]}" for row in rows],
            "artist": [f"{KINDS[row % 2][1].title()} Band {row % 6}" for row in rows],
            "year": [1950 + row for row in rows],
            "tags": [";".join(KINDS[row % 2]) for row in rows],
        }
    ).write_csv(folder / "tracks.csv")
    generator = np.random.default_rng(first)
    lines = [
        {"playlist_id": f"{name}{number}", "position": place, "track_id": f"{row:03d}"}
        for number in range((last - first) * 2 // 3)
        for place, row in enumerate(generator.permutation([r for r in rows if r % 2 == number % 2])[:6])
    ]
    pl.DataFrame(lines).write_csv(folder / "playlists.csv")
    return folder


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first import's tables."""
    return write_tables(tmp_path_factory.mktemp("tables") / "first", 0, N, "p")


@pytest.fixture(scope="module")
def llm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny language model with random weights."""
    return save_tiny(tmp_path_factory.mktemp("llm") / "tiny")


@pytest.fixture(scope="module")
def prepared(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with features, tokens and dialogues; to be copied, never written to."""
    music = tmp_path_factory.mktemp("prepared") / "music"
    works("import", "tables", tables, music)
    works("features", music)
    works("tokens", music, "--clusters", 8)
    works("dialogues", music, "--per-playlist", 2, "--requests", N)
    return music


@pytest.fixture(scope="module")
def trained(prepared: Path, llm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with every model; to be copied, never written to."""
    music = shutil.copytree(prepared, tmp_path_factory.mktemp("trained") / "music")
    works("train", music, "--size", llm, "--steps", STEPS, "--lr", 1e-2)
    works("fit", music)
    return music


@pytest.fixture
def music(prepared: Path, tmp_path: Path) -> Path:
    """A fresh copy of the workspace with features, tokens and dialogues."""
    return shutil.copytree(prepared, tmp_path / "music")


def test_from_tables_to_a_report(trained: Path, tmp_path: Path) -> None:
    music = shutil.copytree(trained, tmp_path / "music")
    printed = works("evaluate", music, "--max-dialogues", 20)
    for row in ("popularity", "bm25", "dense", "neighbours", "talkplay", "hybrid"):
        assert row in printed
    assert (music / "reports" / "conversation" / "report.md").exists()
    assert (music / "models" / "talkplay" / "loss.png").exists()
    metrics = (music / "models" / "talkplay" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in metrics] == list(range(1, STEPS + 1))


def test_a_finished_stage_is_skipped_and_says_so(music: Path, tables: Path) -> None:
    before = snapshot(music)
    for verb in ("features", "tokens", "dialogues"):
        settings = ("--per-playlist", 2, "--requests", N) if verb == "dialogues" else ()
        assert "unchanged" in works(verb, music, *settings), verb
    assert snapshot(music) == before
    works("import", "tables", tables, music)
    after = snapshot(music)
    # The report counts what was there already; the artefacts stay.
    assert all(f.startswith("reports/import/") for f in before if before[f] != after.get(f))
    assert after.keys() == before.keys()


def test_importing_again_adds_cold_tracks_without_retraining(trained: Path, tmp_path: Path) -> None:
    music = shutil.copytree(trained, tmp_path / "music")
    more = write_tables(tmp_path / "more", N, N + 12, "new")
    before = snapshot(music)
    old = Tokens.load(Workspace(music))
    works("import", "tables", more, music, "--split", "test")
    after = snapshot(music)
    kept = {"tokens/codebooks.safetensors", *(f for f in before if f.startswith("models/"))}
    assert {f: after[f] for f in kept} == {f: before[f] for f in kept}

    workspace = Workspace(music)
    catalogue, tokens = Catalogue.load(workspace), Tokens.load(workspace)
    assert catalogue.ids.tolist() == [f"{row:03d}" for row in range(N + 12)]
    assert catalogue.cold[N:].all()
    assert not catalogue.cold[:N].all()
    assert not {i for p in catalogue.playlists_of("train") for i in p} & set(catalogue.ids[N:])
    assert sum(i.startswith("new") for i in catalogue.playlists["playlist_id"].unique()) == 8
    np.testing.assert_array_equal(tokens.codes[:N], old.codes)
    columns = {m: tokens.codes[N:, i] for i, m in enumerate(tokens.modalities)}
    assert (columns["metadata"] >= 0).all()
    assert (columns["semantic"] >= 0).all()
    assert (columns["playlist"] == -1).all()

    asked, library = Request((Turn("user", "play Number 65 in drums"),)), Library.open(workspace)
    for name, model in load_all(library, "conversation").items():
        found = model.recommend([asked], N + 12)
        assert set(found.ids[0]) == set(catalogue.ids), name
        assert np.isfinite(found.scores).all(), name
    assert load(library, "bm25").recommend([asked], 1).ids[0, 0] == "065"
    only_new = Request(asked.messages, where={"year": {"min": 1950 + N}})
    assert set(load(library, "talkplay").recommend([only_new], 12).ids[0]) == set(catalogue.ids[N:])


def test_a_conversation_in_the_terminal(trained: Path) -> None:
    lines = (
        "something calm with piano please",
        "/no",
        "/not Calm Band 0",
        "another one",
        "/where year 2001-2005",
        "no more Calm Band 2",
        "/list",
        "/quit",
    )
    printed = works("chat", trained, "--model", "talkplay", stdin="\n".join(lines) + "\n")
    for line in lines[:-1]:
        assert f"you: {line}\n" in printed
    played = [line[4:] for line in printed.splitlines() if line.startswith("  ♪ ")]
    assert len(played) == len(set(played)) == 4
    assert "Calm Band 0" not in " ".join(played[2:])
    assert 2001 <= int(played[3][-5:-1]) <= 2005
    assert "Calm Band 2" not in played[3]
    assert "No more Calm Band 0." in printed
    listed = printed.split("you: /list\n")[1].splitlines()[:4]
    assert [line.strip() for line in listed] == played


def test_a_request_that_filters_everything_out(trained: Path) -> None:
    artists = sorted({f"{KINDS[row % 2][1].title()} Band {row % 6}" for row in range(N)})
    lines = ["/where year 3000", "/where album Nothing", *(f"/not {a}" for a in artists), "anything", "/list"]
    printed = works("chat", trained, "--model", "bm25", stdin="\n".join(lines))
    assert "No track is left with year 3000; this filter is not set." in printed
    assert "No track is left with album Nothing; this filter is not set." in printed
    assert "/forget takes wishes back." in printed
    assert "Nothing was played yet." in printed
    assert "♪" not in printed


BAD_FILES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "missing": ("", "", "no such file", ()),
    "empty": ("t.csv", "", "empty", ()),
    "only a header": ("t.csv", "track_id,title,artist\n", "no rows", ()),
    "wrong columns": ("t.csv", "name,singer\na,b\n", "no column track_id, title, artist", ()),
    "a mapping to nothing": (
        "t.csv", "track_id,title,artist\na,b,c\n", "no column Song", ("--columns.title", "Song"),
    ),
    "not parquet": ("t.parquet", "hello", "cannot be read", ()),
    "unknown kind of file": ("t.xlsx", "hello", "unknown kind of file", ()),
    "no JSON": ("d.jsonl", "hello\n", "not a dialogue", ("--table", "dialogues")),
    "unknown role": (
        "d.jsonl",
        '{"dialogue_id": "d", "turns": [{"role": "dj", "content": "x"}]}\n',
        "unknown role 'dj'",
        ("--table", "dialogues"),
    ),
    "no times": (
        "p.csv", "user_id,track_id,played_at\nu,001,noon\n", "no time from 1990", ("--table", "plays"),
    ),
    "shares above one": (
        "t.csv", "track_id,title,artist\na,b,c\n", "nothing to train on",
        ("--test", "0.7", "--validation", "0.3"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_leaves_the_workspace_as_it_was(case: str, tables: Path, tmp_path: Path) -> None:
    name, content, said, flags = BAD_FILES[case]
    music, file = tmp_path / "music", tmp_path / (name or "nothing.csv")
    if name:
        file.write_text(content)
    assert said in refused("import", "tables", file, music, *flags)
    assert not music.exists()
    works("import", "tables", tables, music)
    before = snapshot(music)
    assert said in refused("import", "tables", file, music, *flags)
    assert snapshot(music) == before


def test_what_refers_to_nothing_is_dropped_and_counted(music: Path, tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "tracks.csv").write_text(
        "track_id,title,artist\nx1,First,A\nx1,Second,A\nx2,Other,B\n001,New,C\n"
    )
    (tables / "playlists.csv").write_text("playlist_id,position,track_id\none,0,x1\ntwo,0,x1\ntwo,1,x2\n")
    turns = [{"role": "user", "content": "hi"}, {"role": "music", "content": "ghost"}]
    known = [*turns, {"role": "music", "content": "x2"}]
    dialogues = [{"dialogue_id": "a", "turns": turns}, {"dialogue_id": "b", "turns": known}]
    lines = [json.dumps(d) for d in (*dialogues, dialogues[1])]
    (tables / "dialogues.jsonl").write_text("\n".join(lines))
    printed = works("import", "tables", tables, music)
    for said in (
        "duplicate track id", "duplicate dialogue id", "playlist of fewer than two tracks",
        "dialogue turn with unknown track", "dialogue without a known track",
    ):  # fmt: skip
        assert said in printed, said
    catalogue = Catalogue.load(Workspace(music))
    assert catalogue.ids.tolist()[N:] == ["x1", "x2"]
    assert catalogue.tracks["title"].to_list()[N] == "First"
    assert catalogue.tracks["title"].to_list()[1] == "Number 1 in drums"
    assert "one" not in catalogue.playlists["playlist_id"]
    real = [d for d in catalogue.dialogues if not d.dialogue_id.startswith("sim-")]
    assert [d.dialogue_id for d in real] == ["b"]
    assert [t.content for t in real[0].turns] == ["hi", "x2"]


def test_no_workspace_there(tmp_path: Path) -> None:
    for verb in ("features", "tokens", "dialogues", "train", "fit", "evaluate", "chat"):
        assert "segue import" in refused(verb, tmp_path / "nothing"), verb
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "tracks.csv").write_text("track_id,title,artist\na,b,c\n")
    refused("import", "tables", tmp_path / "tracks.csv", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "in the way"


def remove(*names: str) -> Callable[[Path], None]:
    """Deletes files of a workspace."""

    def spoil(music: Path) -> None:
        for name in names:
            (music / name).unlink()

    return spoil


def overwrite(name: str, keep: int = 0) -> Callable[[Path], None]:
    """Spoils a file of a workspace from some byte on."""

    def spoil(music: Path) -> None:
        (music / name).write_bytes((music / name).read_bytes()[:keep] + b"spoilt")

    return spoil


def grow(music: Path) -> None:
    """Add a track, as an import does that was stopped before its features."""
    track = pl.DataFrame({"track_id": ["late"], "title": ["Late"], "artist": ["Late"]})
    importing.add(Workspace(music), Tables(track))


CARDS = tuple(f"features/{m}/card.json" for m in ("playlist", "semantic", "metadata"))
UNFINISHED: dict[str, tuple[Callable[[Path], None], tuple[str, ...], str]] = {
    "no features": (remove(*CARDS), ("tokens",), "run `segue features`"),
    "features that lost a modality": (remove(CARDS[0]), ("tokens",), "playlist gone"),
    "no tokens": (remove("tokens/card.json"), ("train",), "run `segue tokens`"),
    "tokens of fewer tracks": (grow, ("train",), "`segue tokens`"),
    "features of fewer tracks": (grow, ("tokens",), "segue features"),
    "no model to measure": (lambda _: None, ("evaluate",), "no model is fitted yet"),
    "no model to talk to": (lambda _: None, ("chat",), "no model is fitted yet"),
    "the model asked for is not there": (lambda _: None, ("chat", "--model", "talkplay"), "segue train"),
    "no such model": (lambda _: None, ("chat", "--model", "oracle"), "no model 'oracle'"),
    "spoilt catalogue": (overwrite("catalogue/tracks.parquet"), ("features",), "cannot be read"),
    "spoilt dialogues": (overwrite("catalogue/dialogues.jsonl", 300), ("train",), "not a dialogue"),
    "cut codebooks": (overwrite("tokens/codebooks.safetensors", 2000), ("train",), "--refit"),
    "cut codebooks, tokens again": (overwrite("tokens/codebooks.safetensors"), ("tokens",), "--refit"),
    "spoilt codes": (overwrite("tokens/codes.parquet", 200), ("train",), "--refit"),
    "spoilt card": (overwrite("tokens/card.json", 20), ("tokens",), "not valid JSON"),
    "spoilt feature": (
        overwrite("features/semantic/matrix.safetensors", 500), ("tokens", "--refit"), "segue features",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNFINISHED)
def test_an_unfinished_or_spoilt_stage(case: str, music: Path) -> None:
    spoil, (verb, *flags), said = UNFINISHED[case]
    spoil(music)
    before = snapshot(music)
    assert said in refused(verb, music, *flags)
    assert snapshot(music) == before


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--size", "{tmp}/broken.gguf"), "cannot load the language model"),
        (("--size", "{tmp}/none.gguf"), "no such model file"),
        (("--size", "{tmp}"), "not a model directory"),
        (("--recipe", "{tmp}/none.toml"), "no readable recipe"),
        (("--recipe", "{tmp}/broken.toml"), "no readable recipe"),
        (("--recipe", "{tmp}/unknown.toml"), "colour"),
        (("--recipe", "{tmp}/words.toml"), "steps"),
        (("--steps", "5", "--minutes", "1"), "both minutes and steps"),
        (("--steps", "-5"), "steps"),
        (("--stepz", "5"), "--stepz"),
        (("--steps", "five"), "--steps"),
        (("--init", "nice"), "--init"),
    ],
)
def test_training_with_bad_settings(music: Path, tmp_path: Path, flags: tuple[str, ...], said: str) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF\x03\x00\x00\x00 and then nothing of use")
    (tmp_path / "broken.toml").write_text("steps =\n")
    (tmp_path / "unknown.toml").write_text('steps = 5\ncolour = "red"\n')
    (tmp_path / "words.toml").write_text('steps = "many"\n')
    before = snapshot(music)
    assert said in refused("train", music, *(f.format(tmp=tmp_path) for f in flags))
    assert snapshot(music) == before


def test_a_verb_that_is_not_there() -> None:
    assert "segue --help" in refused("sing")
    assert "`segue train` needs WORKSPACE" in refused("train")


def test_training_again_after_ctrl_c_ends_at_the_same_loss(
    prepared: Path, trained: Path, llm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = shutil.copytree(prepared, tmp_path / "music")
    plain, calls = MusicLM.loss, iter(range(1000))

    def interrupted(*args: object, **kwargs: object) -> object:
        if next(calls) == STEPS // 2:
            signal.raise_signal(signal.SIGINT)
        return plain(*args, **kwargs)

    monkeypatch.setattr(MusicLM, "loss", interrupted)
    command = ("train", music, "--size", llm, "--steps", STEPS, "--lr", 1e-2)
    stopped = segue(*command)
    assert stopped.code == 130
    assert stopped.err.splitlines()[-1] == "segue: stopped; the same command goes on where it stopped"
    assert not (music / "models" / "talkplay").exists()
    works(*command)
    assert next(calls) <= STEPS + 2  # it did not start anew
    losses = [
        [json.loads(line)["loss"] for line in (w / "models/talkplay/metrics.jsonl").read_text().splitlines()]
        for w in (music, trained)
    ]
    assert losses[0] == losses[1]


def test_ctrl_c_in_a_process_of_its_own(music: Path, llm: Path) -> None:
    command = [Path(sys.executable).with_name("segue"), "train", music, "--size", llm, "--steps", "100000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    work = music / "models" / ".talkplay-training"
    until = time.monotonic() + 300
    log = work / "metrics.jsonl"
    while not (log.exists() and log.stat().st_size) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()  # or a failed test would train on
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "segue: stopped; the same command goes on where it stopped"
    assert "Traceback" not in err
    assert not out
    assert json.loads((work / "checkpoint" / "position.json").read_text())["step"] > 0


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("fit bmm25 my-music", "did you mean 'bm25'?"),
        ("train sasrek my-music", "did you mean 'sasrec'?"),
        ("train sasrec my-music --steps x", "--steps 'x': input should be a valid integer"),
        ("train sasrec my-music --loss bcee", "--loss 'bcee': input should be 'softmax'"),
        ("tokens my-music more", "'more' is more than `segue tokens` takes"),
        ("fitt my-music", "did you mean 'fit'?"),
        ("train sasrec my-music --steps 3 --minutes 2", "segue: both minutes and steps"),
    ],
)
def test_a_mistyped_command_is_one_line_that_says_what(typed: str, wanted: str) -> None:
    assert wanted in refused(*typed.split())


def test_python_dash_m_segue_is_the_command() -> None:
    told = subprocess.run([sys.executable, "-m", "segue", "--version"], capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (0, works("--version"))
