from pathlib import Path

import pytest

from marketplace import settings
from marketplace.cli.commands import REFUSED, WRONG, main


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


def test_every_fault_of_a_plan_is_named_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
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
