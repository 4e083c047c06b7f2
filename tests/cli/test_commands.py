from datetime import UTC, datetime
from pathlib import Path

import pytest

from marketplace import settings
from marketplace.cli import commands
from marketplace.cli.commands import REFUSED, WRONG, main
from marketplace.ids import EventId
from marketplace.outbox import FailingEvent


def test_the_settings_example_is_printed(capsys: pytest.CaptureFixture[str]):
    assert main(["settings", "example"]) == 0
    assert capsys.readouterr().out == settings.example()


def test_settings_that_are_refused_end_in_one_sentence_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("PORT", "99999")
    monkeypatch.setenv("SECRET_KEY", "short")
    assert main(["run"]) == REFUSED
    said = capsys.readouterr().err
    assert "PORT" in said
    assert "SECRET_KEY" in said
    assert "Traceback" not in said


def test_every_error_of_a_plan_is_named_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "plan.json"
    file.write_text('{"name": "", "zones": [{"name": "A", "position": {"x": 0}}]}')
    assert main(["plan", "check", str(file)]) == WRONG
    said = capsys.readouterr().err
    assert "$.name" in said
    assert "$.zones[0]" in said


def test_every_job_is_listed(capsys: pytest.CaptureFixture[str]):
    from marketplace.jobs.schedule import JOBS

    assert main(["jobs", "list"]) == 0
    said = capsys.readouterr().out
    assert [name for name in JOBS if name not in said] == []


def test_events_that_fail_are_listed_with_what_went_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    found = [
        FailingEvent(EventId.new(), "PaymentSucceeded", True, False, 13, at, at, "RuntimeError('torn')"),
        FailingEvent(EventId.new(), "ListingChanged", False, True, 12, at, at, "[brackets] are no markup"),
    ]
    monkeypatch.setattr(commands, "_in_house", lambda _: found)
    assert main(["events", "list"]) == 0
    paid, changed = capsys.readouterr().out.strip().split("\n    [brackets]")[0].split(f"\n{found[1].id}")
    assert (
        paid
        == f"{found[0].id}  PaymentSucceeded  tried 13x, next 2026-05-01 12:00:00Z  [money]\n    RuntimeError('torn')"
    )
    assert changed == "  ListingChanged  tried 12x, given up"


@pytest.mark.parametrize("arguments", [[], ["evt_01M7Z8TWF4A68AKEZJ13A8EZC1", "--all"]])
def test_replaying_wants_one_event_or_all(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(["events", "replay", *arguments]) == 2
    assert "--all" in capsys.readouterr().err


@pytest.mark.parametrize(("left", "code"), [(0, 0), (1, WRONG)])
def test_replaying_says_whether_events_still_fail(
    left: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(commands, "_in_house", lambda _: (3, left))
    assert main(["events", "replay", "--all"]) == code
    assert capsys.readouterr().out == f"3 replayed, {left} of all events still fail.\n"
