"""A setting that is wrong or weak stops the start, is named, and says why."""

from __future__ import annotations

import re
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from marketplace import settings
from marketplace.settings import Environment, SettingsRefused

STRONG = "0123456789abcdefghijklmnopqrstuvwxyz"
FIT_FOR_PRODUCTION = {
    "environment": "production",
    "secret_key": STRONG,
    "redis_url": "rediss://cache.example/0",
    "database_url": "postgresql://holdfast@db.example/holdfast",
    "public_url": "https://tickets.example.org/",
    "allow_simulator": True,
}


def read(**overrides: object) -> settings.Settings:
    return settings.read(_env_file=None, **overrides)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("environment", "staging", "development"),
        ("port", 0, "greater than or equal to 1"),
        ("port", "http", "integer"),
        ("database_url", "mysql://host/name", "postgresql:// only"),
        ("redis_url", "http://cache", "redis://"),
        ("public_url", "tickets.example.org", "full address"),
        ("public_url", "https://", "full address"),
        ("smtp_url", "mail.example.org:587", "smtp://"),
        ("smtp_url", "smtp://", "names a host"),
        ("secret_key", "short", "at least 32 characters, has 5"),
        ("secret_key", "a" * 64, "too repetitive"),
        ("job_secret", "short", "at least 32 characters"),
        ("simulator_webhook_secret", "short", "at least 32 characters"),
        ("web_workers", 0, "greater than or equal to 1"),
        ("log_level", "LOUD", "pattern"),
        ("commission_bp", 5001, "less than or equal to 5000"),
        ("hold_seconds", 5, "greater than or equal to 30"),
        ("access_token_seconds", 86400, "less than or equal to 3600"),
        ("login_limit", "ten/minute", "is a rate"),
        ("login_limit", "10/week", "is a rate"),
        ("hold_limit", "0/minute", "is a rate"),
        ("simulator_failure_rate", 1.5, "less than or equal to 1"),
        ("trusted_proxy_hops", -1, "greater than or equal to 0"),
    ],
)
def test_a_wrong_setting_is_named_and_says_why(name: str, value: object, why: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read(**{name: value})
    assert f"{name.upper()}: " in str(refused.value)
    assert why in str(refused.value)


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(SettingsRefused) as refused:
        read(port=0, redis_url="ftp://x", secret_key="weak")
    assert all(name in str(refused.value) for name in ("PORT", "REDIS_URL", "SECRET_KEY"))


def test_a_weak_secret_is_not_printed() -> None:
    with pytest.raises(SettingsRefused) as refused:
        read(secret_key="hunter2")
    assert "hunter2" not in str(refused.value)


def test_a_hold_cannot_outlast_its_own_limit() -> None:
    with pytest.raises(SettingsRefused, match="HOLD_LIMIT_SECONDS is not shorter"):
        read(hold_seconds=900, hold_limit_seconds=600)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"lab": True}, "LAB moves the clock"),
        ({"secret_key": ""}, "SECRET_KEY must be set"),
        ({"redis_url": ""}, "REDIS_URL must be set"),
        ({"database_url": ""}, "DATABASE_URL must name a PostgreSQL"),
        ({"database_url": "sqlite:///x.db"}, "DATABASE_URL must name a PostgreSQL"),
        ({"public_url": ""}, "PUBLIC_URL must be an https"),
        ({"public_url": "http://tickets.example.org"}, "PUBLIC_URL must be an https"),
        ({"allow_simulator": False}, "ALLOW_SIMULATOR must be set"),
        ({"secret_key": f"CHANGEME{STRONG}"}, "SECRET_KEY is an example that everybody knows"),
        ({"job_secret": "a job secret that opens tests, and nothing else"}, "JOB_SECRET is an example"),
        ({"simulator_webhook_secret": f"my password {STRONG}"}, "SIMULATOR_WEBHOOK_SECRET is an example"),
        ({"job_secret": STRONG}, "JOB_SECRET must not be the SECRET_KEY"),
        ({"login_limit": "2/second"}, "LOGIN_LIMIT lets through more than 60/minute"),
        ({"login_limit": "99999/hour"}, "LOGIN_LIMIT lets through"),
        ({"hold_limit": "999999999/minute"}, "HOLD_LIMIT lets through more than 6000/minute"),
        ({"hold_limit_per_network": "101/second"}, "HOLD_LIMIT_PER_NETWORK lets through"),
    ],
)
def test_production_refuses_what_is_for_trying_out(change: dict[str, object], why: str) -> None:
    with pytest.raises(SettingsRefused, match=why):
        read(**FIT_FOR_PRODUCTION | change)


