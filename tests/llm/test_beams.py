"""Decoding: the kept cache, the beams as one row and the scores against a model run from scratch."""

import numpy as np
import pytest
import torch

from segue.llm.beams import level_range, level_scores, sample_inside, sample_tuple, score_tracks, search
from segue.llm.bias import Bias
from segue.llm.load import load_causal_lm, load_tokenizer
from segue.llm.session import Session
from segue.llm.vocabulary import extend
from segue.testing.tiny_llm import save_tiny
from segue.tokens.trie import Trie

SIZES = (5, 4, 3)


@pytest.fixture(scope="module", params=["llama", "qwen2"])
def model_and_vocabulary(request, tmp_path_factory):
    path = save_tiny(tmp_path_factory.mktemp("lm") / "m", kind=request.param)
    model, tokenizer = load_causal_lm(str(path)), load_tokenizer(str(path))
    vocabulary = extend(model, tokenizer, ("playlist", "semantic", "metadata"), SIZES, seed=2)
    with torch.no_grad():  # wider logits, so that beams differ
        model.get_input_embeddings().weight.mul_(12)
    return model, vocabulary


@pytest.fixture
def codes() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([rng.integers(0, s, 40) for s in SIZES], axis=1)


def by_hand(model, vocabulary, prompt, prefix) -> np.ndarray:
    """Log-probabilities over the codes of a level after a prefix of codes, one plain forward pass."""
    ids = prompt + [int(vocabulary.offsets[m]) + c for m, c in enumerate(prefix)]
    start, stop = level_range(vocabulary, len(prefix))
    stop -= 1  # "none" is no code of a track that has the modality
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits[0, -1, start:stop]
    return torch.log_softmax(logits.float(), dim=-1).numpy()


def test_beams_have_the_probabilities_of_plain_forward_passes(model_and_vocabulary, codes) -> None:
    model, vocabulary = model_and_vocabulary
    prompt, trie, session = list(range(3, 30)), Trie(codes), Session(model)
    session.read(prompt)
    beams = search(session, vocabulary, trie, width=1000)
    expected = {}
    for row in {tuple(int(c) for c in r) for r in codes}:
        expected[row] = sum(by_hand(model, vocabulary, prompt, row[:m])[row[m]] for m in range(3))
    assert len(beams.steps[-1].nodes) == len(expected)
    for node, score in zip(beams.steps[-1].nodes, beams.steps[-1].scores, strict=True):
        row = tuple(int(c) for c in codes[trie.tracks(int(node))[0]])
        assert score == pytest.approx(expected[row], abs=2e-3)
    scores = score_tracks(beams, trie, codes, np.ones(3, dtype=np.float32))
    wanted = np.array([expected[tuple(int(c) for c in r)] for r in codes])
    assert np.allclose(scores, wanted, atol=2e-3)


def test_a_kept_dialogue_gives_what_a_fresh_one_gives(model_and_vocabulary, codes) -> None:
    model, vocabulary = model_and_vocabulary
    trie, kept = Trie(codes), Session(model)
    first, second, other = list(range(3, 20)), list(range(3, 31)), [5, 4, 9, 30, 31]
    for prompt in (first, second, first, other, second, second):
        fresh = Session(model)
        assert torch.allclose(kept.read(prompt), fresh.read(prompt), atol=1e-4)
        a, b = (search(s, vocabulary, trie, width=3) for s in (kept, fresh))
        assert a.steps[-1].nodes.tolist() == b.steps[-1].nodes.tolist()
        assert np.allclose(a.steps[-1].scores, b.steps[-1].scores, atol=1e-3)
        assert kept.cache.get_seq_length() == len(prompt)


def test_only_the_new_part_is_computed(model_and_vocabulary, monkeypatch) -> None:
    model, _ = model_and_vocabulary
    session, lengths = Session(model), []
    real = Session._forward
    monkeypatch.setattr(Session, "_forward", lambda s, ids: lengths.append(len(ids)) or real(s, ids))
    session.read(list(range(3, 40)))
    session.read(list(range(3, 45)))
    session.read(list(range(3, 45)))
    assert lengths == [37, 5]


def test_excluded_tracks_are_never_decoded(model_and_vocabulary, codes) -> None:
    model, vocabulary = model_and_vocabulary
    trie, session = Trie(codes), Session(model)
    session.read(list(range(3, 20)))
    allowed = np.zeros(len(codes), dtype=bool)
    allowed[[4, 17]] = True
    beams = search(session, vocabulary, trie, 50, allowed)
    reached = {t for node in beams.steps[-1].nodes for t in trie.tracks(int(node)).tolist() if allowed[t]}
    assert reached == {4, 17}
    assert len(beams.steps[-1].nodes) <= 2


