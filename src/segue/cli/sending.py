"""The verb `send`: a playlist to another server."""

from pathlib import Path
from typing import Literal

from segue.cli.console import show
from segue.cli.serving import serving_extra
from segue.data.library import Library
from segue.kit.errors import SegueError
from segue.kit.workspace import Workspace


def send(
    workspace: Path,
    playlist: str,
    *,
    to: Literal["subsonic", "listenbrainz"],
    url: str = "",
    user: str = "",
    name: str = "",
    database: str | None = None,
) -> None:
    """Send a playlist to a Subsonic server, or to ListenBrainz.

    Parameters
    ----------
    playlist
        One that was kept on the page, by its name or id; or a file (M3U8, JSPF, CSV ...).
    to
        What kind of server.
    url
        Where it is; https://api.listenbrainz.org for ListenBrainz.
    user
        Of the Subsonic server; the password comes from SEGUE_SUBSONIC_PASSWORD. ListenBrainz knows the user
        by the token in SEGUE_LISTENBRAINZ_TOKEN.
    name
        Of the playlist there; as it is here by default. One of this user that is called so is replaced.
    database
        URL of the state database; by default the workspace's own.
    """
    with serving_extra():
        from segue.serving import sending
        from segue.serving.state import Store, of_workspace
    from segue.sources.subsonic import Subsonic

    if to == "subsonic" and not (url and user):
        raise SegueError("no server or user", cure="give --url https://host --user NAME")
    target = Workspace(workspace, must_exist=True)
    catalogue = Library.open(target).catalogue
    store = Store(database or of_workspace(target.root))
    title, ids = sending.chosen(store, catalogue, playlist)
    # A playlist that was kept may name tracks that are gone from the catalogue since.
    rows = [catalogue.tracks.row(catalogue.rows[i], named=True) for i in ids if i in catalogue.rows]
    if to == "subsonic":
        server = Subsonic.open(url, user)
        with server.web:
            sent = sending.to_subsonic(server, name or title, rows)
    else:
        sent = sending.to_listenbrainz(url or "https://api.listenbrainz.org", name or title, rows)
    show([f"{name or title}: {sent.n} tracks sent, {sent.where}"])
    show([f"  not known there: {track}" for track in sent.missing])
