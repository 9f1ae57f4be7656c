import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segue.data import store
from segue.encoders.audio import work
from segue.encoders.audio.encoder import Encoded
from segue.features.audio import compute, load_encoder
from segue.kit.arrays import Floats
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

soundfile = pytest.importorskip("soundfile")
RATE = 22_050


class Loudness:
    """An encoder that can be checked by hand: mean square, mean, largest; slow where it is told to be."""

    identity, rate, dim = "loudness", 8000, 3

    def __init__(self, delay: float = 0.0, log: Path = Path(os.devnull)) -> None:
        self.delay, self.log = delay, log

    def encode(self, blocks: Iterator[Floats]) -> Encoded:
        with self.log.open("a") as file:
            file.write(".")
        time.sleep(self.delay)
        samples = np.concatenate(list(blocks))
        power = float((samples**2).mean())
        vector = np.array([power, samples.mean(), samples.max()], dtype=np.float32)
        if samples.max() > 2:
            vector[0] = np.nan
        return Encoded(vector, {"loud": min(1.0, 8 * power), "quiet": 1 - min(1.0, 8 * power), "odd": 0.1})


@pytest.fixture
def loudness(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Loudness:
    encoder = Loudness(log=tmp_path / "log")
    monkeypatch.setattr(work, "_encoder", lambda *_: encoder)
    return encoder


def tone(seconds: float, level: float = 0.5, hertz: float = 300.0) -> Floats:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def write(path: Path, samples: Floats) -> Path:
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, samples, RATE, subtype="FLOAT" if path.suffix == ".wav" else None)
    return path


def track(path: Path | str | None, name: str = "") -> dict[str, str | None]:
    name = name or (Path(path).stem if path else "none")
    return {"track_id": name, "audio_path": None if path is None else str(path)}


def report(workspace: Workspace) -> dict[str, dict[str, object]]:
    table = pl.read_parquet(workspace.report("audio") / "files.parquet")
    return {row["track_id"]: row for row in table.iter_rows(named=True)}


def encoded(log: Path) -> int:
    return len(log.read_text()) if log.exists() else 0


def test_every_recording_becomes_a_row_in_catalogue_order(make_workspace, tmp_path, loudness):
    paths = [write(tmp_path / "music" / f"{level}.wav", tone(1, level)) for level in (0.9, 0.1, 0.4)]
    workspace = make_workspace([track(paths[0]), track(None), *map(track, paths[1:])])
    line = compute(workspace)
    assert line == "audio: 3 of 4 tracks have a recording that could be used; 3 files read, 0 known"
    feature = store.load(workspace, "audio")
    np.testing.assert_array_equal(feature.present, [True, False, True, True])
    expected = [0.9**2 / 2, 0.1**2 / 2, 0.4**2 / 2]
    np.testing.assert_allclose(feature.matrix[feature.present, 0], expected, rtol=0.01)
    card = json.loads((workspace.feature("audio") / "card.json").read_text())
    assert (card["encoder"], card["n_recordings"], card["n_ok"]) == ("loudness/decoder-1", 3, 3)
    assert report(workspace)["0.9"]["seconds"] == 1.0
    tags = pl.read_parquet(workspace.root / "descriptions" / "tags-musicnn.parquet")
    assert tags.schema == {"track_id": pl.String, "tag": pl.String, "score": pl.Float32}
    assert tags.select("track_id", "tag").rows() == [
        ("0.9", "loud"),
        ("0.1", "quiet"),
        ("0.4", "loud"),
        ("0.4", "quiet"),
    ]
    assert tags["score"].min() >= 0.2


