"""The verbs that describe tracks: features, and MGPHot ratings by language models."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from segue.cli.console import agreed, show
from segue.describe.mgphot.options import Rating
from segue.features.options import Options
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace

Modality = Literal["audio", "tempo-key", "lyrics", "mgphot", "playlist", "semantic", "metadata"]


def features(
    workspace: Path,
    *,
    modality: list[Modality] | None = None,
    options: Annotated[Options | None, Parameter(name="*")] = None,
) -> None:
    """Compute the features of every track: sound, words, company, tags, names.

    Parameters
    ----------
    modality
        Which (repeat it for several); by default all that the workspace has something for. tempo-key is
        words, not vectors: tags such as "fast tempo" and "A minor".
    """
    from segue.features.compute import compute_all

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


def rate(
    workspace: Path,
    *,
    raters: Annotated[Rating, Parameter(name="*")],
    dry_run: bool = False,
    yes: bool = False,
    validate: bool = False,
) -> None:
    """Let language models rate the 58 MGPHot attributes of every track, behind an OpenAI-compatible URL.

    Says what it will cost before, and what it cost after. What was answered before is not asked again. The
    key comes from SEGUE_API_KEY or OPENAI_API_KEY and is written nowhere.

    Parameters
    ----------
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

    target, settings = Workspace(workspace, must_exist=True), plan.settings_of(raters)
    cost = plan.estimate(target, settings)
    show([str(cost)])
    if dry_run:
        return
    if cost.usage.requests and not yes and not agreed():
        raise SegueError("not asked", raters.url, "say --yes where nobody can be asked")
    show(ask(target, settings))
    show(compute(target))
    if validate:
        show([compare(target)])
