"""The map of the catalogue."""

from __future__ import annotations

from fastapi import APIRouter

from segue.serving.map import MapShape
from segue.serving.routes.common import ERRORS, Asked, Name

router = APIRouter(prefix="/v1", tags=["catalogue"], responses=ERRORS)


@router.get("/map")
def map_of(service: Asked, modality: Name | None = None) -> MapShape:
    """Every track that has this modality as a point; near ones are alike."""
    return service.maps.map(modality or None)
