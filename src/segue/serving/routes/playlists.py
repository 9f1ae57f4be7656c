"""Playlists: made, changed, extended, exported, imported."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import Field, TypeAdapter, ValidationError
from starlette.responses import Response
from typing_extensions import TypedDict

from segue.kit.errors import SegueError
from segue.serving.routes.catalogue import CardsShape
from segue.serving.routes.common import ERRORS, Asked, Body, Name
from segue.serving.service import Service
from segue.serving.shapes import TrackShape, shaped
from segue.serving.state import PlaylistRow

router = APIRouter(prefix="/v1/playlists", tags=["playlists"], responses=ERRORS)
TrackIds = Annotated[list[Name], Field(max_length=10_000)]


class PlaylistHead(TypedDict):
    """A playlist in a list."""

    id: str
    name: str
    track_ids: list[str]
    created_at: str
    updated_at: str


class PlaylistShape(PlaylistHead):
    """A playlist with its tracks."""

    tracks: list[TrackShape]


class ImportedShape(PlaylistShape):
    """A playlist that was read, and the entries that are not in the catalogue."""

    missing: list[str]


class PlaylistsShape(TypedDict):
    """All playlists."""

    playlists: list[PlaylistHead]


class Made(Body):
    """A new playlist."""

    name: Name = ""
    track_ids: TrackIds = Field(default=[])


class Changed(Body):
    """What is to change; the order of the tracks is theirs in the list."""

    name: Name | None = None
    track_ids: TrackIds | None = None


class More(Body):
    """How many tracks more."""

    k: Annotated[int, Field(ge=1, le=100)] = 5


class Text(Body):
    """A playlist file as text."""

    text: Annotated[str, Field(max_length=4_000_000)]
    name: Name = ""


@router.get("")
def every(service: Asked) -> PlaylistsShape:
    """All playlists, the latest first."""
    return PlaylistsShape(playlists=[shaped(PlaylistHead, row) for row in service.playlists.every()])


@router.post("", status_code=201)
def make(service: Asked, body: Made) -> PlaylistShape:
    """A new playlist."""
    return _whole(service, service.playlists.make(body.name, body.track_ids))


FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": Text.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "name": {"type": "string"},
                    },
                    "required": ["file"],
                }
            },
        },
    }
}


@router.post("/import", status_code=201, openapi_extra=FORM)
async def take(service: Asked, request: Request) -> ImportedShape:
    """Read a playlist file (M3U, PLS, XSPF, JSPF, CSV) into a new playlist."""
    raw, name = await _given(request)
    found = service.playlists.take(raw, name)
    return ImportedShape(**_whole(service, found.row), missing=found.missing)


@router.get("/{playlist_id}")
def read(service: Asked, playlist_id: Name) -> PlaylistShape:
    """One playlist with its tracks."""
    return _whole(service, service.playlists.read(playlist_id))


@router.put("/{playlist_id}")
def change(service: Asked, playlist_id: Name, body: Changed) -> PlaylistShape:
    """Another name, other tracks, another order."""
    return _whole(service, service.playlists.change(playlist_id, body.name, body.track_ids))


@router.delete("/{playlist_id}", status_code=204)
def delete(service: Asked, playlist_id: Name) -> Response:
    """Delete a playlist."""
    service.playlists.delete(playlist_id)
    return Response(status_code=204)


@router.post("/{playlist_id}/extend")
def extend(service: Asked, playlist_id: Name, body: More | None = None) -> CardsShape:
    """Tracks that would go on with a playlist; it is not changed."""
    row = service.playlists.read(playlist_id)
    return CardsShape(
        tracks=service.shaper.cards(service.playlists.more(row.track_ids, body.k if body else 5))
    )


@router.get("/{playlist_id}/export", response_class=Response)
def export(
    service: Asked,
    playlist_id: Name,
    form: Annotated[Literal["m3u8", "jspf", "csv"], Query(alias="format")] = "m3u8",
) -> Response:
    """A playlist as a file."""
    text, kind, name = service.playlists.export(playlist_id, form)
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(text, media_type=f"{kind}; charset=utf-8", headers=headers)


async def _given(request: Request) -> tuple[bytes | str, str]:
    """The file and the name of an import, from a form or from JSON."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=10) as form:
            file, name = form.get("file"), form.get("name") or ""
            if file is None:
                raise SegueError("no file was sent", "file", "send it as the field `file`")
            raw = file if isinstance(file, str) else await file.read()
            return raw, str(name)[:500] if isinstance(name, str) else ""
    try:
        body = TypeAdapter(Text).validate_json(await request.body())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise SegueError(first["msg"], where, 'send {"text": ..., "name": ...} or a form') from None
    return body.text, body.name


def _whole(service: Service, row: PlaylistRow) -> PlaylistShape:
    tracks = [service.shaper.track(r) for r in service.browse.rows(row.track_ids)]
    return PlaylistShape(**shaped(PlaylistHead, row), tracks=tracks)
