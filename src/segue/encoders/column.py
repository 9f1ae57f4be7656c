"""A column of texts as a feature that grows and resumes.

Every vector is filed under the hash of its text. That one idea makes equal texts cost one pass, a grown
catalogue cost its new rows only, and an interrupted run lose at most one block.
"""

import logging
import shutil
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from segue.data import stages, store
from segue.data.catalogue import Catalogue
from segue.encoders.text import Encoder, TextEncoder, shown
from segue.kit.arrays import Floats
from segue.kit.workspace import Workspace, hash_of, whole_file

log = logging.getLogger(__name__)

BLOCK = 1024
"""Texts encoded between two saves of a long run."""

Hashes = np.ndarray[Any, np.dtype[np.int64]]


def encode_column(
    workspace: Workspace,
    modality: str,
    texts: Sequence[str | None],
    encoder: Encoder,
    *,
    refit: bool = False,
) -> str:
    """Make the feature of one text a track, and say what was done; nothing is encoded twice.

    Args:
        texts: one a track in catalogue order, None or "" where the track has none.
        encoder: its `identity` decides whether earlier vectors still hold.
    """
    # The order counts, too: a catalogue whose rows moved gets its matrix anew, without encoding.
    hashes = np.array([text_hash(t) if t else 0 for t in texts], dtype=np.int64)
    input_hash = hash_of(modality, encoder.identity, hashes.tobytes().hex())
    done, known = ("", {}) if refit else _earlier(workspace, modality, encoder)
    if done == input_hash:
        stages.holds(workspace, f"features/{modality}")
        return store.logged(f"{modality}: unchanged, skipped")
    reused = len(known.keys() & set(hashes.tolist()))
    todo = {h: t for h, t in zip(hashes.tolist(), texts, strict=True) if t and h not in known}
    partial = workspace.feature(modality).parent / f".{modality}.partial-{hash_of(encoder.identity)}"
    if refit:
        shutil.rmtree(partial, ignore_errors=True)
    known |= _encode_blocks(partial, todo, encoder, modality)
    feature = store.Feature(_assemble(hashes, known), hashes != 0)
    tensors, name = {"text_hash": hashes}, encoder.identity
    store.save(workspace, modality, feature, encoder=name, input_hash=input_hash, tensors=tensors)
    # Also those of other encoders, whose runs nobody went on with.
    for leftover in partial.parent.glob(f".{modality}.partial-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    return store.logged(
        f"{modality}: {int(feature.present.sum()):,} of {len(texts):,} tracks have a text; "
        f"{len(todo):,} texts encoded, {reused:,} reused"
    )


def encode_words(
    workspace: Workspace,
    modality: str,
    words: Callable[[dict[str, Any]], str],
    encoder: Encoder | None,
    *,
    refit: bool,
    nothing: str = "",
) -> str:
    """Make the feature of what is said of every track; one line that says what was done.

    Args:
        nothing: said where there is no word of any track; then nothing is written.
    """
    texts = [words(row) for row in Catalogue.load(workspace).tracks.iter_rows(named=True)]
    if nothing and not any(texts):
        return store.logged(f"{modality}: skipped, {nothing}")
    return encode_column(workspace, modality, texts, encoder or TextEncoder(), refit=refit)


def _earlier(workspace: Workspace, modality: str, encoder: Encoder) -> tuple[str, dict[int, Floats]]:
    """The input hash of the finished feature, and its vectors by text hash; empty where none fits."""
    if not (workspace.feature(modality) / "card.json").exists():
        return "", {}
    feature, card, tensors = store.load_any(workspace, modality)
    if card.get("encoder") != encoder.identity or "text_hash" not in tensors:
        return "", {}
    known = dict(zip(tensors["text_hash"].tolist(), feature.matrix, strict=True))
    known.pop(0, None)
    return str(card.get("input_hash", "")), known


def text_hash(text: str) -> int:
    """A 64-bit hash of a text; 0 is kept for "no text"."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little", signed=True) or 1


def _encode_blocks(partial: Path, todo: dict[int, str], encoder: Encoder, modality: str) -> dict[int, Floats]:
    """The vector of each text by its hash; each finished block is kept in `partial` against interruption."""
    found: dict[int, Floats] = {}
    blocks = sorted(partial.glob("block-*.safetensors"))
    for path in blocks:
        tensors = store.read_tensors(path, f"delete {partial}")
        found |= dict(zip(tensors["text_hash"].tolist(), tensors["matrix"], strict=True))
    if found:
        log.info("%s: %d texts were encoded by an interrupted run", modality, len(found))
    left = [h for h in todo if h not in found]
    starts = range(0, len(left), BLOCK)
    # New numbers behind the old blocks: none of them is overwritten.
    for number, start in enumerate(shown(starts, modality), len(blocks)):
        part = np.array(left[start : start + BLOCK], dtype=np.int64)
        matrix = encoder.encode([todo[h] for h in part.tolist()])
        with whole_file(partial / f"block-{number:06d}.safetensors") as temporary:
            save_file({"text_hash": part, "matrix": matrix}, temporary)
        found |= dict(zip(part.tolist(), matrix, strict=True))
    return found


def _assemble(hashes: Hashes, known: dict[int, Floats]) -> Floats:
    """The matrix of the tracks, float32 (n_tracks, dim); zeros where there is no text."""
    dim = next((len(v) for v in known.values()), 1)
    matrix = np.zeros((len(hashes), dim), dtype=np.float32)
    for row, key in enumerate(hashes.tolist()):
        if key:
            matrix[row] = known[key]
    return matrix
