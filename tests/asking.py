"""Asking a server in tests."""

from __future__ import annotations

import httpx2
from fastapi.testclient import TestClient

WHOLE = {"accept": "application/json"}


def begin(client: TestClient) -> str:
    """The address of a new conversation's messages."""
    return f"/v1/conversations/{client.post('/v1/conversations').json()['id']}/messages"


def wrong(answer: httpx2.Response, status: int) -> dict[str, str]:
    """The error of an answer: of this status, with something to do about it."""
    assert answer.status_code == status, answer.text
    error: dict[str, str] = answer.json()["error"]
    assert error.keys() == {"what", "where", "cure"}
    assert error["what"]
    return error
