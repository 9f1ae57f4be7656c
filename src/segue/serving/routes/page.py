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


@router.get("/")
def index() -> FileResponse:
    """The page."""
    return FileResponse(PAGE / "index.html", headers={"cache-control": "no-cache"})
