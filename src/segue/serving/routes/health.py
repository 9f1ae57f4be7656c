"""How the server is: for whoever watches over it."""

from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response
from typing_extensions import TypedDict

from segue.serving.routes.common import Asked

router = APIRouter(tags=["health"])


class HealthShape(TypedDict):
    """That the server answers, and with what."""

    status: Literal["ok"]
    tracks: int
    models: list[str]


@router.get("/health")
def health(service: Asked) -> HealthShape:
    """That the server is up: the catalogue is open and the database answers."""
    with service.store.session() as session:
        session.connection()
    return HealthShape(status="ok", tracks=len(service.library), models=service.models.names())


@router.get("/metrics", response_class=Response)
def metrics(service: Asked) -> Response:
    """Counters in the text format of Prometheus."""
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
