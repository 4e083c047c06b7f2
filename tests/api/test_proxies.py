"""A proxy that nobody told us of is said in the log, once."""

from __future__ import annotations

from structlog.testing import capture_logs

from marketplace import settings
from marketplace.api import auth_context
from tests.api.client import Client
from tests.makers.bookings import Market


async def test_a_proxy_that_is_not_trusted_is_told_once_in_a_process(
    api: Client, market: Market, own_settings: settings.Settings
) -> None:
    auth_context._warn_of_a_proxy.cache_clear()
    forwarded = {"X-Forwarded-For": "192.0.2.7"}
    with capture_logs() as logged:
        await api.hold(market, "A-1")
        settings.use(own_settings.model_copy(update={"trusted_proxy_hops": 1}))
        await api.post("/auth/login", json={"email": "a@example.org", "password": "x"}, headers=forwarded)
        settings.use(own_settings)
        assert not _warnings(logged)
        for _ in range(2):
            await api.post("/auth/login", json={"email": "a@example.org", "password": "x"}, headers=forwarded)
    [warning] = _warnings(logged)
    assert "TRUSTED_PROXY_HOPS" in warning["mend"]
    auth_context._warn_of_a_proxy.cache_clear()


def _warnings(logged: list) -> list:
    return [entry for entry in logged if entry["event"] == "asking.proxy_not_trusted"]
