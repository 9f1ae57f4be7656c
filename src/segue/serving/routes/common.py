"""What all routes share: the service, texts and ids as they may come, errors as they are answered."""

from collections.abc import AsyncIterable, Iterable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from segue.kit.errors import SegueError
from segue.serving.errors import BusyError, NotHereError
from segue.serving.guard import refusal
from segue.serving.service import Service

MOST_IDS = 50_000


def service_of(request: Request) -> Service:
    """The service that answers."""
    found: Service = request.app.state.service
    return found


def cleaned(text: str) -> str:
    """Text without NUL and halves of characters, which databases and answers refuse."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


Asked = Annotated[Service, Depends(service_of)]
Text = Annotated[str, AfterValidator(cleaned), Field(max_length=10_000)]
Name = Annotated[str, AfterValidator(cleaned), Field(max_length=500)]
Ids = Annotated[list[Name], Field(max_length=MOST_IDS)]


class Body(BaseModel):
    """Of every request body: unknown names are errors."""

    model_config = ConfigDict(extra="forbid")


class ErrorDetail(BaseModel):
    """What is wrong, where, and what to do about it."""

    what: str
    where: str
    cure: str


class ErrorShape(BaseModel):
    """The body of every error."""

    error: ErrorDetail


ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorShape, "description": "It cannot be done like this; the cure says how."},
    404: {"model": ErrorShape, "description": "Not here."},
    413: {"model": ErrorShape, "description": "Too large."},
    422: {"model": ErrorShape, "description": "A field is missing or wrong; `where` names it."},
    503: {"model": ErrorShape, "description": "Not now: the database did not take it."},
}


def status_of(error: SegueError) -> int:
    """The status of an error that the user can mend."""
    if isinstance(error, NotHereError):
        return 404
    return 503 if isinstance(error, BusyError) else 400


def streamed(events: Iterable[str] | AsyncIterable[str]) -> StreamingResponse:
    """Server-sent events, which nothing on the way may gather before it passes them on."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def answer_errors(app: FastAPI) -> None:
    """Every error is answered in one shape."""

    @app.exception_handler(SegueError)
    async def mendable(request: Request, error: SegueError) -> Response:
        return refusal(status_of(error), error.what, error.cure, error.where)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        is_json = "json" in request.headers.get("content-type", "json")
        cure = (
            "see /openapi.json for what is expected" if is_json else "send `content-type: application/json`"
        )
        return refusal(422, str(first["msg"]), cure, where)

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        cures = dict.fromkeys((404, 405), "the addresses are listed at /openapi.json")
        cure = cures.get(error.status_code, "see /openapi.json for what is expected")
        headers = dict(error.headers or {})
        return refusal(error.status_code, str(error.detail).lower(), cure, **headers)


_EVENT = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": _EVENT}}}}
"""What an answer also is, for the document: server-sent events."""
