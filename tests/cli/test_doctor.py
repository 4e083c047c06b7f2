"""`marketplace doctor`: what it looks at, and what it says should be mended."""

from __future__ import annotations

import pytest

from marketplace import settings
from marketplace.cli import doctor
from marketplace.settings import Environment

pytestmark = pytest.mark.usefixtures("redis", "database")


async def to_mend() -> dict[str, str]:
    return {finding.what: finding.words for finding in await doctor.examine() if not finding.is_well}


async def test_a_marketplace_to_try_out_lacks_nothing() -> None:
    assert await to_mend() == {}


async def test_production_is_told_of_mail_that_reaches_nobody_and_of_visitors_who_look_alike(
    own_settings: settings.Settings,
) -> None:
    settings.use(own_settings.model_copy(update={"environment": Environment.PRODUCTION}))
    found = await to_mend()
    assert "nobody is sent their tickets" in found["SMTP_URL"]
    assert "all visitors share one address" in found["TRUSTED_PROXY_HOPS"]


async def test_a_redis_that_is_away_is_one_finding_and_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away() -> doctor.Finding:
        raise ConnectionError("nobody answers\nthere")

    monkeypatch.setattr(doctor, "redis_server", away)
    assert await to_mend() == {"Redis": "ConnectionError: nobody answers"}
