"""Where the rows of a study are made: one library, one folder, models that are made once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from segue.data.library import Library
from segue.kit.stage import read as read_made
from segue.kit.workspace import hash_of, read_card, write_json
from segue.models.recommender import Recommender
from segue.models.registry import entry, load
from segue.models.trained import Trained

S = TypeVar("S")
IDENTITY = "experiment.json"


@dataclass
class Lab(Generic[S]):
    """What the rows share."""

    library: Library
    settings: S
    folder: Path
    _made: dict[str, Recommender] = field(default_factory=dict)

    def fitted(self, name: str) -> Recommender:
        """The workspace's own recommender without a training loop, fitted where it is missing or stale."""
        if name not in self._made:
            directory, kind = self.library.workspace.model(name), entry(name).kind
            told = read_made(directory).get("made", {}).get("inputs", {})
            now = kind.made_of(self.library)
            if not (directory / "card.json").exists() or (now is not None and told != dict(now.inputs)):
                kind.fit(self.library).save(directory)
            self._made[name] = load(self.library, name)
        return self._made[name]

    def trained(
        self,
        name: str,
        kind: type[Trained],
        settings: Mapping[str, Any],
        library: Library | None = None,
        *,
        keep: bool = True,
    ) -> Recommender:
        """A recommender trained for this study alone, kept in its folder; an interrupted training goes on.

        Args:
            library: another than the study's, say with other tokens.
            keep: hold it in memory for the rows that follow.
        """
        if name in self._made:
            return self._made[name]
        library = library or self.library
        given = kind.settings_type(**settings)
        directory, work = self.folder / "models" / name, self.folder / "models" / f".{name}-training"
        # Of the study's library: one seen otherwise was never written; its folder's name tells it apart.
        made = kind.made_of(self.library)
        identity = hash_of(kind.name, given.model_dump(), dict(made.inputs) if made else {})
        if not self._is_done(directory, identity):
            model = kind._learn(library, given, work)
            model.save(directory)
            write_json(directory / IDENTITY, {"identity": identity})
        # Read back even where it was just made: a resumed study then scores by the same numbers.
        found = kind.load(directory, library)
        if keep:
            self._made[name] = found
        return found

    @staticmethod
    def _is_done(directory: Path, identity: str) -> bool:
        """Whether this very model is there."""
        if not (directory / IDENTITY).exists() or not (directory / "card.json").exists():
            return False
        kept = read_card(directory, "experiment")
        return bool(kept) and identity in (directory / IDENTITY).read_text("utf-8")
