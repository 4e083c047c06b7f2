"""The API as one FastAPI application, mounted beside the web UI."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from marketplace import __version__
from marketplace.api import (
    account,
    auth,
    bookings,
    credentials,
    docs,
    holds,
    lab,
    listings,
    meta,
    operations,
    payments,
    problems,
    sales,
)
from marketplace.api.edge import Edge
from marketplace.inventory.watch import Hub

ROOT = "/api/v1"


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        credentials.describe(document)
        return document


def create_app() -> FastAPI:
    """A fresh application. Its hub wakes with the first viewer of a stream."""
    app = Api(
        title="Holdfast",
        version=__version__,
        summary="A marketplace for things that run out.",
        openapi_url=f"{ROOT}/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={"default": problems.DOCUMENTED},
    )
    app.state.hub = Hub()
    for router in (
        # Looked through in this order: what is asked for most often first.
        holds.router, listings.router, listings.streams, bookings.router, payments.router, payments.webhooks,
        auth.router, account.router, sales.router, operations.router, docs.router, lab.router,
    ):  # fmt: skip
        app.include_router(router, prefix=ROOT)
    app.include_router(auth.forms)
    app.include_router(bookings.forms)
    app.include_router(meta.router)
    problems.install(app)
    app.add_middleware(Edge)
    return app
