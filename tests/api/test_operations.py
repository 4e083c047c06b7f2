"""Jobs, health, metrics, webhooks, the lab, and the API's own description."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from marketplace import __version__, clock, settings
from marketplace.db import transaction
from marketplace.payments import queries
from marketplace.payments.gateway import WebhookFaults
from marketplace.payments.gateways.simulator import webhooks
from marketplace.payments.gateways.simulator.models import SimulatorCharge
from marketplace.payments.models import WebhookEvent
from marketplace.payments.signatures import sign
from tests.api.client import JOB_SECRET, Client, is_problem
from tests.api.test_edges import count
from tests.makers.bookings import Market
from tests.waiting import eventually

SECRET = {"X-Job-Secret": JOB_SECRET}


class TestJobs:
    async def test_a_job_runs_for_whoever_knows_the_secret(self, api: Client, market: Market) -> None:
        await api.book(market, "A-1")
        await market.skip(minutes=16)
        health = (await api.get("/jobs/health")).json()
        assert health["backlog"]["overdue_bookings"] == 1
        assert {job["job"] for job in health["jobs"]} >= {"expire", "settle-payments", "send-mail", "clean-up"}
        assert {job["at"] for job in health["jobs"]} == {None}
        assert (await api.post("/jobs/expire", headers=SECRET)).json() == {"job": "expire", "did": 1}
        health = (await api.get("/jobs/health")).json()
        assert health["backlog"]["overdue_bookings"] == 0
        [run] = [job for job in health["jobs"] if job["job"] == "expire"]
        assert (run["did"], run["error"]) == (1, None)
        assert run["seconds"] >= 0

    async def test_without_the_secret_nothing_runs(
        self, api: Client, market: Market, own_settings: settings.Settings
    ) -> None:
        for headers in ({}, {"X-Job-Secret": "wrong"}, {"X-Job-Secret": "ü".encode()}):
            is_problem(await api.post("/jobs/expire", headers=headers), 401, "wrong_job_secret")
        is_problem(await api.post("/jobs/nonsense", headers=SECRET), 404, "not_found")
        without = own_settings.model_copy(update={"job_secret": type(own_settings.job_secret)("")})
        settings.use(without)
        for headers in ({}, {"X-Job-Secret": ""}):
            is_problem(await api.post("/jobs/expire", headers=headers), 401, "wrong_job_secret")

    async def test_every_job_can_be_run_again_and_again(self, api: Client, market: Market) -> None:
        for job in (await api.get("/jobs/health")).json()["jobs"]:
            for _ in range(2):
                assert (await api.post(f"/jobs/{job['job']}", headers=SECRET)).status_code == 200, job


class TestHealth:
    async def test_all_is_well(self, api: Client, market: Market) -> None:
        assert (await api.get("/health/live")).json() == {"status": "ok"}
        ready = await api.get("/health/ready")
        assert ready.json() == {"status": "ok", "checks": {"database": "ok", "redis": "ok"}}
        webhooks_health = (await api.get("/health/webhooks")).json()
        assert webhooks_health == {"waiting": 0, "parked": 0, "dead": 0, "waiting_since": None}

    @pytest.mark.parametrize("path", ["/metrics", "/jobs/health", "/health/webhooks", "/health/money"])
    async def test_in_production_figures_are_for_operators(
        self, api: Client, market: Market, own_settings: settings.Settings, path: str
    ) -> None:
        assert (await api.get(path)).status_code == 200
        settings.use(own_settings.model_copy(update={"environment": settings.Environment.PRODUCTION}))
        right = own_settings.job_secret.get_secret_value()
        for headers in ({}, {"X-Job-Secret": "wrong"}, {"Authorization": "Bearer wrong"}):
            is_problem(await api.get(path, headers=headers), 401, "wrong_job_secret")
        for headers in ({"X-Job-Secret": right}, {"Authorization": f"Bearer {right}"}):
            assert (await api.get(path, headers=headers)).status_code == 200
        for open_to_all in ("/health/live", "/health/ready"):
            assert (await api.get(open_to_all)).status_code == 200

    @pytest.mark.parametrize("is_shared", [True, False])
    def test_one_answer_has_the_figures_of_every_process(self, tmp_path: Path, is_shared: bool) -> None:
        said = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(COUNTING), str(tmp_path / "figures"), str(is_shared)],
            capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        assert ('status="200"} 3.0' in said.stdout) is is_shared

    async def test_metrics_count_by_route_not_by_address(self, api: Client, market: Market) -> None:
        await api.get(f"/listings/{market.listing.id}")
        text = (await api.get("/metrics")).text
        assert 'holdfast_requests_total{method="GET",route="/listings/{id}",status="200"}' in text
        assert "holdfast_request_seconds_bucket" in text
        assert market.listing.id not in text


COUNTING = """
    import asyncio, os, sys
    from pathlib import Path
    from marketplace.cli.serving import share_figures

    if sys.argv[2] == "True":
        share_figures(Path(sys.argv[1]))
    from marketplace.api import middleware, operations

    for number in range(3):
        child = os.fork()
        if not child:
            middleware.REQUESTS.labels("/x", "GET", 200).inc()
            os._exit(0)
        os.waitpid(child, 0)
    print(asyncio.run(operations.metrics()).body.decode())
