"""`/v1/chat/completions`, as programs made for OpenAI's API speak it; tracks come as data beside the words.

Source: OpenAI's API reference, "Create chat completion" and "The chat completion chunk object".
"""

import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from segue.kit.errors import SegueError
from segue.serving.answer import line_of
from segue.serving.replay import replay_of
from segue.serving.routes.common import ERRORS, STREAM, Asked, Body, Ids, Name, cleaned, status_of, streamed
from segue.serving.service import MOST, Given
from segue.serving.shapes import AnswerShape

MARKUP = re.compile(r"([\[<])")
"""What begins a link, a picture or an element where a client shows Markdown."""
router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"], responses=ERRORS)
PIECE = re.compile(r"\S+\s*|\s+")


class Message(BaseModel):
    """A message; of what a client sends only `user` messages count."""

    model_config = ConfigDict(extra="allow")
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        """The words of it."""
        if isinstance(self.content, list):
            parts = (p.get("text") for p in self.content if p.get("type") in ("text", "input_text"))
            return cleaned(" ".join(p for p in parts if isinstance(p, str)))
        return cleaned(self.content or "")


class Extra(Body):
    """What segue can be told besides (`extra_body={"segue": {...}}`)."""

    k: Annotated[int, Field(ge=1, le=MOST)] | None = None
    exclude: Ids = Field(default_factory=list)
    where: dict[str, Any] = Field(default_factory=dict)
    listener: Name = ""


class Asking(BaseModel):
    """A request; what is not named here (temperature, tools ...) has no meaning for a catalogue."""

    model_config = ConfigDict(extra="allow")
    model: Name | None = None
    messages: Annotated[list[Message], Field(min_length=1, max_length=10_000)]
    stream: bool | None = False
    stream_options: dict[str, Any] | None = None
    n: int | None = 1
    response_format: dict[str, Any] | None = None
    segue: Extra = Extra()


@router.post("/chat/completions", response_model=None, responses=STREAM)
def complete(service: Asked, body: Asking) -> Response:
    """Answer a dialogue; with `stream` as server-sent events. Tracks: the field `segue`, an `Answer`.

    Of the messages only what the listener said counts (role `user`); the rest follows from it.
    """
    try:
        if body.n not in (None, 1):
            raise SegueError("one answer at a time", "n", "leave n out")
        said = [m.text for m in body.messages if m.role == "user"]
        name, extra = None if body.model in ("", "segue", "default") else body.model, body.segue
        given = Given(extra.exclude, extra.where, extra.k, name, extra.listener)
        found = replay_of(service).answer(said, given)
    except SegueError as error:
        return refused(error)
    answer = service.answer_shape(found)
    as_json = (body.response_format or {}).get("type") in ("json_object", "json_schema")
    content = as_data(answer) if as_json else in_words(answer)
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": found.model}
    # Words, where OpenAI counts tokens.
    asked, answered = sum(len(s.split()) for s in said), len(content.split())
    usage = {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}
    if body.stream:
        more = usage if (body.stream_options or {}).get("include_usage") else None
        return streamed(_events(head, answer, content, more))
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    whole = {"object": "chat.completion", "choices": [choice], "usage": usage, "segue": answer}
    return JSONResponse(head | whole)


def in_words(answer: AnswerShape) -> str:
    """The sentence, then a line a track; nothing in a title can become a link or a picture."""
    lines = [answer["sentence"], *(f"♪ {line_of(card)}" for card in answer["cards"])]
    return MARKUP.sub(r"\\\1", "\n".join(" ".join(line.split()) for line in lines))


def as_data(answer: AnswerShape) -> str:
    """The answer as JSON, for clients that ask for JSON and see nothing but the content."""
    return json.dumps({"sentence": answer["sentence"], "tracks": answer["cards"]}, ensure_ascii=False)


def refused(error: SegueError) -> JSONResponse:
    """An error in OpenAI's shape, with segue's own beside it."""
    status = status_of(error)
    body = {
        "message": str(error),
        "type": "server_error" if status == 503 else "invalid_request_error",
        "param": error.where or None,
        "code": "model_not_found" if status == 404 else None,
    }
    return JSONResponse({"error": body | error.told}, status)


def _events(
    head: Mapping[str, Any], answer: AnswerShape, content: str, usage: Mapping[str, Any] | None
) -> Iterator[str]:
    """The chunks: the tracks with the first, then the words, the end, and what it cost where asked for."""

    def chunk(delta: dict[str, Any] | None, end: str | None = None, **more: Any) -> str:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": end}]
        value = {**head, "object": "chat.completion.chunk", "choices": choices, **more}
        return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"

    yield chunk({"role": "assistant", "content": ""}, segue=answer)
    for piece in PIECE.findall(content):
        yield chunk({"content": piece})
    yield chunk({}, "stop")
    if usage is not None:
        yield chunk(None, usage=usage)
    yield "data: [DONE]\n\n"
