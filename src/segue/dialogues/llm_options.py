"""What can be said to `segue dialogues --generator llm`."""

from pydantic import Field

from segue.kit.asking import Prices
from segue.kit.settings import Flags


class Options(Flags):
    """What is asked of whom."""

    url: str = ""
    """An OpenAI-compatible server, up to and with /v1 (generator llm); the key comes from SEGUE_API_KEY."""
    model: str = ""
    """The model's name there."""
    temperature: float | None = Field(default=0.9, ge=0)
    """0.9; below 0.5 dialogues grow alike."""
    no_temperature: bool = False
    """Send none: some models accept only their own."""
    language: str = "en"
    """In which the dialogues are written, as a code of two letters."""
    shown: int = Field(default=12, ge=2, le=60)
    """At most so many tracks of a playlist are shown; half of them must be used."""
    negatives: int = Field(default=4, ge=0, le=20)
    """So many tracks to be turned down are shown."""
    repairs: int = Field(default=1, ge=0, le=5)
    """How often an answer that breaks the rules is given back with the reason."""
    workers: int = Field(default=4, ge=1, le=256)
    """Requests under way at once."""
    timeout: float = Field(default=180.0, gt=0)
    """Seconds until an answer must be there."""
    tries: int = Field(default=6, ge=1)
    """Of one request, where the server is busy or away."""
    answer_tokens: int | None = Field(default=None, ge=1)
    """The most an answer may have (max_tokens); not sent by default."""
    price_in: float | None = Field(default=None, ge=0)
    """Money for a million tokens asked."""
    price_out: float | None = Field(default=None, ge=0)
    """Money for a million tokens answered."""
    budget_calls: int | None = Field(default=None, ge=0)
    """At most so many answers in all runs of this workspace and model; the same of tokens and money."""
    budget_tokens: int | None = Field(default=None, ge=0)
    """At most so many tokens, asked and answered together."""
    budget_money: float | None = Field(default=None, ge=0)
    """At most so much money; needs a price."""

    @property
    def prices(self) -> Prices:
        """For a million tokens."""
        return Prices(self.price_in, self.price_out)