def test_sampling_is_seeded_and_leaves_the_dialogue(model_and_vocabulary) -> None:
    model, vocabulary = model_and_vocabulary
    session = Session(model)
    session.read(list(range(3, 20)))
    with torch.no_grad():  # as if training had made music tokens likely
        state = session.last.clone()
        session.head[vocabulary.first + 4 :] += 0.2 * state / state.norm()
    draws = [sample_tuple(session, vocabulary, torch.Generator().manual_seed(s)) for s in (1, 1, 2, 3, 4)]
    assert draws[0] == draws[1]
    assert len({tuple(d) for d in draws}) > 1
    assert session.cache.get_seq_length() == 17
    assert all(-2 <= c <= size for d in draws for c, size in zip(d, SIZES, strict=True))


def test_a_missing_code_counts_as_the_average_track(model_and_vocabulary) -> None:
    model, vocabulary = model_and_vocabulary
    prompt, session = list(range(3, 30)), Session(model)
    codes = np.array([[0, 1, 2], [0, 3, 0], [3, 1, 1], [SIZES[0], 1, 2]])
    session.read(prompt)
    shares = [np.bincount(codes[:, m], minlength=s + 1)[:s] / 4 for m, s in enumerate(SIZES)]
    shares = [s / s.sum() for s in shares]
    trie = Trie(codes)
    scores = score_tracks(
        search(session, vocabulary, trie, 10, None, shares),
        trie,
        codes,
        np.array([1, 0, 0], dtype=np.float32),
    )
    assert np.exp(scores[3]) == pytest.approx(np.exp(scores[:3]).mean(), rel=1e-4)


def bias_of(trie: Trie, logs: np.ndarray) -> Bias:
    """The prior of each node from that of the tracks."""
    sums = [np.full(len(codes), -np.inf) for codes in trie.codes]
    for found, nodes in zip(sums, trie.track_nodes, strict=True):
        np.logaddexp.at(found, nodes, logs)
    return Bias(sums, np.array([0.7, 1.3, 0.4]))


@pytest.mark.parametrize("masked", [False, True])
def test_a_prior_is_multiplied_in_below_every_node(model_and_vocabulary, codes, masked: bool) -> None:
    model, vocabulary = model_and_vocabulary
    prompt, trie, session = list(range(3, 30)), Trie(codes), Session(model)
    rng = np.random.default_rng(5)
    allowed = rng.random(len(codes)) < 0.5 if masked else np.ones(len(codes), bool)
    logs = np.where(allowed, rng.normal(size=len(codes)) * 2, -np.inf)
    bias = bias_of(trie, logs)
    session.read(prompt)
    beams = search(session, vocabulary, trie, 1000, allowed, None, bias)
    found = level_scores(beams, trie, codes, bias)
    for row in range(len(codes)):
        below = np.ones(len(codes), bool)
        for level in range(3):
            own = by_hand(model, vocabulary, prompt, [int(c) for c in codes[row, :level]])
            chances = {
                c: bias.own[level] * own[c] + np.logaddexp.reduce(logs[below & (codes[:, level] == c)])
                for c in set(codes[below, level].tolist())
            }
            code = int(codes[row, level])
            below &= codes[:, level] == code
            if np.isfinite(chances[code]):
                wanted = chances[code] - np.logaddexp.reduce(list(chances.values()))
                assert found[level, row] == pytest.approx(wanted, abs=5e-3)
        assert np.isfinite(found[:, row]).all() == np.isfinite(chances[code])
    whole = {tuple(codes[trie.tracks(int(n))[0]]): s for n, s in zip(*beams.steps[-1][::3], strict=True)}
    for row in np.flatnonzero(allowed):
        assert whole[tuple(codes[row])] == pytest.approx(found[:, row].sum(), abs=5e-3)
    assert len(whole) == len({tuple(c) for c in codes[allowed]})


def test_sampling_with_a_prior_stays_inside_the_trie(model_and_vocabulary, codes) -> None:
    model, vocabulary = model_and_vocabulary
    trie, session, allowed = Trie(codes), Session(model), np.arange(len(codes)) % 4 == 0
    session.read(list(range(3, 20)))
    bias = bias_of(trie, np.where(allowed, 0.0, -np.inf))
    shares = [np.full(size, 1 / size) for size in SIZES]
    drawn = [
        tuple(sample_inside(session, vocabulary, trie, bias, shares, torch.Generator().manual_seed(seed)))
        for seed in range(40)
    ]
    assert set(drawn) <= {tuple(c) for c in codes[allowed].tolist()}
    assert len(set(drawn)) > 3
    assert session.cache.get_seq_length() == 17
