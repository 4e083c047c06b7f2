"""The operators' desk: today at a glance, and what needs somebody."""

from __future__ import annotations

import reflex as rx
from typing_extensions import TypedDict  # pydantic, which serialises State vars, wants this one before Python 3.12

from marketplace import clock, moments
from marketplace.accounts.views import SecondFactorMissing
from marketplace.components.values import Tone
from marketplace.db import transaction
from marketplace.errors import Forbidden, Unavailable
from marketplace.jobs import runner
from marketplace.operations import queries
from marketplace.operations.views import Today
from marketplace.state import phrases
from marketplace.state.viewer import ViewerState
from marketplace.words import say


class Concern(TypedDict):
    """Something that is to be watched: how many there are, and how bad that is."""

    key: str
    label: str
    detail: str
    value: str
    mark: str
    tone: Tone


class OperateState(ViewerState):
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
            actor, now = await self._actor(), clock.now()
            async with transaction(reading=True) as session:
                seen = await queries.today(session, actor, self.zone, now)
        except SecondFactorMissing:
            self.needs_factor, self.is_loading = True, False
            return
        except Forbidden:
            self.is_closed, self.is_loading = True, False
            return
        self._show(seen, await _failed_jobs())
        self.is_loading = False

    def _show(self, seen: Today, jobs: list[str] | None) -> None:
        self.day = moments.day(seen.since.date())
        self.orders = phrases.count_text(seen.orders)
        self.revenue = phrases.amounts_text(seen.revenue, say("Nothing yet"))
        self.owed = phrases.amounts_text(seen.owed.amounts, say("Nothing"))
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
    money_late = seen.facts.money_waits_since is not None and seen.facts.failing > 0
    found = [
        _concern("owed", say("Refunds that are owed"), seen.owed.refunds, is_bad=True,
                 detail=say("{count} of them need you: the provider is not asked any more.", count=seen.owed.for_people)
        if seen.owed.for_people
        else say("The provider has refused them and is asked again.")),
        _concern("facts-dead", say("News given up"), seen.facts.dead, is_bad=True,
                 detail=say("Nobody hears of these unless they are sent again.")),
        _concern("webhooks-dead", say("Provider messages given up"), seen.webhooks.dead, is_bad=True,
                 detail=say("They could not be read, or failed too often.")),
        _concern("jobs", say("Jobs whose last run failed"), len(jobs or []), is_bad=True, detail=", ".join(jobs or [])),
        _concern("facts-failing", say("News that is tried again"), seen.facts.failing, is_bad=money_late,
                 detail=say("Something fails where it is heard; money waits for it.") if money_late else ""),
        _concern("disputes", say("Payments in dispute"), seen.disputed,
                 detail=say("The buyer's bank claims the money back. Nothing of it can be refunded meanwhile.")),
        _concern("payments", say("Payments without an answer yet"), seen.undecided,
                 detail=say("We keep asking the provider.")),
        _concern("refunds", say("Refunds on their way"), seen.refunds),
        _concern("webhooks", say("Provider messages waiting"), seen.webhooks.waiting + seen.webhooks.parked),
        _concern("overdue", say("Orders past their time to pay"), seen.overdue,
                 detail=say("The next run of the job lets go of their seats.")),
        _concern("facts", say("News waiting to be told"), seen.facts.waiting),
    ]  # fmt: skip
    if jobs is None:
        unknown = Concern(
            key="jobs", label=say("Jobs"), detail=say("Redis does not answer: nobody knows how they went."),
            value="–", mark=say("Look into it"), tone="danger",
        )  # fmt: skip
        found = [unknown, *(concern for concern in found if concern["key"] != "jobs")]
    gravity = {"danger": 0, "warning": 1, "good": 2}
    return sorted(found, key=lambda concern: gravity[concern["tone"]])


def _concern(key: str, label: str, count: int, *, is_bad: bool = False, detail: str = "") -> Concern:
    tone: Tone = "good" if not count else "danger" if is_bad else "warning"
    mark = {"good": say("All well"), "danger": say("Look into it"), "warning": say("Under way")}[tone]
    shown = detail if count else ""
    return Concern(key=key, label=label, detail=shown, value=phrases.count_text(count), mark=mark, tone=tone)
