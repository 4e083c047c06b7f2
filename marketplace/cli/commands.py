"""`marketplace …`: what operators and developers do from a terminal.

Ends with 0 if it was done, 1 if something was found wrong, 2 if it could not be started. What takes long to import is
imported by the command that needs it.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from marketplace import clock, settings
from marketplace.brand import NAME, SUMMARY
from marketplace.errors import HoldfastError, Invalid
from marketplace.ids import EventId, SellerId
from marketplace.settings import SettingsRefused

T = TypeVar("T")
WRONG, REFUSED = 1, 2

marketplace = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=f"{NAME}: {SUMMARY}")
plan = typer.Typer(no_args_is_help=True, help="Seat plans in the open format of pretix's plan editor.")
jobs = typer.Typer(no_args_is_help=True, help="Background jobs, by hand.")
events = typer.Typer(no_args_is_help=True, help="Events whose delivery fails: what waits to be told, and why.")
settings_group = typer.Typer(no_args_is_help=True, help="Configuration.")
marketplace.add_typer(plan, name="plan")
marketplace.add_typer(jobs, name="jobs")
marketplace.add_typer(events, name="events")
marketplace.add_typer(settings_group, name="settings")

out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)

PlanFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A seat plan (JSON).")]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; say in one sentence what stood in its way. Returns the exit code."""
    from marketplace.cli.refusals import Refusal  # noqa: PLC0415

    try:
        marketplace(arguments, standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else WRONG
    except (SettingsRefused, Refusal) as refused:
        err.print(str(refused), markup=False)
        return REFUSED
    except HoldfastError as error:
        err.print(error.message, markup=False)
        for field_error in error.errors if isinstance(error, Invalid) else ():
            err.print(f"  {field_error.field}: {field_error.message}", markup=False)
        return WRONG
    return 0


@marketplace.command()
def run() -> None:
    """Serve everything on PORT: pages, websocket, API; with embedded data where none is configured."""
    from marketplace.cli import launcher  # noqa: PLC0415

    launcher.run()


@marketplace.command()
def dev() -> None:
    """The same, reloading when a file changes."""
    from marketplace.cli import launcher  # noqa: PLC0415

    launcher.dev()


@marketplace.command()
def seed() -> None:
    """Build the demo world in an empty database."""
    from marketplace.cli import services  # noqa: PLC0415

    with services.reached_data(settings.read()):
        services.migrate()
        built = services.seed_if_empty()
    out.print("The demo world stands." if built else "The database is not empty: nothing was changed.")


@marketplace.command()
def worker() -> None:
    """Do background work until told to stop. Set JOBS_IN_WEB=false where workers run."""
    from marketplace.jobs.worker import run_worker  # noqa: PLC0415

    async def work() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_worker(stop)

    _with_data(work)


@marketplace.command()
def doctor() -> None:
    """Check settings, database, Redis, mail, clocks and tools; say how to mend what is wrong."""
    from marketplace.cli import doctor as practice  # noqa: PLC0415

    findings = _with_data(practice.examine)
    for finding in findings:
        mark = "[green]✓[/green]" if finding.is_well else "[red]✗[/red]"
        out.print(f"{mark} [bold]{finding.what}[/bold]  {finding.words}")
        if finding.mend:
            out.print(f"    {finding.mend}", markup=False)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(WRONG)


@marketplace.command()
def words() -> None:
    """Bring the catalogues of every language up to date with what the code says, and name what still lacks words."""
    from marketplace.cli import catalogues  # noqa: PLC0415

    waiting = 0
    for language in catalogues.languages():
        catalogues.update(language)
        errors = list(catalogues.errors(language))
        waiting += len(errors)
        out.print(f"{catalogues.path_of(language)}: {len(errors)} to look at", markup=False)
        for field_error in errors:
            out.print(f"  {field_error}", markup=False)
    if waiting:
        raise typer.Exit(WRONG)


@plan.command("check")
def check_plan(file: PlanFile) -> None:
    """Read a seat plan and name everything that is wrong with it."""
    from marketplace.kinds.seats.plans import read_plan  # noqa: PLC0415

    found = read_plan(file.read_bytes())
    out.print(
        f"“{found.name}” can be imported: {len(found.seats)} seats in {len(found.categories)} categories.", markup=False
    )


@plan.command("import")
def import_plan(
    file: PlanFile, seller: Annotated[str, typer.Option(help="Id of the shop whose plan it will be.")]
) -> None:
    """Keep a seat plan for a shop."""
    from marketplace.accounts.views import SYSTEM  # noqa: PLC0415
    from marketplace.db import transaction  # noqa: PLC0415
    from marketplace.kinds.seats import actions as plans  # noqa: PLC0415

    async def keep() -> str:
        async with transaction() as session:
            kept = await plans.import_plan(session, SYSTEM, SellerId(seller), file.read_bytes(), clock.now())
        return kept.id

    out.print(_in_house(keep))


@jobs.command("run")
def run_job(name: Annotated[str, typer.Argument(help="Its name, as `marketplace jobs list` says it.")]) -> None:
    """Run one job now, here, to its end."""
    from marketplace.jobs import runner  # noqa: PLC0415

    done = _in_house(lambda: runner.run(name, clock.now()))
    out.print(f"{name}: {done} done.")


@jobs.command("list")
def list_jobs() -> None:
    """Every job, when it recurs, and what it does."""
    from marketplace.jobs.schedule import JOBS  # noqa: PLC0415

    for job in JOBS.values():
        out.print(f"{job.name:18} {job.cron:18} {job.about.splitlines()[0]}", markup=False)


@events.command("list")
def list_events() -> None:
    """Every event whose delivery fails, those about money first: how often it was tried, when next, what went wrong."""
    from marketplace import outbox  # noqa: PLC0415
    from marketplace.db import transaction  # noqa: PLC0415

    async def look() -> list[outbox.FailingEvent]:
        async with transaction(reading=True) as session:
            return await outbox.failing(session)

    found = _in_house(look)
    for event in found:
        when = "given up" if event.is_dead else f"next {event.due_at:%Y-%m-%d %H:%M:%S}Z"
        mark = "  [money]" if event.is_about_money else ""
        out.print(
            f"{event.id}  {event.kind}  tried {event.attempts}x, {when}{mark}\n    {event.last_error}", markup=False
        )
    if not found:
        out.print("No event fails.")


@events.command("replay")
def replay_events(
    id: Annotated[str, typer.Argument(help="As `marketplace events list` says it.")] = "",
    *,
    every: Annotated[bool, typer.Option("--all", help="Every event that fails or was given up.")] = False,
) -> None:
    """Deliver one event now, or every one that fails: once what made them fail is mended."""
    from marketplace.jobs import replaying  # noqa: PLC0415

    if bool(id) == every:
        raise typer.BadParameter("Name one event, or say --all.")
    replayed, left = _in_house(lambda: replaying.replay(None if every else EventId(id), clock.now()))
    out.print(f"{replayed} replayed, {left} of all events still fail.")
    if left:
        raise typer.Exit(WRONG)


@settings_group.command("example")
def example() -> None:
    """Print `.env.example`: every setting with its meaning and default."""
    sys.stdout.write(settings.example())


def _with_data(work: Callable[[], Coroutine[None, None, T]]) -> T:
    """Run `work` with settings that hold and a Redis: the configured one, a running marketplace's, or our own."""
    from marketplace.cli import services  # noqa: PLC0415

    with services.reached_data(settings.read()):
        return asyncio.run(work())


def _in_house(work: Callable[[], Coroutine[None, None, T]]) -> T:
    """The same with every reaction and gateway in its place."""
    from marketplace import wiring  # noqa: PLC0415

    async def in_house() -> T:
        async with wiring.app_context():
            return await work()

    return _with_data(in_house)
