"""The one exception that the command line turns into a one-line message."""


class SegueError(Exception):
    """Something the user can mend: says what is wrong, where, and the cure, in one line.

    Args:
        what: what is wrong, without a full stop.
        where: the file, table or id it is wrong in, or "" where that is plain.
        cure: what to do about it.
    """

    def __init__(self, what: str, where: str = "", cure: str = "") -> None:
        self.what, self.where, self.cure = what, where, cure
        parts = [f"{where}: {what}" if where else what]
        if cure:
            parts.append(cure)
        super().__init__("; ".join(parts))

    @property
    def told(self) -> dict[str, str]:
        """Its parts by name, as a server answers them."""
        return {"what": self.what, "where": self.where, "cure": self.cure}
