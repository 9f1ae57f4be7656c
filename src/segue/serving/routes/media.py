"""Recordings, with ranges so that a player can seek, and covers."""

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.responses import Response

from segue.serving.errors import NotHereError
from segue.serving.routes.common import ERRORS, Asked, Name

router = APIRouter(prefix="/v1", tags=["media"], responses=ERRORS)
HEADERS = {"cache-control": "private, max-age=3600"}


@router.head("/media/{track_id:path}", include_in_schema=False)
@router.get("/media/{track_id:path}", response_class=FileResponse)
def media(service: Asked, track_id: Name) -> FileResponse:
    """The recording of a track; `Range` gives a part of it."""
    path, kind = service.media.file(track_id)
    return FileResponse(path, media_type=kind, headers=HEADERS)


@router.get("/covers/{track_id:path}", response_class=Response)
def cover(service: Asked, track_id: Name, quiet: bool = False) -> Response:
    """The picture that a recording holds; with `quiet` an empty answer where it holds none."""
    try:
        found = service.media.covers(track_id)
    except NotHereError:
        if quiet:
            return Response(status_code=204, headers=HEADERS)
        raise
    return Response(found.data, media_type=found.kind, headers=HEADERS)