def test_what_is_wrong_with_each_file_is_reported_and_stops_nothing(make_workspace, tmp_path, loudness):
    music = tmp_path / "music"
    nan, eight = tone(2), np.stack([tone(1)] * 8, axis=1)
    nan[1000] = np.nan
    whole = write(music / "whole.mp3", np.random.default_rng(0).uniform(-0.5, 0.5, 10 * RATE))
    (music / "truncated.mp3").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (music / "zero.mp3").touch()
    (music / "words.mp3").write_text("no music, only words\n" * 100)
    (music / "loop.mp3").symlink_to(music / "loop.mp3")
    for name, samples in {
        "eight": eight,
        "tenth": tone(0.1),
        "brief": tone(0.05),
        "one sample": tone(0.0001)[:1],
        "silence": tone(3, 0.0),
        "hiss": tone(3, 0.0005),
        "soft": tone(3, 0.002),
        "nan": nan,
        "infinite": tone(1, 3.0),
        "line\nbreak": tone(1, 0.3),
    }.items():
        write(music / f"{name}.wav", samples)
    expected = {
        "whole": ("ok", ""), "truncated": ("partial", "breaks off at 5 s of 10 s"),
        "zero": ("error", "zero bytes"), "words": ("error", "not audio"), "loop": ("error", "symbolic links"),
        "eight": ("ok", ""), "tenth": ("ok", ""), "brief": ("too short", "0.05 s"),
        "one sample": ("too short", "0.00 s"), "silence": ("silent", "nothing but zeros"),
        "hiss": ("silent", "-66 dB"),
        "soft": ("ok", ""), "nan": ("error", "not a number"), "infinite": ("error", "not finite"),
        "line\nbreak": ("ok", ""),
        "vanished": ("error", "not there"), "folder": ("error", "a folder"),
    }  # fmt: skip
    files = {path.stem: path for path in music.iterdir()} | {
        "vanished": music / "vanished.wav",
        "folder": music,
    }
    workspace = make_workspace([track(files[name], name) for name in expected])
    line = compute(workspace)
    found = report(workspace)
    assert list(found) == list(expected), "in catalogue order"
    for name, (status, reason) in expected.items():
        assert found[name]["status"] == status, found[name]
        assert reason in str(found[name]["reason"]), found[name]
    usable = [status in ("ok", "partial") for status, _ in expected.values()]
    np.testing.assert_array_equal(store.load(workspace, "audio").present, usable)
    assert line.startswith("audio: 6 of 17 tracks have a recording that could be used; ")
    assert "; 1 read in part, 2 silent, 2 too short, 7 failed (report: " in line


def test_no_permission(make_workspace, tmp_path, loudness, monkeypatch):
    good, bad = (write(tmp_path / "music" / f"{name}.wav", tone(1)) for name in ("good", "bad"))
    workspace = make_workspace([track(good), track(bad)])
    unpatched = Path.open

    def refuse(path: Path, *args: object, **options: object) -> object:
        if path == bad:
            raise PermissionError(13, "Permission denied")
        return unpatched(path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)  # chmod would not stop root
        assert "1 failed" in compute(workspace)
    assert report(workspace)["bad"]["reason"] == "no permission to read it"
    assert "2 of 2 tracks" in compute(workspace), "tried again once it may be read"


def test_a_second_run_reads_only_what_is_new(make_workspace, tmp_path, loudness):
    music = tmp_path / "music"
    a, b = (write(music / f"{name}.wav", tone(1, level)) for name, level in (("a", 0.2), ("b", 0.3)))
    workspace = make_workspace([track(a), track(b)])
    compute(workspace)
    assert encoded(loudness.log) == 2
    assert compute(workspace) == "audio: unchanged, skipped"
    first = store.load(workspace, "audio")
    b = b.rename(music / "moved.wav")
    copy = music / "copy.wav"
    copy.write_bytes(a.read_bytes())
    c = write(music / "c.wav", tone(1, 0.4))
    workspace = make_workspace([track(a), track(b, "b"), track(copy), track(c)])
    assert "4 of 4 tracks have a recording that could be used; 1 files read, 2 known" in compute(workspace)
    assert encoded(loudness.log) == 3
    second = store.load(workspace, "audio")
    np.testing.assert_array_equal(second.matrix[:2], first.matrix)
    np.testing.assert_array_equal(second.matrix[2], first.matrix[0])
    write(c, tone(2, 0.1))
    compute(workspace)
    assert encoded(loudness.log) == 4
    assert store.load(workspace, "audio").matrix[3, 0] == pytest.approx(0.005, rel=0.02)
    compute(workspace, refit=True)
    assert encoded(loudness.log) == 7
    loudness.identity = "other"
    compute(workspace)
    assert encoded(loudness.log) == 10


def test_nothing_to_read_and_nothing_that_can_be_read(make_workspace, tmp_path, loudness):
    assert compute(make_workspace(["a"])) == "audio: skipped, no track has a recording"
    path = write(tmp_path / "music" / "a.wav", tone(1))
    workspace = make_workspace([track(path)])
    compute(workspace)
    path.rename(tmp_path / "b.wav")
    assert "audio: skipped, none of 1 recordings could be used" in compute(workspace)
    assert store.load(workspace, "audio").present.all(), "a disk that is not there takes no vectors away"


