"""The page and its files."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

PAGE = Path(str(files("segue.serving") / "page"))
router = APIRouter(include_in_schema=False)
static = StaticFiles(directory=PAGE)
FRESH = {"cache-control": "no-cache"}


@router.get("/")
def index() -> FileResponse:
    """The page."""
    return FileResponse(PAGE / "index.html", headers=FRESH)


@router.get("/survey/{token}")
def survey(token: str) -> FileResponse:
    """The page of a rater; it asks for its questions by the token in its address."""
    return FileResponse(PAGE / "survey.html", headers=FRESH)
