"""Music tokens in a language model's vocabulary: new rows that begin like its words."""

from typing import Any

import torch

from segue.kit.errors import SegueError
from segue.tokens.vocabulary import Vocabulary


def extend(
    model: Any, tokenizer: Any, modalities: tuple[str, ...], sizes: tuple[int, ...], *, seed: int = 0
) -> Vocabulary:
    """Give model and tokenizer the music tokens, new rows drawn from N(mu, Sigma) of the old; their ids.

    Source: TalkPlay 2.2, 2.3 (Hewitt 2021). The resizing of `transformers` shrinks Sigma by 1e-9.
    """
    vocabulary = Vocabulary(modalities, sizes, len(tokenizer))
    added = tokenizer.add_tokens(vocabulary.tokens, special_tokens=True)
    if added != len(vocabulary):
        raise SegueError("the model already has music tokens", cure="start from a model without them")
    n_words, wanted = vocabulary.first, vocabulary.first + len(vocabulary)
    generator = torch.Generator().manual_seed(seed)
    # Some models have spare rows already (padded to a multiple of 64 or 128).
    if model.get_input_embeddings().weight.shape[0] < wanted:
        model.resize_token_embeddings(wanted, mean_resizing=False)
    elif hasattr(model, "weights_of"):
        _own_words(model)
    # By identity: tied matrices are one, and must be drawn once.
    matrices = {id(m.weight): m.weight for m in (model.get_input_embeddings(), model.get_output_embeddings())}
    with torch.no_grad():
        for weight in matrices.values():
            weight[n_words:wanted] = draw_like(weight[:n_words], len(vocabulary), generator).to(weight.dtype)
    return vocabulary


def _own_words(model: Any) -> None:
    """Give a model whose weights are shared matrices of words of its own."""
    inputs, outputs = model.get_input_embeddings(), model.get_output_embeddings()
    tied = inputs.weight is outputs.weight
    inputs.weight = torch.nn.Parameter(inputs.weight.detach().clone())
    outputs.weight = inputs.weight if tied else torch.nn.Parameter(outputs.weight.detach().clone())


def draw_like(rows: torch.Tensor, n: int, generator: torch.Generator) -> torch.Tensor:
    """n rows from the normal distribution with the mean and covariance of `rows` (n_rows, dim)."""
    rows = rows.float()
    mean = rows.mean(dim=0)
    covariance = torch.cov(rows.T)
    values, axes = torch.linalg.eigh(covariance)
    noise = torch.randn(n, rows.shape[1], generator=generator).to(rows.device)
    # Rounding makes the smallest eigenvalues slightly negative.
    drawn: torch.Tensor = mean + (noise * values.clamp(min=0).sqrt()) @ axes.T
    return drawn
