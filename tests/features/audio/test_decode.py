import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from segue.passes import decode, readers
from segue.passes.decode import AudioError, duration, stream

soundfile = pytest.importorskip("soundfile")
soxr = pytest.importorskip("soxr")
av = pytest.importorskip("av")

RATE = 44_100


def tone(seconds: float, *, rate: int = RATE, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * RATE)).astype(np.float32)


def whole(path: Path, rate: int = 16_000, **options: object) -> np.ndarray:
    return np.concatenate(list(stream(path, rate, **options)))


def write_m4a(path: Path, samples: np.ndarray) -> None:
    with av.open(str(path), "w") as container:
        track = container.add_stream("aac", rate=RATE)
        track.layout = "stereo"
        frame = av.AudioFrame.from_ndarray(np.stack([samples, samples]), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        for packet in [*track.encode(frame), *track.encode(None)]:
            container.mux(packet)


def test_samples_equal_those_of_resampling_the_whole_signal(tmp_path):
    chirp = np.sin(2 * np.pi * (50 * np.arange(3 * RATE) / RATE) ** 2).astype(np.float32) * 0.8
    soundfile.write(tmp_path / "a.wav", chirp, RATE, subtype="FLOAT")
    expected = soxr.resample(chirp, RATE, 16_000)
    for block_s in (0.01, 0.7, 10.0):
        found = whole(tmp_path / "a.wav", block_s=block_s)
        assert found.dtype == np.float32
        assert len(found) == len(expected)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_blocks_have_the_wanted_length(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(2.3), RATE)
    lengths = [len(block) for block in stream(tmp_path / "a.wav", 8000, block_s=0.5)]
    assert lengths == [4000] * 4 + [2400]


def test_start_and_stop_are_exact(tmp_path):
    samples = noise(5)
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    found = whole(tmp_path / "a.wav", RATE, start_s=1.25, stop_s=3.5)
    np.testing.assert_array_equal(found, samples[round(1.25 * RATE) : round(3.5 * RATE)])
    assert not list(stream(tmp_path / "a.wav", RATE, start_s=9.0))


def test_mono_is_the_mean_of_eight_channels(tmp_path):
    channels = np.stack([noise(0.5, seed) for seed in range(8)], axis=1)
    soundfile.write(tmp_path / "a.wav", channels, RATE, subtype="FLOAT")
    np.testing.assert_allclose(whole(tmp_path / "a.wav", RATE), channels.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize(
    ("suffix", "format", "subtype", "rate"),
    [
        ("wav", "WAV", "PCM_16", RATE),
        ("flac", "FLAC", "PCM_16", RATE),
        ("ogg", "OGG", "VORBIS", RATE),
        ("opus", "OGG", "OPUS", 48_000),
        ("mp3", "MP3", None, RATE),
        ("aiff", "AIFF", "PCM_24", RATE),
        ("WAV", "WAV", "IMA_ADPCM", RATE),
    ],
)
def test_every_format_gives_the_tone_that_went_in(tmp_path, suffix, format, subtype, rate):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, tone(2, rate=rate), rate, format=format, subtype=subtype)
    check_tone(path)


def test_an_mp3_in_blocks_equals_the_whole_of_it(tmp_path):
    soundfile.write(tmp_path / "a.mp3", tone(3), RATE)
    expected, _ = soundfile.read(tmp_path / "a.mp3", dtype="float32")
    np.testing.assert_array_equal(whole(tmp_path / "a.mp3", RATE), expected)


def test_m4a_is_read_by_ffmpeg(tmp_path):
    write_m4a(tmp_path / "a.m4a", tone(2))
    check_tone(tmp_path / "a.m4a")


def check_tone(path: Path) -> None:
    found = whole(path)
    assert len(found) / 16_000 == pytest.approx(2, abs=0.06)
    assert duration(path) == pytest.approx(2, abs=0.06)
    middle = found[4000:28_000]
    power = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(power) * 16_000 / len(middle) == pytest.approx(440, abs=1)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.05)


def test_a_file_goes_by_what_is_in_it_not_by_its_name(tmp_path):
    soundfile.write(tmp_path / "a.flac", tone(1), RATE)
    (tmp_path / "a.flac").rename(tmp_path / "a line\nbreak.mp3")
    assert len(whole(tmp_path / "a line\nbreak.mp3")) == 16_000


def test_the_length_of_an_mp3_of_varying_rate_without_a_header_is_counted(tmp_path):
    path = tmp_path / "a.mp3"
    samples = np.concatenate([np.zeros(2 * RATE, np.float32), noise(4)])
    soundfile.write(path, samples, RATE, bitrate_mode="VARIABLE", compression_level=0.3)
    data = path.read_bytes()
    assert b"Xing" in data[:100]
    assert duration(path) == pytest.approx(6, abs=0.01)
    path.write_bytes(data[data.index(b"\xff\xfb", 10) :])
    notes: list[str] = []
    assert len(whole(path, notes=notes)) / 16_000 == pytest.approx(6, abs=0.1)
    assert duration(path) == pytest.approx(6, abs=0.1)
    assert notes == []


