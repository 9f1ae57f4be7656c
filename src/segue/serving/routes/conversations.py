"""Conversations: begin, go on (streamed or whole), judge, take a wish back, find again."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response
from typing_extensions import TypedDict

from segue.kit.errors import SegueError
from segue.serving.routes.common import ERRORS, STREAM, Asked, Body, Name, Text, streamed
from segue.serving.service import Service
from segue.serving.shapes import AnswerShape, StateShape, shaped, state_shape
from segue.serving.state import ConversationRow

log = logging.getLogger("segue.serving")
router = APIRouter(prefix="/v1/conversations", tags=["conversations"], responses=ERRORS)
Event = tuple[str, Any]


class HeadShape(TypedDict):
    """A conversation in a list."""

    id: str
    title: str
    model: str
    listener: str
    created_at: str
    updated_at: str
    turns: int


class WholeShape(HeadShape):
    """A conversation with its answers."""

    answers: list[dict[str, Any]]
    state: StateShape
    where: dict[str, Any]
    avoided: list[str]


class ListShape(TypedDict):
    """Conversations, the latest first."""

    conversations: list[HeadShape]


class JudgedShape(TypedDict):
    """What holds after feedback."""

    avoided: list[str]
    state: StateShape


class ForgottenShape(TypedDict):
    """What holds after a wish was taken back."""

    state: StateShape
    answer: None


class Begin(Body):
    """A new conversation; without a model the default one answers; as a listener whose plays are known."""

    model: Name | None = None
    listener: Name = ""


class Message(Body):
    """Something said, or a track that is pointed at, with filters from now on."""

    text: Text = ""
    where: dict[str, Any] | None = None
    start: Name | None = None
    like: Name | None = None


class Judgement(Body):
    """What one thinks of a track."""

    track_id: Name
    kind: Literal["like", "dislike", "not_artist", "clear"]


class Forget(Body):
    """Which wish is taken back."""

    wish: Name


class Rename(Body):
    """A new title."""

    title: Name


@router.post("", status_code=201)
def begin(service: Asked, body: Begin | None = None) -> WholeShape:
    """Begin a conversation."""
    row = service.talks.begin(body.model, body.listener) if body else service.talks.begin()
    return _whole(service, row)


@router.get("")
def find(service: Asked, query: Name = "") -> ListShape:
    """The conversations in whose title or messages the query stands, the latest first."""
    return ListShape(conversations=[shaped(HeadShape, row) for row in service.talks.find(query)])


@router.get("/{conversation_id}")
def read(service: Asked, conversation_id: Name) -> WholeShape:
    """A conversation with its answers."""
    return _whole(service, service.store.conversation(conversation_id))


@router.patch("/{conversation_id}")
def rename(service: Asked, conversation_id: Name, body: Rename) -> HeadShape:
    """Give a conversation another title."""
    return shaped(HeadShape, service.talks.rename(conversation_id, body.title))


@router.delete("/{conversation_id}", status_code=204)
def delete(service: Asked, conversation_id: Name) -> Response:
    """Delete a conversation."""
    service.talks.forget_all(conversation_id)
    return Response(status_code=204)


@router.post("/{conversation_id}/messages", response_model=AnswerShape, responses=STREAM)
async def say(service: Asked, request: Request, conversation_id: Name, body: Message) -> Response:
    """Say something.

    With `Accept: application/json` the answer comes whole; else as server-sent events: `state`, a `card` for
    each track, `word` for each piece of the sentence, `done` with the whole answer, or `error`.
    """
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(await asyncio.to_thread(_say, service, conversation_id, body))
    await asyncio.to_thread(service.store.conversation, conversation_id)
    return streamed(_events(service, conversation_id, body))


@router.post("/{conversation_id}/feedback")
def judge(service: Asked, conversation_id: Name, body: Judgement) -> JudgedShape:
    """Like a track, dislike it, never hear its artist again, or take that back."""
    avoided, state = service.talks.judge(conversation_id, body.track_id, body.kind)
    return JudgedShape(avoided=avoided, state=state)


@router.post("/{conversation_id}/forget")
def forget(service: Asked, conversation_id: Name, body: Forget) -> ForgottenShape:
    """Take a wish back."""
    return ForgottenShape(state=service.talks.forget(conversation_id, body.wish), answer=None)


# ---------------------------------------------------------------------- streams


def _say(service: Service, conversation_id: str, body: Message, heard: Any = None) -> AnswerShape:
    return service.talks.say(
        conversation_id, body.text, where=body.where, start=body.start, like=body.like, heard=heard
    )


async def _events(service: Service, conversation_id: str, body: Message) -> AsyncIterator[str]:
    """The events of an answer, which is made and kept in a thread, whether or not anybody listens on."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[Event]()

    def put(event: Event) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, event)

    def work() -> None:
        try:
            answer = _say(service, conversation_id, body, lambda state: put(("state", state_shape(state))))
        except SegueError as error:
            put(("error", {"error": error.told}))
        except Exception:
            log.exception("unforeseen error in an answer")
            unforeseen = SegueError(
                "something went wrong in the server", "", "its log says what; nothing was lost"
            )
            put(("error", {"error": unforeseen.told}))
        else:
            put(("done", answer))

    loop.run_in_executor(None, work)
    while True:
        name, value = await queue.get()
        if name == "done":
            yield event("state", value["state"])
            for card in value["cards"]:
                yield event("card", card)
            for piece in pieces(value["sentence"]):
                yield event("word", {"text": piece})
        yield event(name, value)
        if name in ("done", "error"):
            return


def event(name: str, value: Any) -> str:
    """A server-sent event; JSON has no line ends in it."""
    return f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n"


def pieces(sentence: str) -> list[str]:
    """A sentence in words; together they are the sentence."""
    words = sentence.split(" ")
    return [w + " " for w in words[:-1]] + words[-1:] if sentence else []


def _whole(service: Service, row: ConversationRow) -> WholeShape:
    kept = row.snapshot or {}
    talk = service.talks.restored(row, to_read=True)
    return WholeShape(
        **shaped(HeadShape, row),
        answers=[turn.answer for turn in service.store.turns(row.id)],
        state=state_shape(talk.state),
        where=kept.get("where", {}),
        avoided=talk.avoided,
    )
