"""What may be answered beside success: refusals, as the OpenAPI document tells them, and methods that are not there.

Most refusals follow from the shape of an operation. The rest it names itself, with `responses=refuses(…)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from marketplace import limits
from marketplace.api import problems
from marketplace.api.auth_context import actor_from, member_from
from marketplace.api.idempotency import HEADER, Idempotent

ROOT = "/api/v1"

UNGUARDED = frozenset({"/health/live", "/metrics", "/openapi.json", "/docs"})
"""They need neither SQL nor Redis."""

_SAFE = frozenset({"GET", "HEAD"})


def describe(document: dict[str, Any], routes: Iterable[BaseRoute]) -> None:
    """Add every refusal of these routes to `document`, and the key that changes may carry."""
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = problems.SCHEMA
    parts["responses"] = {}
    for route in routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        method = "".join(route.methods or ())  # each of ours has one
        operation = document["paths"][ROOT + route.path][method.lower()]
        if isinstance(route, Idempotent) and method not in _SAFE:
            _describe_key(operation)
        known = {status: answer for status, answer in operation["responses"].items() if status != "default"}
        for status in {*_refusals(route, method, operation), *map(int, known)}:
            answer = known.setdefault(str(status), {})
            if status >= HTTPStatus.BAD_REQUEST and "content" not in answer:
                name = HTTPStatus(status).name.title().replace("_", "")
                parts["responses"][name] = problems.documented(HTTPStatus(status))
                known[str(status)] = {"$ref": f"#/components/responses/{name}"}
        operation["responses"] = dict(sorted(known.items()))


def _refusals(route: APIRoute, method: str, operation: dict[str, Any]) -> Iterator[int]:
    if any(dependency.call in {actor_from, member_from} for dependency in route.dependant.dependencies):
        yield HTTPStatus.UNAUTHORIZED
        if method not in _SAFE:
            yield HTTPStatus.FORBIDDEN
    if route.path.startswith("/lab/"):
        yield from (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
    if "{" in route.path:
        yield HTTPStatus.NOT_FOUND
    if "requestBody" in operation:
        yield from (HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    if method not in _SAFE:
        yield from (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if isinstance(route, Idempotent) and method not in _SAFE:
        yield from (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
    if "requestBody" in operation or any(taken["in"] != "path" for taken in operation.get("parameters", ())):
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    if route.path not in UNGUARDED:
        yield HTTPStatus.SERVICE_UNAVAILABLE


def _describe_key(operation: dict[str, Any]) -> None:
    """Where money moves the route asks for the key itself; everywhere else it is welcome."""
    parameters = operation.setdefault("parameters", [])
    known = next((one for one in parameters if one["name"].lower() == HEADER.lower()), None)
    if known is None:
        parameters.append(known := {})
    known |= {
        "name": HEADER, "in": "header", "required": bool(known),
        "description": "A change that is asked for again under the same key is answered again, not done again.",
        "schema": {"type": "string", "pattern": f"^[!-~]{{1,{limits.IDEMPOTENCY_KEY}}}$"},
    }  # fmt: skip


def install(app: FastAPI) -> None:
    """Let `app` answer methods that an address does not have, and OPTIONS."""

    @app.exception_handler(HTTPStatus.METHOD_NOT_ALLOWED)
    async def other_method(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _of_other_method(request, error)


def _of_other_method(request: Request, error: HTTPException) -> Response:
    """405 with every method that the address has, however many routes share it."""
    paths = request.app.openapi()["paths"]
    path = ROOT + getattr(request.scope.get("route"), "path", "")
    own = (error.headers or {}).get("Allow", "").replace(",", " ").split()
    methods = {method.upper() for method in paths[path]} if path in paths else set(own)
    if "GET" in methods:
        methods.add("HEAD")
    allowed = {"Allow": ", ".join(sorted(methods | {"OPTIONS"}))}
    if request.method == "OPTIONS":
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=allowed)
    return problems.of_http(HTTPException(error.status_code, error.detail, allowed))
