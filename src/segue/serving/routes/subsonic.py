"""`/rest/...`: the part of OpenSubsonic that music players ask for; JSON with `f=json`, else XML."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from segue.kit.errors import SegueError
from segue.serving.errors import NotHereError
from segue.serving.routes.common import Asked
from segue.serving.subsonic.methods import FILES, METHODS
from segue.serving.subsonic.protocol import DENIED, FAILED, NOT_FOUND, Call, SubsonicError, allow, said

router = APIRouter(include_in_schema=False)


async def given(request: Request) -> dict[str, list[str]]:
    """The parameters of the query and of a posted form."""
    found = {name: request.query_params.getlist(name) for name in request.query_params}
    if request.method == "POST":
        form = await request.form(max_fields=20_000)
        for name in form:
            found.setdefault(name, []).extend(v for v in form.getlist(name) if isinstance(v, str))
    return found


@router.api_route("/rest/{method}", methods=["GET", "POST"], response_model=None)
def answer(
    service: Asked, request: Request, method: str, given: Annotated[dict[str, list[str]], Depends(given)]
) -> Response:
    """One method of the protocol; an error is an answer too, with status 200, as it is there."""
    call, name = Call(service, given), method.removesuffix(".view")
    site = request.headers.get("sec-fetch-site", "none")
    as_json = given.get("f", ["xml"])[0] == "json"
    try:
        # The protocol writes by GET: another site's page could do so by a picture's address.
        if site not in ("none", "same-origin"):
            raise SubsonicError(DENIED, "another site's page asks")
        if name not in METHODS and name not in FILES:
            raise SubsonicError(FAILED, f"no method {name[:40]}")
        if name != "getOpenSubsonicExtensions":
            allow(call)
        if name in FILES:
            return FILES[name](call)
        return said(METHODS[name](call), as_json)
    except SegueError as error:
        code = error.code if isinstance(error, SubsonicError) else FAILED
        code = NOT_FOUND if isinstance(error, NotHereError) else code
        return said({"error": {"code": code, "message": str(error)}}, as_json, "failed")