SCRIPT = """
import sys
from contextlib import nullcontext
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_audio_compute import Loudness
from segue.encoders.audio import work
from segue.features.audio import compute
from segue.kit.workspace import Workspace
work._encoder = lambda *_: encoder
work._torch_threads = nullcontext  # torch takes seconds to load
encoder = Loudness(0.1, Path(sys.argv[2]))
compute(Workspace(sys.argv[1]))
"""


def test_killed_and_resumed_it_ends_with_the_same_bytes(make_workspace, tmp_path, loudness):
    paths = [write(tmp_path / "music" / f"{n:02d}.wav", tone(0.3, 0.05 * (n + 1))) for n in range(12)]
    workspace = make_workspace([track(path) for path in paths])
    log = tmp_path / "killed"
    command = [sys.executable, "-c", SCRIPT, str(workspace.root), str(log), str(Path(__file__).parent)]
    for stop_at in (3, 9):
        process = subprocess.Popen(command)
        while process.poll() is None and encoded(log) < stop_at:
            time.sleep(0.01)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not workspace.feature("audio").exists()
    subprocess.run(command, check=True, timeout=60)
    assert encoded(log) <= len(paths) + 2
    other = Workspace(tmp_path / "other")
    other.root.mkdir()
    workspace.catalogue.rename(other.catalogue)
    compute(other)
    for name in (
        "features/audio/matrix.safetensors",
        "features/audio/card.json",
        "reports/audio/files.parquet",
    ):
        assert (workspace.root / name).read_bytes() == (other.root / name).read_bytes()


def test_the_encoder_is_found_by_name():
    for name in ("ear", "", ":x", "musicnn:XYZ"):
        with pytest.raises(SegueError, match=r"no audio encoder|musicnn has no"):
            load_encoder(name)


with_musicnn = pytest.mark.skipif(
    importlib.util.find_spec("musicnn") is None, reason="needs the wheel musicnn"
)


@with_musicnn
def test_musicnn_gives_the_same_bytes_with_any_number_of_workers(make_workspace, tmp_path):
    generator = np.random.default_rng(0)
    paths = [
        write(tmp_path / "music" / f"{n}.wav", generator.uniform(-0.3, 0.3, 2 * RATE) * np.float32(n / 3))
        for n in range(1, 4)
    ]
    contents = []
    for workers in (1, 2):
        workspace = make_workspace([track(path) for path in paths])
        compute(workspace, workers=workers, refit=True)
        contents.append((workspace.feature("audio") / "matrix.safetensors").read_bytes())
    assert contents[0] == contents[1]
    assert store.load(workspace, "audio").matrix.shape[0] == 3


@with_musicnn
@pytest.mark.skipif("SEGUE_DATA" not in os.environ, reason="needs SEGUE_DATA")
def test_a_trumpet_solo_sounds_like_jazz(make_workspace):
    folder = Path(os.environ["SEGUE_DATA"]) / "audio" / "librosa"
    workspace = make_workspace([track(folder / "sorohanro_-_solo-trumpet-06.ogg", "trumpet")])
    compute(workspace, encoder="musicnn:MSD")
    tags = pl.read_parquet(workspace.root / "descriptions" / "tags-musicnn.parquet")
    assert tags["tag"].to_list()[0] == "jazz"
    assert report(workspace)["trumpet"]["seconds"] == pytest.approx(5.33, abs=0.01)


def test_handcrafted_vectors_are_scaled_and_the_scale_is_kept_for_later_tracks(make_workspace, tmp_path):
    pytest.importorskip("librosa")
    paths = [write(tmp_path / f"{n}.wav", tone(1, 0.3, 100.0 * (n + 1) ** 2)) for n in range(4)]
    workspace = make_workspace([track(path) for path in paths[:3]])
    compute(workspace, encoder="mfcc")
    first, card, scale = store.load_any(workspace, "audio")
    varies = scale["scale_deviation"] > 1e-3
    np.testing.assert_allclose(first.matrix[:, varies].mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(first.matrix[:, varies].std(axis=0), 1, atol=1e-3)
    workspace = make_workspace([track(path) for path in paths])
    compute(workspace, encoder="mfcc")
    grown, later, _ = store.load_any(workspace, "audio")
    np.testing.assert_array_equal(grown.matrix[:3], first.matrix)
    assert later["space"] == card["space"] != card["encoder"]
