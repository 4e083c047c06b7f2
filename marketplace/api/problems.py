"""One table from what the rooms refuse to what HTTP says, as problem+json (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from marketplace.batches import Incomplete
from marketplace.errors import (
    Conflict,
    Forbidden,
    HoldfastError,
    Invalid,
    NotFound,
    TooLarge,
    TooMany,
    TooSlow,
    Unauthenticated,
    Unavailable,
)
from marketplace.i18n import _, gettext_noop
from marketplace.payments.errors import BadSignature, UnreadableWebhook

STATUS: dict[type[HoldfastError], HTTPStatus] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    BadSignature: HTTPStatus.BAD_REQUEST,
    UnreadableWebhook: HTTPStatus.BAD_REQUEST,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    Incomplete: HTTPStatus.INTERNAL_SERVER_ERROR,
}

MEDIA_TYPE = "application/problem+json"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people."},
        "code": {"type": "string", "description": "For programs: stable. Some codes bring members of their own."},
        "errors": {
            "type": "array",
            "description": "Every field that is wrong, where that is the problem.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "examples": [
        {
            "type": "/api/v1/docs#seats_taken",
            "title": "Seat no longer available",
            "status": 409,
            "detail": "Someone else was faster. Pick other places.",
            "code": "seats_taken",
            "seats": ["st-A-1"],
        }
    ],
}
"""A problem of RFC 9457, in the OpenAPI document."""

_KINDS = {STATUS[kind]: kind for kind in (NotFound, TooLarge, TooSlow)}
"""What the framework refuses as we do ourselves."""

_OF_FRAMEWORK = {
    HTTPStatus.BAD_REQUEST: gettext_noop("Unreadable request"),
    HTTPStatus.METHOD_NOT_ALLOWED: gettext_noop("Method not allowed"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: gettext_noop("Unsupported media type"),
    HTTPStatus.INTERNAL_SERVER_ERROR: gettext_noop("Internal error"),
}
"""Titles of what only the framework refuses."""

_MEANING = {
    HTTPStatus.BAD_REQUEST: "The body cannot be read.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not what this takes: send application/json.",
}


def documented(status: HTTPStatus) -> dict[str, Any]:
    """How the OpenAPI document describes the refusals of this status."""
    kind = next((kind for kind, its in STATUS.items() if its is status), None)
    meaning = _MEANING.get(status) or (kind.__doc__ or "").partition("\n")[0] if kind else _MEANING[status]
    described: dict[str, Any] = {
        "description": meaning,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        described["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
        }
    return described


def refuses(*statuses: HTTPStatus | int) -> dict[int | str, dict[str, Any]]:
    """For `responses` of an operation: what it refuses beside what its shape tells already (see answers)."""
    return {int(status): {"description": ""} for status in statuses}


def answers_with(media_type: str) -> dict[int | str, dict[str, Any]]:
    """For `responses` of an operation that answers with a file."""
    return {200: {"content": {media_type: {}}}}


def status_of(error: HoldfastError) -> HTTPStatus:
    """The status of the nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def codes() -> dict[str, tuple[HTTPStatus, str]]:
    """Every code that a refusal may have, with its status and what it means."""
    known: dict[str, tuple[HTTPStatus, str]] = {}
    waiting: list[type[HoldfastError]] = list(STATUS)
    for kind in waiting:
        waiting += (below for below in kind.__subclasses__() if below.__module__.startswith("marketplace."))
        status = next(STATUS[base] for base in kind.__mro__ if base in STATUS)
        known.setdefault(kind.code, (status, (kind.__doc__ or "").partition("\n")[0]))
    return dict(sorted(known.items()))


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Response:
    """A problem+json answer. `title` is English, and translated here.

    `more` becomes extra members; what RFC 9457 names itself cannot be overwritten.
    """
    body = {
        **more,
        "type": f"/api/v1/docs#{code}",
        "title": _(title),
        "status": int(status),
        "detail": detail,
        "code": code,
    }
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def of_error(error: HoldfastError) -> Response:
    """The answer for something that a room refused."""
    headers, more = {}, dict(error.details)
    if isinstance(error, TooMany | Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    elif "retry_after" in error.details:
        headers["Retry-After"] = str(error.details["retry_after"])
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, Invalid) and error.errors:
        more["errors"] = [{"field": field_error.field, "message": field_error.message} for field_error in error.errors]
    return problem(status_of(error), error.code, error.title, error.message, headers=headers, more=more)


def of_validation(request: Request, error: RequestValidationError) -> Response:
    """The answer for a body, path or query that does not have the documented shape."""
    if _is_of_another_type(request, error):
        return problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            _OF_FRAMEWORK[HTTPStatus.UNSUPPORTED_MEDIA_TYPE],
            _("Send the body as application/json."),
        )
    errors = [
        {
            "field": ".".join(str(part) for part in field_error["loc"] if part != "body") or "body",
            "message": field_error["msg"],
        }
        for field_error in error.errors()
    ]
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        Invalid.code,
        Invalid.title,
        _("The request is not valid."),
        more={"errors": errors},
    )


def _is_of_another_type(request: Request, error: RequestValidationError) -> bool:
    """Whether the body was not read as JSON because it does not say that it is."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = re.fullmatch(r"application/(.+\+)?json", media_type)
    return not is_json and any(
        field_error["loc"] == ("body",) and field_error["type"] != "missing" for field_error in error.errors()
    )


def too_large(most: int) -> HTTPException:
    """For a body that goes on past `most` bytes. An HTTPException, so that FastAPI lets it through while it reads."""
    return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("A request body has at most {most} bytes.", most=most))


def too_slow() -> HTTPException:
    """For a body that does not come, or by drops: as for one that is too large. The rest of it is not waited for."""
    return HTTPException(
        HTTPStatus.REQUEST_TIMEOUT,
        _("The rest of the request did not come in time. Please try again."),
        {"Connection": "close"},
    )


def of_http(error: HTTPException) -> Response:
    """The answer for what the framework itself refuses: an unknown path, a wrong method, a body that is too long."""
    status = HTTPStatus(error.status_code)
    kind = _KINDS.get(status)
    code, title = (kind.code, kind.title) if kind else (status.name.lower(), _OF_FRAMEWORK.get(status, status.phrase))
    return problem(status, code, title, str(error.detail), headers=dict(error.headers or {}))


def unforeseen() -> Response:
    """The answer where we have no better one: the cause is in our log, under the request's id."""
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        _OF_FRAMEWORK[HTTPStatus.INTERNAL_SERVER_ERROR],
        _("Something went wrong on our side. Nothing was changed."),
    )


def install(app: FastAPI) -> None:
    """Make `app` answer every error as a problem."""

    @app.exception_handler(HoldfastError)
    async def refused(_: Request, error: HoldfastError) -> Response:
        return of_error(error)

    @app.exception_handler(RequestValidationError)
    async def misshapen(request: Request, error: RequestValidationError) -> Response:
        return of_validation(request, error)

    @app.exception_handler(HTTPException)
    async def plain(_: Request, error: HTTPException) -> Response:
        return of_http(error)