"""


class TestWebhooks:
    async def news(self, market: Market) -> tuple[bytes, dict[str, str]]:
        """A true event of the simulator that has not been told yet."""
        await market.behave(faults=WebhookFaults(drop=True))
        await market.pay()
        async with transaction(reading=True) as session:
            charge = (await session.exec(select(SimulatorCharge))).one()
        body = webhooks.write(charge, "evt_sim_news")
        return body, {webhooks.HEADER: sign(body, settings.current().simulator_secret, market.now)}

    async def test_the_same_event_five_times_at_once_is_taken_once(self, api: Client, market: Market) -> None:
        body, headers = await self.news(market)
        answers = await asyncio.gather(
            *(api.post("/webhooks/simulator", content=body, headers=headers) for _ in range(5))
        )
        assert {answer.status_code for answer in answers} == {202}
        assert await count(WebhookEvent) == 1
        await market.work()
        await eventually(_is_read)
        assert (await api.post("/webhooks/simulator", content=body, headers=headers)).status_code == 202
        assert await count(WebhookEvent) == 1

    async def test_forged_old_and_future_signatures_write_nothing(self, api: Client, market: Market) -> None:
        body, _ = await self.news(market)
        secret = settings.current().simulator_secret
        for header in (
            None, "", "t=1,v1=ff", sign(body, "another secret", market.now),
            sign(body, secret, market.now - timedelta(seconds=310)), sign(body, secret, market.now + timedelta(seconds=310)),
        ):  # fmt: skip
            headers = {} if header is None else {webhooks.HEADER: header}
            is_problem(await api.post("/webhooks/simulator", content=body, headers=headers), 400, "bad_signature")
        assert await count(WebhookEvent) == 0

    @pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"not JSON", b"{}", b"[]", b"[" * 50_000])
    async def test_what_cannot_be_read_is_refused(self, api: Client, market: Market, body: bytes) -> None:
        headers = {webhooks.HEADER: sign(body, settings.current().simulator_secret, market.now)}
        is_problem(await api.post("/webhooks/simulator", content=body, headers=headers), 400, "unreadable_webhook")
        assert await count(WebhookEvent) == 0
        is_problem(await api.post("/webhooks/nobody", content=body), 404, "unknown_provider")


async def _is_read() -> bool:
    async with transaction(reading=True) as session:
        return (await queries.inbox_health(session, clock.now())).waiting == 0


class TestDescription:
    async def test_the_document_is_openapi_3_1_with_examples(self, api: Client, market: Market) -> None:
        document = (await api.get("/openapi.json")).json()
        assert document["openapi"].startswith("3.1")
        assert document["info"]["version"] == __version__
        text = json.dumps(document)
        assert text.count('"examples"') > 10
        assert "HTTPValidationError" not in text
        for path in (
            "/listings", "/listings/{id}", "/listings/{id}/publish", "/listings/{id}/plan", "/listings/{id}/seats",
            "/listings/{id}/seats/stream", "/holds", "/holds/{id}", "/holds/{id}/extend", "/bookings", "/bookings/{id}",
            "/bookings/{id}/cancel", "/bookings/{id}/payments", "/payments/{id}", "/payments/{id}/refunds",
            "/webhooks/{provider}", "/jobs/{job}", "/jobs/health", "/health/live", "/health/ready", "/health/webhooks",
            "/metrics", "/auth/register", "/auth/login", "/auth/refresh", "/auth/logout", "/me",
        ):  # fmt: skip
            assert f"/api/v1{path}" in document["paths"], path
        for path, verbs in document["paths"].items():
            for verb, operation in verbs.items():
                assert "default" not in operation["responses"], (verb, path)

    async def test_a_caller_learns_how_to_say_who_they_are(self, api: Client, market: Market) -> None:
        document = (await api.get("/openapi.json")).json()
        schemes = document["components"]["securitySchemes"]
        assert {scheme.get("name") for scheme in schemes.values()} >= {
            "X-Cart-Token",
            "X-Booking-Key",
            "cart",
            "access",
        }
        assert {} in document["security"]
        for needed in document["security"]:
            assert needed.keys() <= schemes.keys()
        first_hold = document["paths"]["/api/v1/holds"]["post"]["responses"]["201"]
        assert first_hold["headers"].keys() == {"X-Cart-Token"}
        assert first_hold["content"]
        assert "cross_site" in document["info"]["description"]
        assert "X-Cart-Token" in (await api.get("/docs")).text

    async def test_every_reference_in_the_document_leads_somewhere(self, api: Client, market: Market) -> None:
        document = (await api.get("/openapi.json")).json()

        def references(part: object) -> list[str]:
            if isinstance(part, dict):
                own = [part["$ref"]] if "$ref" in part else []
                return own + [found for value in part.values() for found in references(value)]
            return [found for value in part for found in references(value)] if isinstance(part, list) else []

        for reference in references(document):
            _, components, kind, name = reference.split("/")
            assert name in document[components][kind], reference

    async def test_the_docs_page_shows_every_operation_and_every_code(self, api: Client, market: Market) -> None:
        page = await api.get("/docs")
        document = (await api.get("/openapi.json")).json()
        assert page.headers["content-type"].startswith("text/html")
        for path in document["paths"]:
            assert f"<code>{path}</code>" in page.text
        assert "429 Too Many Requests" in page.text
        refused = is_problem(await api.get("/nowhere"), 404, "not_found")
        for kind in (refused["type"], "#seats_taken", "#hold_expired", "#too_many_requests", "#idempotency_key_reused"):
            assert f"id={kind.partition('#')[2]}>" in page.text
        assert "<script" not in page.text
        assert "src=" not in page.text


class TestLab:
    async def test_the_next_payments_outcome_is_decided_here(self, api: Client, market: Market) -> None:
        simulator_settings = (await api.get("/lab/simulator")).json()
        assert simulator_settings["failure_rate"] == 0
        queued = await api.post("/lab/simulator/forced-outcomes", json={"outcome": "insufficient_funds"})
        assert (queued.status_code, queued.json()["forced_outcomes"]) == (201, ["insufficient_funds"])
        assert (await api.post("/lab/simulator/forced-outcomes", json={"outcome": "nonsense"})).status_code == 422
        payment = (await api.pay(await api.book(market, "A-1"))).json()
        await market.let_pass(4)
        assert (await api.get(f"/payments/{payment['id']}")).json()["failure_reason"] == "insufficient_funds"
        history = (await api.get("/lab/payments", params={"status": "failed"})).json()
        assert [one["id"] for one in history["items"]] == [payment["id"]]
        assert history["next_cursor"] is None
        changed = simulator_settings | {"processing_seconds": 7.5}
        assert (await api.put("/lab/simulator", json=changed)).json() == changed

    async def test_the_mailbox_can_be_read(self, api: Client, market: Market) -> None:
        await api.pay(await api.book(market, "A-1"))
        await market.let_pass(5)
        await api.post("/jobs/send-mail", headers=SECRET)
        mails = (await api.get("/lab/mailbox")).json()["items"]
        assert mails
        whole = (await api.get(f"/lab/mailbox/{mails[0]['id']}")).json()
        assert whole["card"] == mails[0]
        assert whole["html"]

    async def test_its_lists_go_on_page_by_page(
        self, api: Client, market: Market, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("marketplace.paging.MOST_PER_PAGE", 1)
        for seat in ("A-1", "A-2"):
            await api.pay(await api.book(market, seat), key=seat)
            await market.let_pass(5)
        for path in ("/lab/payments", "/lab/mailbox"):
            seen, cursor = [], None
            while True:
                page = (await api.get(path, params={"cursor": cursor} if cursor else {})).json()
                seen += [one["id"] for one in page["items"]]
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            assert len(seen) > 1
            assert seen == sorted(set(seen), reverse=True)

    async def test_every_email_can_be_looked_at_before_it_is_sent(self, api: Client, market: Market) -> None:
        kinds = [one["kind"] for one in (await api.get("/lab/emails")).json()["items"]]
        assert {"confirmed", "declined", "reset_password"} < set(kinds)
        email = (await api.get("/lab/emails/confirmed", params={"language": "de"})).json()
        assert (email["kind"], email["subject"][:4]) == ("confirmed", "Ihre")
        assert 'lang="de"' in email["html"]
        spoken = await api.get("/lab/emails/confirmed", headers={"Accept-Language": "de"})
        assert spoken.json()["subject"] == email["subject"]
        is_problem(await api.get("/lab/emails/love"), 404, "not_found")
        assert (await api.get("/lab/emails", params={"language": "tlh"})).status_code == 422
        assert (await api.get("/lab/mailbox")).json()["items"] == []

    async def test_time_can_be_moved_forward_only(self, api: Client, market: Market) -> None:
        before = (await api.get("/lab/clock")).json()
        moved = (await api.post("/lab/clock", json={"seconds": 900})).json()
        assert moved["now"] > before["now"]
        assert 899 < moved["ahead_seconds"] < 901
        for seconds in (-1, 0, 10**12, "NaN"):
            assert (await api.post("/lab/clock", json={"seconds": seconds})).status_code == 422
        assert (await api.delete("/lab/clock")).json()["ahead_seconds"] == 0

    async def test_where_it_is_closed_it_does_not_exist(
        self, api: Client, market: Market, own_settings: settings.Settings
    ) -> None:
        settings.use(own_settings.model_copy(update={"lab": False}))
        for path in ("/lab/clock", "/lab/simulator", "/lab/mailbox", "/lab/payments", "/lab/emails"):
            is_problem(await api.get(path), 404, "lab_closed")
        is_problem(await api.post("/lab/reset"), 404, "lab_closed")
        assert (await api.get(f"/listings/{market.listing.id}")).status_code == 200

    async def test_the_world_starts_anew(self, api: Client, market: Market) -> None:
        booked = await api.book(market, "A-1")
        assert (await api.post("/lab/reset")).status_code == 204
        is_problem(await api.get(f"/bookings/{booked['id']}"), 404, "booking_not_found")
        is_problem(await api.get(f"/listings/{market.listing.id}"), 404, "not_found")
        assert (await api.get("/listings/the-tempest")).status_code == 200
        again = await api.post("/auth/login", json={"email": "ada@holdfast.example", "password": "holdfast-demo"})
        assert again.status_code == 200

    async def test_another_sites_page_starts_nothing_anew(self, api: Client, market: Market) -> None:
        refused = await api.post("/lab/reset", headers={"Origin": "https://elsewhere.example"})
        is_problem(refused, 403, "cross_site")
        assert (await api.get(f"/listings/{market.listing.id}")).status_code == 200