def test_production_starts_when_all_is_in_place() -> None:
    ready = read(**FIT_FOR_PRODUCTION)
    assert not ready.lab_is_open
    assert ready.origin == "https://tickets.example.org"
    assert ready.database == "postgresql+psycopg://holdfast@db.example/holdfast"


def test_production_warns_of_what_it_should_not_go_without() -> None:
    assert set(read(**FIT_FOR_PRODUCTION).warnings) == {"SMTP_URL", "TRUSTED_PROXY_HOPS", "JOB_SECRET"}
    whole = {"smtp_url": "smtps://mail.example.org", "trusted_proxy_hops": 1, "job_secret": STRONG[::-1]}
    assert read(**FIT_FOR_PRODUCTION | whole).warnings == {}
    assert read().warnings == {}


def test_only_a_trial_in_production_says_that_no_money_moves() -> None:
    assert read(**FIT_FOR_PRODUCTION).moves_no_money
    assert not read(allow_simulator=True).moves_no_money


def test_the_lab_is_open_outside_production_unless_closed() -> None:
    assert read().lab_is_open
    assert read(environment="test").lab_is_open
    assert not read(lab=False).lab_is_open


def test_settings_come_from_the_environment_and_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=4001\nHOST=0.0.0.0\nUNKNOWN=1\n")
    monkeypatch.setenv("PORT", "4002")
    told = settings.read(_env_file=file)
    assert (told.port, told.host) == (4002, "0.0.0.0")
    assert told.environment is Environment.DEVELOPMENT


@pytest.mark.parametrize(
    ("url", "spoken"),
    [
        ("postgres://u:p@h/n", "postgresql+psycopg://u:p@h/n"),
        ("postgresql+asyncpg://u:p@h/n", "postgresql+psycopg://u:p@h/n"),
        ("sqlite:///data/x.db", "sqlite+aiosqlite:///data/x.db"),
    ],
)
def test_a_database_is_spoken_to_through_our_drivers(url: str, spoken: str) -> None:
    assert read(database_url=url).database == spoken


def test_without_addresses_everything_is_local(tmp_path: Path) -> None:
    local = read(data_dir=tmp_path, port=4000)
    assert local.database == f"sqlite+aiosqlite:///{tmp_path}/holdfast.db"
    assert local.origin == "http://localhost:4000"
    assert local.own_url == "http://127.0.0.1:4000"


def test_a_secret_is_made_once_kept_and_private(tmp_path: Path) -> None:
    first = read(data_dir=tmp_path / "new" / "place").signing_key
    assert len(first) >= settings.WEAKEST_SECRET
    settings._kept_secret.cache_clear()
    assert read(data_dir=tmp_path / "new" / "place").signing_key == first
    assert stat.S_IMODE((tmp_path / "new" / "place" / "secret_key").stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_the_secret(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def start(_: int) -> str:
        together.wait()
        return settings._kept_secret.__wrapped__(tmp_path / "secret_key")  # each on its own, as a process would

    for _ in range(20):
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(start, range(8)))
        assert len(keys) == 1
        assert len(keys.pop()) >= settings.WEAKEST_SECRET
        (tmp_path / "secret_key").unlink()


def test_given_secrets_are_used_as_they_are() -> None:
    given = read(secret_key=STRONG, simulator_webhook_secret=STRONG[::-1])
    assert given.signing_key == STRONG
    assert given.simulator_secret == STRONG[::-1]
    assert STRONG in read(secret_key=STRONG).simulator_secret
    assert STRONG not in repr(given)


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings.use(None)
    assert settings.current() is settings.current()


def test_the_example_agrees_with_the_code() -> None:
    shown = (Path(__file__).parents[2] / ".env.example").read_text()
    assert shown == settings.example(), "write it anew: marketplace settings example > .env.example"


def test_the_example_can_be_used_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(re.sub(r"^# ([A-Z_]+=)", r"\1", settings.example(), flags=re.MULTILINE))
    assert settings.read(_env_file=file) == read()
