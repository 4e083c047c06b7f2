import os
from pathlib import Path

import pytest

from marketplace import settings
from marketplace.cli.frontend import Frontend, tools_environment


@pytest.fixture
def project(tmp_path: Path) -> Frontend:
    for name in ("marketplace/pages/home.py", "marketplace/catalog/views.py", "marketplace/catalog/actions.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    for name in ("marketplace/marketplace.py", "rxconfig.py", "reflex.lock/package.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    return Frontend(tmp_path)


@pytest.mark.parametrize("name", ["marketplace/pages/home.py", "marketplace/catalog/views.py", "rxconfig.py"])
def test_a_changed_source_changes_the_fingerprint(project: Frontend, name: str):
    before = project.fingerprint()
    (project.root / name).write_text("two")
    assert project.fingerprint() != before


def test_a_new_asset_changes_the_fingerprint(project: Frontend):
    before = project.fingerprint()
    (project.root / "assets").mkdir()
    (project.root / "assets" / "map.js").write_text("")
    assert project.fingerprint() != before


def test_what_no_page_shows_does_not_change_the_fingerprint(project: Frontend):
    before = project.fingerprint()
    (project.root / "marketplace/catalog/actions.py").write_text("two")
    assert project.fingerprint() == before


def test_a_closed_lab_has_other_pages(project: Frontend, own_settings: settings.Settings):
    before = project.fingerprint()
    settings.use(own_settings.model_copy(update={"lab": False}))
    assert project.fingerprint() != before


def test_pages_that_were_never_built_are_not_fresh(project: Frontend):
    assert not project.is_fresh


def test_our_own_node_comes_first():
    path = tools_environment({"PATH": "/somewhere"})["PATH"].split(os.pathsep)
    assert (Path(path[0]) / "node").exists()
    assert path[-1] == "/somewhere"
