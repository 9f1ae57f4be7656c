import struct
from pathlib import Path

import numpy as np
import pytest
from tensor_bundle import block, write_bundle

from segue.encoders.audio.checkpoint import checksum, read_checkpoint
from segue.kit.errors import SegueError


@pytest.fixture
def tensors():
    rng = np.random.default_rng(0)
    shapes = {"batch/beta": (1,), "batch/gamma": (3,), "batch_1/beta": (2, 3), "conv/kernel": (7, 38, 1, 20)}
    made = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    return made | {"scalar": np.float32(0.5).reshape(())}


def test_every_tensor_is_read_as_written_whatever_the_size_of_the_blocks(tmp_path, tensors):
    for entries_a_block in (1, 2, 100):
        index = write_bundle(tmp_path / str(entries_a_block), tensors, entries_a_block=entries_a_block)
        read = read_checkpoint(index)
        assert read.keys() == tensors.keys()
        for name, value in tensors.items():
            assert read[name].dtype == np.float32
            np.testing.assert_array_equal(read[name], value)


def test_only_what_is_asked_for_is_read_and_what_is_missing_is_named(tmp_path, tensors):
    index = write_bundle(tmp_path, tensors)
    assert read_checkpoint(index, ["conv/kernel"]).keys() == {"conv/kernel"}
    with pytest.raises(SegueError, match="no tensor dense/kernel"):
        read_checkpoint(index, ["conv/kernel", "dense/kernel"])


def test_a_prefix_before_the_endings_is_kept(tmp_path, tensors):
    index = write_bundle(tmp_path, tensors, prefix="model-17")
    assert index.name == "model-17.index"
    assert read_checkpoint(index).keys() == tensors.keys()


def test_the_checksum_is_crc_32c_masked_as_the_format_says():
    # "123456789" is the test vector that every description of CRC-32C gives: 0xe3069283.
    assert checksum(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_every_changed_byte_is_found(tmp_path, tensors):
    index = write_bundle(tmp_path, tensors)
    data = index.with_name(".data-00000-of-00001")
    rng = np.random.default_rng(1)
    whole = index.read_bytes()
    unread = range(whole.index(block([])), whole.index(block([])) + len(block([])))  # the block of extras
    read = set(range(len(whole) - 48)) - set(
        unread
    )  # the footer pads its numbers with bytes that mean nothing
    changed = [(index, whole, place) for place in sorted(read)]
    changed += [(data, data.read_bytes(), place) for place in rng.integers(0, data.stat().st_size, 5)]
    for path, right, place in changed:
        wrong = bytearray(right)
        wrong[place] ^= int(rng.integers(1, 256))
        path.write_bytes(wrong)
        with pytest.raises(SegueError):
            read_checkpoint(index)
        path.write_bytes(right)


@pytest.mark.parametrize("keep", [0, 1, 47, 48, 60, -60, -1])
def test_a_file_that_is_cut_off_is_an_error_of_one_line(tmp_path, tensors, keep):
    index = write_bundle(tmp_path, tensors)
    for path in (index, index.with_name(".data-00000-of-00001")):
        right = path.read_bytes()
        path.write_bytes(right[:keep])
        with pytest.raises(SegueError, match="not a whole TensorFlow checkpoint") as caught:
            read_checkpoint(index)
        assert "\n" not in str(caught.value)
        path.write_bytes(right)


def test_random_bytes_are_never_anything_but_an_error(tmp_path):
    rng = np.random.default_rng(2)
    index = tmp_path / ".index"
    (tmp_path / ".data-00000-of-00001").write_bytes(b"")
    footer = struct.pack("<Q", 0xDB4775248B80FB57)
    for _ in range(300):
        index.write_bytes(rng.bytes(int(rng.integers(0, 300))) + footer)
        with pytest.raises(SegueError):
            read_checkpoint(index)


def test_what_only_other_programs_read_is_refused(tmp_path, tensors):
    for header in (b"\x08\x02", b"\x08\x01\x10\x01"):  # two data files; big-endian
        with pytest.raises(SegueError, match="little-endian"):
            read_checkpoint(write_bundle(tmp_path, tensors, header=header))
    with pytest.raises(SegueError, match="compressed"):
        read_checkpoint(write_bundle(tmp_path, tensors, compression=1))


def test_files_that_are_not_there_are_named(tmp_path, tensors):
    with pytest.raises(SegueError, match=r"nowhere.*no checkpoint to read"):
        read_checkpoint(Path(tmp_path / "nowhere" / ".index"))
    index = write_bundle(tmp_path, tensors)
    index.with_name(".data-00000-of-00001").unlink()
    with pytest.raises(SegueError, match="data-00000"):
        read_checkpoint(index)
