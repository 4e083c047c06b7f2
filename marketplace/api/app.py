"""The API as one FastAPI application, mounted beside the web UI."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from marketplace import __version__, brand
from marketplace.api import (
    account,
    answers,
    auth,
    bookings,
    credentials,
    docs,
    holds,
    kinds,
    lab,
    listings,
    meta,
    operations,
    owed,
    payments,
    problems,
    sales,
    seat_plans,
)
from marketplace.api.answers import ROOT
from marketplace.api.middleware import Edge
from marketplace.inventory.watch import Hub

# Looked through in this order: what is asked for most often first.
ROUTERS = (
    holds.router, listings.router, listings.streams, seat_plans.streams, bookings.router, payments.router, payments.webhooks,
    auth.router, account.router, sales.router, operations.router, owed.router, docs.router, lab.router,
)  # fmt: skip


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            kinds.describe(document)
            credentials.describe(document)
            answers.describe(document, (route for router in ROUTERS for route in router.routes))
        return super().openapi()


def create_app() -> FastAPI:
    """A fresh application. Its hub wakes with the first viewer of a stream."""
    app = Api(
        title=brand.NAME,
        version=__version__,
        summary=brand.SUMMARY,
        openapi_url=f"{ROOT}/openapi.json",
        docs_url=None,
        redoc_url=None,
        # Instead of FastAPI's own 422; `answers` then says what each operation refuses.
        responses={"default": {"description": ""}},
    )
    app.state.hub = Hub()
    for router in ROUTERS:
        app.include_router(router, prefix=ROOT)
    app.include_router(auth.forms)
    app.include_router(bookings.forms)
    app.include_router(meta.router)
    problems.install(app)
    answers.install(app)
    app.add_middleware(Edge)
    return app
