"""Long texts read to their end: chunks that fit, pooled by their tokens."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from segue.encoders.long_text import WholeText, halved, pooled_vector, whole
from segue.encoders.text import TextEncoder
from segue.testing.hash_encoder import HashEncoder, vector_of


class WordEncoder(HashEncoder):
    """A token is a word; reads `limit` of them."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return [len(t.split()) for t in texts]


def unit(vector: Any) -> Any:
    return vector / np.linalg.norm(vector)


def test_a_short_text_is_encoded_as_it_is():
    encoder = WordEncoder(4)
    texts = ["one two three four", " blank at both ends ", ""]
    np.testing.assert_array_equal(WholeText(encoder).encode(texts), encoder.encode(texts))


def test_the_vector_is_the_mean_of_the_chunks_by_their_tokens():
    encoder = WordEncoder(3)
    text = "a b c\nd e"
    expected = unit(3 * vector_of("a b c") + 2 * vector_of("d e"))
    np.testing.assert_allclose(WholeText(encoder).encode([text])[0], expected, atol=1e-6)
    assert WholeText(encoder).chunks(text) == [("a b c", 3), ("d e", 2)]


def test_every_text_gets_its_own_row_whatever_stands_beside_it():
    encoder = WholeText(WordEncoder(2))
    texts = ["a b c d e", "f", "g h i", "f"]
    alone = np.concatenate([encoder.encode([t]) for t in texts])
    np.testing.assert_array_equal(encoder.encode(texts), alone)
    np.testing.assert_allclose(np.linalg.norm(alone, axis=1), 1, atol=1e-6)


def test_chunks_fit_hold_everything_in_order_and_end_between_lines():
    rng = np.random.default_rng(0)
    lines = [" ".join(f"w{rng.integers(999)}" for _ in range(rng.integers(1, 7))) for _ in range(60)]
    text = "\n".join(line + ("\n" if i % 5 == 4 else "") for i, line in enumerate(lines))
    chunks = WholeText(WordEncoder(30)).chunks(text)
    assert max(n for _, n in chunks) <= 30
    assert [w for chunk, _ in chunks for w in chunk.split()] == text.split()
    assert {line for chunk, _ in chunks for line in chunk.split("\n") if line} <= set(lines)


def test_the_best_border_near_the_middle_wins():
    assert halved("aaa bbb\nccc ddd\n\neee fff\nggg hhh") == ["aaa bbb\nccc ddd", "eee fff\nggg hhh"]
    assert halved("aaa bbb ccc\nddd eee") == ["aaa bbb ccc", "ddd eee"]
    assert halved("A long one. And two.") == ["A long one.", "And two."]
    assert halved("愛の歌。夜の雨。") == ["愛の歌。", "夜の雨。"]
    assert halved("x\n" + "y" * 40) == ["x\n" + "y" * 19, "y" * 21]
    assert halved("a") == []


def test_a_word_longer_than_the_encoder_reads_ends_too():
    class Letters(WordEncoder):
        def lengths(self, texts: Sequence[str]) -> list[int]:
            return [len(t) + 2 for t in texts]

    encoder = Letters(5)
    assert "".join(c for c, _ in WholeText(encoder).chunks("x" * 1000)) == "x" * 1000
    encoder.limit = 2  # reads not a single letter: cut nothing, and come to an end
    assert WholeText(encoder).chunks("ab") == [("a", 3), ("b", 3)]


def test_vectors_that_cancel_out_still_give_a_unit_vector():
    vectors = np.array([[1, 0], [-1, 0]], dtype=np.float32)
    np.testing.assert_array_equal(pooled_vector(vectors, [1, 1]), vectors[0])


def test_it_is_another_encoder_than_the_one_it_uses():
    encoder = WordEncoder(3)
    assert whole(encoder).identity != encoder.identity
    plain = HashEncoder()
    assert whole(plain) is plain


@pytest.fixture(scope="module")
def minilm() -> TextEncoder:
    return TextEncoder(precision="float32")


def test_the_real_encoder_reads_to_the_end_of_a_song(minilm):
    verse = "quiet rain falls on the empty street tonight and nobody calls\n" * 24
    ends = [
        "I dance with my children in the summer sun\n" * 24,
        "the soldiers march into the burning city\n" * 24,
    ]
    texts = [verse + end for end in ends]
    cut, read, alone = minilm.encode(texts), WholeText(minilm).encode(texts), minilm.encode(ends)
    assert cut[0] @ cut[1] > 0.9999
    assert read[0] @ read[1] < 0.95
    assert ((read * alone).sum(1) > (cut * alone).sum(1) + 0.1).all()


def test_what_the_real_encoder_reads_is_what_it_says(minilm):
    assert minilm.limit == 256
    assert minilm.lengths(["", "hello", "hello hello"]) == [2, 3, 4]
    assert minilm.lengths([]) == []
    text = "la " * 600
    assert max(n for _, n in WholeText(minilm).chunks(text)) <= 256
