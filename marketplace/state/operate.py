"""The operators' desk: today at a glance, and what needs somebody."""

from __future__ import annotations

import reflex as rx
from typing_extensions import TypedDict  # pydantic, which serialises State vars, wants this one before Python 3.12

from marketplace import clock, datetimes
from marketplace.accounts.views import SecondFactorMissing
from marketplace.components.values import Tone
from marketplace.db import transaction
from marketplace.errors import Forbidden, Unavailable
from marketplace.i18n import _
from marketplace.jobs import runner
from marketplace.operations import queries
from marketplace.operations.views import Today
from marketplace.state import formatting
from marketplace.state.viewer import actor_of, zone_of


class Concern(TypedDict):
    """Something that is to be watched: how many there are, and how bad that is."""

    key: str
    label: str
    detail: str
    value: str
    mark: str
    tone: Tone


class OperateState(rx.State):
    is_loading: bool = True
    is_closed: bool = True
    """Whoever looks does not operate this marketplace."""
    needs_factor: bool = False
    day: str = ""
    orders: str = ""
    revenue: str = ""
    owed: str = ""
    is_calm: bool = False
    concerns: list[Concern] = []  # noqa: RUF012 - a Reflex var

    @rx.event
    async def load(self) -> None:
        self.is_loading, self.is_closed, self.needs_factor = True, False, False
        self.concerns = []
        try:
            actor, now = await actor_of(self), clock.now()
            async with transaction(reading=True) as session:
                seen = await queries.today(session, actor, zone_of(self), now)
        except SecondFactorMissing:
            self.needs_factor, self.is_loading = True, False
            return
        except Forbidden:
            self.is_closed, self.is_loading = True, False
            return
        self._show(seen, await _failed_jobs())
        self.is_loading = False

    def _show(self, seen: Today, jobs: list[str] | None) -> None:
        self.day = datetimes.day(seen.since.date())
        self.orders = formatting.count_text(seen.orders)
        self.revenue = formatting.amounts_text(seen.revenue, _("None yet"))
        self.owed = formatting.amounts_text(seen.owed.amounts, _("None"))
        self.concerns = concerns_of(seen, jobs)
        self.is_calm = all(concern["tone"] != "danger" for concern in self.concerns)


async def _failed_jobs() -> list[str] | None:
    """The jobs whose last run failed; None where nobody knows."""
    try:
        return [run.job for run in await runner.last_runs() if run.error]
    except Unavailable:
        return None


def concerns_of(seen: Today, jobs: list[str] | None) -> list[Concern]:
    """What may need somebody, the gravest first. `jobs` are those whose last run failed."""
    money_late = seen.events.money_waits_since is not None and seen.events.failing > 0
    found = [
        _concern("owed", _("Refunds that are owed"), seen.owed.refunds, is_bad=True,
                 detail=_("{count} need your attention: no further retries.", count=seen.owed.for_people)
        if seen.owed.for_people
        else _("The provider has refused them and is asked again.")),
        _concern("events-dead", _("Undelivered events"), seen.events.dead, is_bad=True,
                 detail=_("They will not be retried. Replay them to deliver them.")),
        _concern("webhooks-dead", _("Failed provider webhooks"), seen.webhooks.dead, is_bad=True,
                 detail=_("They could not be read, or failed too often.")),
        _concern("jobs", _("Jobs whose last run failed"), len(jobs or []), is_bad=True, detail=", ".join(jobs or [])),
        _concern("events-failing", _("Events being retried"), seen.events.failing, is_bad=money_late,
                 detail=_("A handler keeps failing; money depends on it.") if money_late else ""),
        _concern("disputes", _("Payments in dispute"), seen.disputed,
                 detail=_("The buyer's bank is claiming the money back. No refunds until it is resolved.")),
        _concern("payments", _("Payments without an answer yet"), seen.undecided,
                 detail=_("We keep asking the provider.")),
        _concern("refunds", _("Refunds on their way"), seen.refunds),
        _concern("webhooks", _("Pending provider webhooks"), seen.webhooks.waiting + seen.webhooks.parked),
        _concern("overdue", _("Orders past their time to pay"), seen.overdue,
                 detail=_("The next job run releases their seats.")),
        _concern("events", _("Pending events"), seen.events.waiting),
    ]  # fmt: skip
    if jobs is None:
        unknown = Concern(
            key="jobs", label=_("Jobs"), detail=_("Redis is not responding: job status unknown."),
            value="–", mark=_("Needs attention"), tone="danger",
        )  # fmt: skip
        found = [unknown, *(concern for concern in found if concern["key"] != "jobs")]
    gravity = {"danger": 0, "warning": 1, "good": 2}
    return sorted(found, key=lambda concern: gravity[concern["tone"]])


def _concern(key: str, label: str, count: int, *, is_bad: bool = False, detail: str = "") -> Concern:
    tone: Tone = "good" if not count else "danger" if is_bad else "warning"
    mark = {"good": _("All good"), "danger": _("Needs attention"), "warning": _("In progress")}[tone]
    shown = detail if count else ""
    return Concern(key=key, label=label, detail=shown, value=formatting.count_text(count), mark=mark, tone=tone)
