"""What can be set of E4SRec, and how a recipe and overrides become settings."""

from typing import Any, ClassVar, Literal

from pydantic import (
    Field,
    PositiveFloat,
    PositiveInt,
    field_validator,
)

from segue.learning.budget import LmBudget
from segue.models.e4srec.fusion import Kind

CONTENT = ("playlist", "audio", "lyrics", "semantic", "metadata", "mgphot")
"""The features that may be fused with the ID vector."""
FULL_SOFTMAX = 50_000
"""Up to so many tracks the loss runs over the whole catalogue."""


class Settings(LmBudget):
    """How E4SRec is built and trained. Sources in brackets are sections of the E4SRec specification."""

    peak: ClassVar[float] = 2e-4

    size: str = "small"
    """The backbone: `tiny`, `small`, `base`, or any causal LM by path or hub name."""
    layers: PositiveInt | None = None
    """Keep only so many of the backbone's first layers; all by default."""
    tuning: Literal["lora", "full", "frozen"] | None = None
    """What learns of the backbone; `full` for `tiny`, `lora` otherwise."""
    rank: PositiveInt = 16
    alpha: PositiveInt = 32
    lora_dropout: float = Field(0.0, ge=0, lt=1)
    targets: tuple[str, ...] = ()
    """Names of the layers with adapters; all linear ones if empty."""
    quantise: Literal["nf4"] | None = None
    """4-bit weights of a frozen backbone; needs a GPU."""
    weights: Literal["float32", "bfloat16"] = "float32"
    checkpointing: bool = False
    """Compute activations twice to save memory."""

    ids: Literal["auto", "gated_history", "sasrec", "bert4rec", "gru4rec", "playlist"] = "auto"
    """Where ID vectors come from; `auto`: the workspace's gated history, SASRec, or playlist feature."""
    modalities: tuple[str, ...] | None = None
    """What a track's vector is made of, `id` first; `id` and every content feature there is by default."""
    fusion: Kind = "concat"
    fusion_dim: PositiveInt = 64
    as_published: bool = False
    """Fusion, completion, attributes and head with the published faults (8.2, 5.5)."""
    completion: Literal["none", "prompt", "embedding"] = "none"
    titles: int = Field(0, ge=0)
    """So many of the last tracks are named in the prompt."""
    attributes: bool = False
    """MGPHot attributes of the named tracks in the prompt."""
    frame: Literal["alpaca", "short"] = "alpaca"
    length: PositiveInt = 50
    """Plays that the model looks back on."""
    max_tokens: PositiveInt | None = None
    """The longest prompt; what the backbone can take by default."""

    start: Literal["auto", "encoder", "random"] = "auto"
    """`encoder`: the LLM's answer is added to the ID encoder's scores, with a gate that begins at zero.
    `random`: the LLM alone, as published. `auto`: the encoder where the ID vectors are those of one."""
    head: Literal["tied", "free"] = "tied"
    bias: bool = False
    """One number a track, under a tied head."""
    loss: Literal["auto", "softmax", "sampled", "published"] = "auto"
    """`published`: uniform negatives for each target, no correction, collisions kept (8.1)."""
    negatives: PositiveInt = 1024
    repeats: Literal["allow", "filter"] = "allow"
    """`filter` puts what was heard below all else, here and in validation."""
    drop: float = Field(0.1, ge=0, lt=1)
    """How often a track's modality is hidden in training, so that tracks without it work."""
    gain: PositiveFloat | None = None
    """How much faster projection and head learn than the backbone; 1 for `tiny`, 10 otherwise."""

    pack: bool = True
    """Train many targets of a listener in one pass (only where the prompt has no text of its tracks)."""
    tokens_a_step: PositiveInt = 2048
    line_tokens: PositiveInt = 768
    """Tokens of one line of a batch, shared by the windows that are packed into it."""
    last_only: PositiveInt | None = None
    """Learn from so many of the last plays of each listener only (published: 50)."""
    validation: int = Field(300, ge=0)
    """Validation targets that are ranked at each check."""
    checks: PositiveInt = 8
    """Validation checks in a budget; the parameters that did best are kept."""
    patience: PositiveInt = 4
    """Checks without a better NDCG@10 until training stops."""

    @field_validator("modalities", "targets", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """A list may come as words between commas."""
        return tuple(v.strip() for v in value.split(",") if v.strip()) if isinstance(value, str) else value

    @field_validator("modalities")
    @classmethod
    def _known(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        bad = [m for m in value or () if m not in ("id", *CONTENT)]
        if bad or (value is not None and (not value or len(set(value)) < len(value))):
            raise ValueError(f"modalities are id and {', '.join(CONTENT)}, each once")
        return value

    @property
    def anchored(self) -> bool:
        """Whether the answer is added to the ID encoder's; `ids` must be resolved."""
        if self.start == "auto":
            return self.ids != "playlist" and not self.as_published
        return self.start == "encoder"

    @property
    def tuned(self) -> Literal["lora", "full", "frozen"]:
        """What learns of the backbone."""
        return self.tuning or ("full" if self.size == "tiny" else "lora")

    @property
    def speed(self) -> float:
        """The gain of projection and head."""
        return self.gain or (1.0 if self.size == "tiny" else 10.0)

    @property
    def says_tracks(self) -> bool:
        """Whether the prompt has text that depends on the history."""
        return self.titles > 0 or self.attributes or self.completion == "prompt"

    @property
    def packed(self) -> bool:
        """Whether many windows share one line of a batch."""
        return self.pack and not self.says_tracks