@pytest.mark.parametrize("suffix", ["mp3", "flac"])
def test_a_file_that_breaks_off_gives_what_there_is_and_a_note(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, noise(10), RATE)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    notes: list[str] = []
    assert len(whole(path, notes=notes)) / 16_000 == pytest.approx(6, abs=0.6)
    assert len(notes) == 1
    assert notes[0].startswith("breaks off at 6 s")
    path.write_bytes(data[: len(data) // 100])
    with pytest.raises(AudioError, match=r"break|broken"):
        whole(path)


def test_broken_places_inside_a_file_are_left_out_and_counted(tmp_path):
    path = tmp_path / "a.m4a"
    write_m4a(path, noise(8))
    data = bytearray(path.read_bytes())
    for place in np.random.default_rng(0).integers(3000, len(data) // 2, 30):
        data[place] ^= 0xFF
    path.write_bytes(data)
    notes: list[str] = []
    assert 5 < len(whole(path, notes=notes)) / 16_000 < 8.1
    assert "broken places left out" in notes[0]


def broken(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.mp3"
    bad = tone(1)
    match kind:
        case "zero bytes":
            path.touch()
        case "text":
            path.write_text("only words, no music\n" * 500)
        case "noise":
            path.write_bytes(np.random.default_rng(0).bytes(300_000))
        case "playlist":
            path = path.with_suffix(".m4a")
            soundfile.write(folder / "other.wav", tone(1), RATE)
            text = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{folder / 'other.wav'}\n#EXT-X-ENDLIST\n"
            path.write_text(text)
        case "nan" | "inf":
            bad[30_000] = float(kind)
            path = path.with_suffix(".wav")
            soundfile.write(path, bad, RATE, subtype="FLOAT")
        case "integers":
            path = path.with_suffix(".wav")
            soundfile.write(path, bad * 32_768, RATE, subtype="FLOAT")
        case "no frames":
            path = path.with_suffix(".wav")
            soundfile.write(path, bad[:0], RATE)
        case "one hertz":
            path = path.with_suffix(".wav")
            soundfile.write(path, bad[:100], 1)
        case "unknown suffix":
            path = path.with_suffix(".pdf")
            path.write_bytes(b"%PDF-1.4 nothing")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "link loop":
            path.symlink_to(path)
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("zero bytes", "empty file"),
        ("text", "not audio"),
        ("noise", r"audio|sample rate"),
        ("playlist", "not audio"),
        ("nan", "not a number"),
        ("inf", "not a number"),
        ("integers", "full scale"),
        ("no frames", "no samples"),
        ("one hertz", "sample rate of 1 Hz"),
        ("unknown suffix", "not audio"),
        ("folder", "a folder"),
        ("pipe", "not a regular file"),
        ("link loop", "symbolic links"),
        ("vanished", "not there"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, kind, reason):
    path = broken(tmp_path, kind)
    with pytest.raises(AudioError, match=reason) as caught:
        whole(path)
    assert caught.value.passing == (kind in ("vanished", "link loop"))
    if kind not in ("nan", "inf", "integers"):
        with pytest.raises(AudioError, match=reason):
            duration(path)


def test_a_file_without_permission(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", tone(1), RATE)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # chmod would not stop root
    with pytest.raises(AudioError, match="no permission") as caught:
        whole(tmp_path / "a.wav")
    assert caught.value.passing


def test_a_video_without_sound(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        track = container.add_stream("mpeg4", rate=5)
        track.width = track.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
        for packet in [*track.encode(frame), *track.encode(None)]:
            container.mux(packet)
    with pytest.raises(AudioError, match="holds no audio"):
        whole(tmp_path / "a.mp4")


def test_memory_does_not_grow_with_the_file(tmp_path):
    peaks = []
    for minutes in (0.5, 10):
        path = tmp_path / f"{minutes}.wav"
        with soundfile.SoundFile(path, "w", 8000, 2) as file:
            for _ in range(round(minutes * 6)):
                file.write(np.full((80_000, 2), 0.1, dtype=np.float32))
        tracemalloc.start()
        n = sum(len(block) for block in stream(path, 16_000))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert n == round(minutes * 60 * 16_000)
    assert peaks[1] < 1.5 * peaks[0]


def test_nothing_is_left_open(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(3), RATE)
    write_m4a(tmp_path / "b.m4a", tone(3))
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else None
    for _ in range(5):
        for name in ("a.wav", "b.m4a"):
            blocks = stream(tmp_path / name, 16_000, block_s=0.1)
            next(blocks)
            blocks.close()
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) <= before + 1


def test_every_suffix_names_a_demuxer_that_exists():
    assert set(readers.CONTAINERS.values()) - {"mp4"} <= av.formats_available
    assert av.ContainerFormat("mp4", "r").is_input
    assert decode.LEAST_S > readers.STEP_S
