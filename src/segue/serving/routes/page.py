"""The page and its files."""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

PAGE = Path(str(files("segue.serving") / "page"))
router = APIRouter(include_in_schema=False)
static = StaticFiles(directory=PAGE)


def _page(name: str) -> HTMLResponse:
    """A page below the head that all pages begin with; always asked for again, so that an update shows."""
    text = "".join((PAGE / part).read_text("utf-8") for part in ("head.html", name))
    return HTMLResponse(text, headers={"cache-control": "no-cache"})


@router.head("/")
@router.get("/")
def index() -> HTMLResponse:
    """The page."""
    return _page("index.html")


@router.get("/survey/{token}")
def survey(token: str) -> HTMLResponse:
    """The page of a rater; it asks for its questions by the token in its address."""
    return _page("survey.html")
