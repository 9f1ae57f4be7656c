"""The verbs that describe tracks: features, and MGPHot ratings by language models."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from segue.cli.console import agreed, show
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

Modality = Literal["audio", "tempo-key", "lyrics", "mgphot", "playlist", "semantic", "metadata"]


def features(
    workspace: Path,
    *,
    modality: list[Modality] | None = None,
    encoder: str | None = None,
    workers: int | None = None,
    engine: Literal["local", "ray"] = "local",
    device: str = "",
    transcribe: bool = True,
    whisper: str = "",
    captions: Path | None = None,
    ratings: Path | None = None,
    predict_from: list[Literal["audio", "lyrics", "playlist", "text"]] | None = None,
    trust_remote_code: bool = False,
    refit: bool = False,
) -> None:
    """Compute the features of every track: sound, words, company, tags, names.

    Parameters
    ----------
    modality
        Which (repeat it for several); by default all that the workspace has something for. tempo-key is
        words, not vectors: tags such as "fast tempo" and "A minor".
    encoder
        With `--modality audio` of recordings: musicnn (default; musicnn:MTT), mfcc, librosa, or clap, mert,
        music2vec, encodec, musicfm, each also as KIND:PATH_OR_HUB_NAME. Else of texts, by path, installed
        wheel, hub name or short name (mpnet, bge-m3, sentence-t5, nv-embed-v2).
    workers
        Processes that read recordings; one a core by default, one where there is a GPU.
    engine
        "ray" spreads the recordings over a Ray cluster.
    device
        Torch device of the audio encoder and of Whisper.
    transcribe
        Listen to recordings that have no words (`--no-transcribe` does not).
    whisper
        The model that listens, by path or hub name (large-v3-turbo); a tiny English one by default.
    captions
        What a captioning model wrote: a table with track_id or audio_path, and caption (semantic).
    ratings
        The published MGPHot annotations, a TSV file (mgphot).
    predict_from
        Predict the MGPHot values of unrated tracks from these vectors.
    trust_remote_code
        Let a model from the hub bring its own code.
    refit
        Compute anew although nothing changed.
    """
    from segue.encoders.text import TextEncoder
    from segue.features.compute import Options, compute_all

    # One name, and what it names depends on what is encoded.
    of_sound = bool(encoder) and modality == ["audio"]
    if encoder and modality and "audio" in modality and not of_sound:
        cure = "call it for `--modality audio` and for the others apart"
        raise SegueError("one --encoder for recordings and for texts", encoder, cure)
    texts = TextEncoder(encoder, trust_remote_code=trust_remote_code) if encoder and not of_sound else None
    options = Options(
        encoder=texts,
        audio_encoder=encoder if encoder and of_sound else "musicnn",
        device=device,
        workers=workers or _workers(),
        engine=engine,
        transcribe=transcribe,
        whisper=whisper,
        captions=captions,
        ratings=ratings,
        predict_from=None if predict_from is None else tuple(predict_from),
        trust_remote_code=trust_remote_code,
        refit=refit,
    )
    show(compute_all(Workspace(workspace, must_exist=True), modality, options))


def tokens(workspace: Path, *, clusters: int | None = None, seed: int = 0, refit: bool = False) -> None:
    """Quantise the features: k-means per modality, codes for every track.

    Parameters
    ----------
    clusters
        Clusters per modality; by default a rule of the catalogue's size, at most 1,024.
    refit
        Make the codebooks anew (trained models then need training again).
    """
    from segue.tokens.quantise import tokenise
    from segue.tokens.report import write_report

    target = Workspace(workspace, must_exist=True)
    show([tokenise(target, clusters=clusters, seed=seed, refit=refit)])
    show([f"report: {write_report(target, seed=seed)}"])


def _workers() -> int:
    """How many processes suit this machine."""
    from segue.kit.device import best_device

    return 1 if best_device().type == "cuda" else os.cpu_count() or 1


def rate(
    workspace: Path,
    *,
    url: str,
    model: list[str],
    temperature: list[float] | None = None,
    no_temperature: bool = False,
    seed: list[int] | None = None,
    with_: Annotated[list[Literal["tags", "lyrics"]] | None, Parameter(name="--with")] = None,
    track: list[str] | None = None,
    limit: int | None = None,
    examples: Path | None = None,
    workers: int = 4,
    consensus: Literal["median", "mean"] = "median",
    price_in: float | None = None,
    price_out: float | None = None,
    dry_run: bool = False,
    yes: bool = False,
    validate: bool = False,
) -> None:
    """Let language models rate the 58 MGPHot attributes of every track, behind an OpenAI-compatible URL.

    Says what it will cost before, and what it cost after. What was answered before is not asked again. The
    key comes from SEGUE_API_KEY or OPENAI_API_KEY and is written nowhere.

    Parameters
    ----------
    url
        The server, up to and with /v1.
    model
        Who rates; repeat it for several raters.
    temperature
        0 by default; each one is a rater of its own.
    no_temperature
        Send none: some models accept only their own.
    seed
        Each one is a rater of its own.
    with_
        What a rater is told besides artist, title, album and year.
    track
        Only this track (repeat it).
    limit
        Only the first so many tracks.
    examples
        The published TSV, to take its two example songs from.
    workers
        Requests under way at once.
    consensus
        How several raters become one value.
    price_in
        Money for a million tokens asked.
    price_out
        Money for a million tokens answered.
    dry_run
        Say what it would cost, and ask nothing.
    yes
        Do not ask whether to go on.
    validate
        Afterwards compare with the published annotations that were loaded (`segue features --ratings`).
    """
    from segue.describe.mgphot import plan
    from segue.describe.mgphot.rate import rate as ask
    from segue.describe.mgphot.validate import validate as compare
    from segue.features.mgphot import compute

    target = Workspace(workspace, must_exist=True)
    settings = plan.Settings(
        url=url,
        raters=plan.raters_of(model, (None,) if no_temperature else temperature or (0.0,), seed or (None,)),
        track_ids=tuple(track) if track else None,
        limit=limit,
        extras=tuple(with_ or ()),
        examples=examples,
        workers=workers,
        consensus=consensus,
        price_in=price_in,
        price_out=price_out,
    )
    cost = plan.estimate(target, settings)
    show([str(cost)])
    if dry_run:
        return
    if cost.usage.requests and not yes and not agreed():
        raise SegueError("not asked", url, "say --yes where nobody can be asked")
    show(ask(target, settings))
    show(compute(target))
    if validate:
        show([compare(target)])
