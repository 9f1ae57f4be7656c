"""The server as an application: the routes over one service, behind one gate."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from segue import __version__
from segue.kit.workspace import Workspace
from segue.serving import mcp_server
from segue.serving.guard import Guard
from segue.serving.routes import (
    catalogue,
    conversations,
    health,
    media,
    openai_api,
    page,
    playlists,
    subsonic,
    survey,
)
from segue.serving.routes.common import answer_errors
from segue.serving.service import Service
from segue.serving.settings import ServeSettings

ROUTERS = (
    conversations.router,
    catalogue.router,
    openai_api.router,
    subsonic.router,
    survey.router,
    playlists.router,
    media.router,
    health.router,
    page.router,
)
"""A group of routes is a file in `routes/` and its place here."""


def create_app(
    workspace: Workspace | Path | str | Service,
    settings: ServeSettings | Mapping[str, Any] | None = None,
) -> FastAPI:
    """The application over a workspace."""
    service = workspace if isinstance(workspace, Service) else Service(workspace, settings)
    agents = mcp_server.build(service)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with agents.session_manager.run():
            yield
        service.close()

    app = FastAPI(
        title="segue",
        version=__version__,
        summary="Talk to a music catalogue.",
        lifespan=lifespan,
        # Their pages load scripts from another site, which the policy forbids.
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    answer_errors(app)
    for router in ROUTERS:
        app.include_router(router)
    app.router.routes.extend(mcp_server.routes(agents))
    app.mount("/static", page.static, name="static")
    # The outermost that can be added: routes and mounts alike are asked through it.
    app.add_middleware(Guard, settings=service.settings, metrics=service.metrics)
    return app
