"""`Idempotency-Key`: a change that is asked for again is answered again, not done again.

The first answer, errors on our side included, is kept for 24 hours and replayed for the same key with the same request.
An answer that says "not now" (429, 503) is nobody's answer: it releases the key.
"""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from marketplace import clock
from marketplace.accounts.views import Actor
from marketplace.api import problems
from marketplace.api.auth_context import Guarded, Handler, actor_of, client_ip
from marketplace.db import transaction
from marketplace.errors import HoldfastError, Invalid, TooMany, Unavailable
from marketplace.i18n import _, gettext_noop
from marketplace.payments import idempotency
from marketplace.payments.idempotency import Replay

HEADER = "Idempotency-Key"

_NOT_NOW = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


class KeyRequired(Invalid):
    code = "idempotency_key_required"
    title = gettext_noop("Idempotency-Key required")

    def __init__(self) -> None:
        super().__init__(_("Send an {header} header: money is moved once for each key.", header=HEADER))


class Idempotent(Guarded):
    """A route whose changes honour the key, where one is sent."""

    def wrapped(self, handle: Handler) -> Handler:
        async def once(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None or request.method in {"GET", "HEAD", "OPTIONS"}:
                return await handle(request)
            return await _once(request, key, handle)

        return once


async def _once(request: Request, key: str, handle: Handler) -> Response:
    label = await _label(request)
    begun = await _begin(request, key, label)
    if isinstance(begun, Replay):
        headers = {**begun.headers, "Idempotency-Replayed": "true"}
        return Response(begun.body, begun.status, headers, begun.content_type)
    try:
        response = await handle(request)
    except (TooMany, Unavailable):
        # The same request is welcome after the wait that this asks for.
        await _release(key, label)
        raise
    except HoldfastError as refused:
        response = problems.of_error(refused)
    except RequestValidationError as misshapen:
        response = problems.of_validation(request, misshapen)
    except HTTPException as refused:
        response = problems.of_http(refused)
    except Exception:
        await _finish(key, label, problems.unforeseen())
        raise
    if response.status_code in _NOT_NOW:
        await _release(key, label)
    else:
        await _finish(key, label, response)
    return response


async def _label(request: Request) -> str:
    """Whose key it is, and for what: a key is its actor's own, and each resource's.

    Who has no cart yet is told apart by address, so that no stranger is given another's cart; two magic links to one
    booking by where they were sent, so that one which opens nothing any more is told nothing either.
    """
    actor = await actor_of(request)
    who = actor.label if actor != Actor() else f"visitor {client_ip(request)}"
    if actor.account is None and actor.link is not None:
        who = f"{who} {actor.link.stamp}"
    return f"{who} {request.url.path}"


async def _begin(request: Request, key: str, label: str) -> idempotency.Begun:
    body = await request.body()
    async with transaction() as session:
        return await idempotency.begin(
            session, key=key, actor=label, method=request.method, path=request.url.path, body=body, now=clock.now()
        )


async def _release(key: str, label: str) -> None:
    # Where the database is what is away, the key's lease releases it.
    with suppress(Unavailable):
        async with transaction() as session:
            await idempotency.abandon(session, key=key, actor=label)


async def _finish(key: str, label: str, response: Response) -> None:
    kept = {name: value for name, value in response.headers.items() if name in {"x-cart-token", "retry-after"}}
    async with transaction() as session:
        await idempotency.finish(
            session, key=key, actor=label, status=response.status_code, body=bytes(response.body),
            content_type=response.headers.get("content-type", ""), headers=kept, now=clock.now(),
        )  # fmt: skip
