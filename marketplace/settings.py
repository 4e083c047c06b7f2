"""All configuration: typed, documented, read once from the environment (and `.env`).

A setting that is wrong or weak stops the start with a sentence that says which one and why. `.env.example` is printed
from this file by `marketplace settings example`, so the two cannot drift apart.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from marketplace.brand import NAME


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class SettingsRefused(Exception):
    """The configuration cannot be started with. `str()` names every wrong setting and says why."""


KNOWN_SECRETS = (
    "example", "changeme", "change-me", "change me", "placeholder", "insecure", "password", "a secret that", "a job secret",
)  # fmt: skip
"""What stands in secrets that were copied from a page or a test."""
MOST_LOGINS, MOST_HOLDS = 60, 6_000
"""A minute. In production, a limit above these guards nothing."""

WEAKEST_SECRET = 32
"""Characters that a signing secret must have at least: a HMAC key should be as long as its hash (RFC 7518, 3.2)."""


class Settings(BaseSettings):
    """Every knob of the marketplace. Names are upper-case in the environment."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    environment: Environment = Field(
        Environment.DEVELOPMENT,
        description="development, test or production. Production refuses the lab and embedded data.",
    )
    port: int = Field(
        3000, ge=1, le=65535, description="Port on which the web UI, the websocket and the API are served."
    )
    host: str = Field(
        "127.0.0.1", description="Address to listen on. Use 0.0.0.0 behind a reverse proxy in a container."
    )
    public_url: str = Field("", description="Where people reach the marketplace. Empty: http://localhost:PORT.")
    data_dir: Path = Field(
        Path(".data"),
        description="Where embedded data lies: the SQLite file, the embedded Redis' file, generated secrets.",
    )
    database_url: str = Field(
        "", description="postgresql://user:password@host/name, or sqlite:///path. Empty: SQLite in DATA_DIR."
    )
    redis_url: str = Field(
        "", description="redis://… or rediss://… or unix://…. Empty: an embedded server that lives as long as the run."
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs sessions, carts, tickets and magic links; at least 32 characters. "
        "Empty: made once, kept in DATA_DIR.",
    )
    job_secret: SecretStr = Field(
        SecretStr(""),
        description="Opens POST /api/v1/jobs/{job}; at least 32 characters. Empty: those calls are refused.",
    )
    web_workers: int = Field(2, ge=1, le=64, description="Web processes. The number of cores is a good number.")
    jobs_in_web: bool = Field(
        True, description="Whether web processes also do background jobs. Set to false when `marketplace worker` runs."
    )
    lab: bool | None = Field(
        None, description="The testers' lab: clock, payment outcome, mailbox. Empty: on in development and test only."
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR.")

    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="smtp://user:password@host:587 (STARTTLS) or smtps://…:465. Empty: mail stays in our mailbox.",
    )
    mail_from: str = Field(f"{NAME} <tickets@holdfast.example>", description="Sender of every mail.")

    commission_bp: int = Field(
        1000, ge=0, le=5000, description="Commission on a sale, in hundredths of a percent; seller's side."
    )
    guest_surcharge_bp: int = Field(
        1000, ge=0, le=5000, description="Surcharge for buying without an account, in hundredths of a percent."
    )
    hold_seconds: int = Field(900, ge=30, le=1800, description="How long picked seats are held.")
    hold_limit_seconds: int = Field(1800, ge=30, le=7200, description="How long a hold may last with every extension.")

    access_token_seconds: int = Field(900, ge=60, le=3600, description="Life of an access token.")
    refresh_token_days: int = Field(
        30, ge=1, le=90, description="Life of a refresh token, renewed whenever it is used."
    )
    login_limit: str = Field("10/minute", description="Log-in attempts by known device, or by network.")
    hold_limit: str = Field("120/minute", description="Hold requests by cart and by account.")
    hold_limit_per_network: str = Field(
        "1200/minute", description="Hold requests by IPv4 address or IPv6 /64: an office or a school shares one."
    )
    held_per_network: int = Field(
        60,
        ge=1,
        le=100_000,
        description="Seats of one listing that may be held, and not yet paid for, from one IPv4 address or IPv6 /64.",
    )
    trusted_proxy_hops: int = Field(
        0, ge=0, le=5, description="Reverse proxies in front whose X-Forwarded-For is believed. 0: none is."
    )

    allow_simulator: bool = Field(
        False,
        description="Sell with simulated payments in production, for a trial: every page then says that no real money moves.",
    )
    simulator_failure_rate: float = Field(
        0.10, ge=0, le=1, description="Share of simulated payments that fail by chance."
    )
    simulator_processing_seconds: float = Field(2.0, ge=0, le=600, description="How long a simulated payment takes.")
    simulator_payout_seconds: float = Field(5.0, ge=0, le=86400, description="How long a simulated payout takes.")
    simulator_webhook_secret: SecretStr = Field(
        SecretStr(""), description="Signs the simulator's webhooks. Empty: derived from SECRET_KEY."
    )

    @field_validator("database_url")
    @classmethod
    def _a_database_that_we_speak(cls, value: str) -> str:
        scheme = value.split("://", 1)[0].split("+", 1)[0]
        if value and scheme not in {"sqlite", "postgresql", "postgres"}:
            raise ValueError("speaks sqlite:// and postgresql:// only")
        return value

    @field_validator("redis_url")
    @classmethod
    def _a_redis_url(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("begins with redis://, rediss:// or unix://")
        return value

    @field_validator("public_url")
    @classmethod
    def _an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("is a full address such as https://tickets.example.org")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _a_mail_server(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and (urlsplit(text).scheme not in {"smtp", "smtps"} or not urlsplit(text).hostname):
            raise ValueError("begins with smtp:// or smtps:// and names a host")
        return value

    @field_validator("secret_key", "job_secret", "simulator_webhook_secret")
    @classmethod
    def _strong_or_absent(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and len(text) < WEAKEST_SECRET:
            raise ValueError(f"needs at least {WEAKEST_SECRET} characters, has {len(text)}")
        if text and len(set(text)) < 8:
            raise ValueError("is too repetitive to be a secret")
        return value

    @field_validator("login_limit", "hold_limit", "hold_limit_per_network")
    @classmethod
    def _a_rate(cls, value: str) -> str:
        number, _, period = value.partition("/")
        if not number.isdigit() or int(number) < 1 or period not in {"second", "minute", "hour", "day"}:
            raise ValueError("is a rate such as 10/minute")
        return value

    @model_validator(mode="after")
    def _nothing_unfit_for_production(self) -> Self:
        if self.hold_limit_seconds < self.hold_seconds:
            raise ValueError("HOLD_LIMIT_SECONDS is not shorter than HOLD_SECONDS")
        if self.environment is not Environment.PRODUCTION:
            return self
        wrong = []
        if self.lab:
            wrong.append("LAB moves the clock and decides payments: it cannot be on in production")
        if not self.secret_key.get_secret_value():
            wrong.append("SECRET_KEY must be set in production")
        if not self.redis_url:
            wrong.append("REDIS_URL must be set in production: the embedded server is for trying out")
        if not self.database_url.startswith("postgres"):
            wrong.append("DATABASE_URL must name a PostgreSQL database in production")
        if not self.public_url.startswith("https://"):
            wrong.append("PUBLIC_URL must be an https:// address in production")
        wrong += self._known_secrets() + self._limits_that_guard_nothing()
        if not self.allow_simulator:
            wrong.append(
                "ALLOW_SIMULATOR must be set in production: payments are simulated, and every page then says so"
            )
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _known_secrets(self) -> list[str]:
        names = ("secret_key", "job_secret", "simulator_webhook_secret")
        secrets = {name: getattr(self, name).get_secret_value() for name in names}
        wrong = [
            f"{name.upper()} is an example that everybody knows"
            for name, secret in secrets.items()
            if any(known in secret.casefold() for known in KNOWN_SECRETS)
        ]
        if secrets["secret_key"] and secrets["secret_key"] == secrets["job_secret"]:
            wrong.append("JOB_SECRET must not be the SECRET_KEY")
        return wrong

    def _limits_that_guard_nothing(self) -> list[str]:
        limits = (("login_limit", MOST_LOGINS), ("hold_limit", MOST_HOLDS), ("hold_limit_per_network", MOST_HOLDS))
        return [
            f"{name.upper()} lets through more than {most}/minute"
            for name, most in limits
            if _per_minute(getattr(self, name)) > most
        ]

    @property
    def warnings(self) -> dict[str, str]:
        """What production can do without, but should not: what it means, by setting."""
        if self.environment is not Environment.PRODUCTION:
            return {}
        missing = {
            "SMTP_URL": "is empty: mail stays here, and nobody is sent their tickets",
            "TRUSTED_PROXY_HOPS": "is 0: behind the proxy that speaks https for us, all visitors share one address",
            "JOB_SECRET": "is empty: metrics and the jobs' health cannot be read",
        }
        given = {
            "SMTP_URL": self.smtp_url.get_secret_value(),
            "TRUSTED_PROXY_HOPS": self.trusted_proxy_hops,
            "JOB_SECRET": self.job_secret.get_secret_value(),
        }
        return {name: meaning for name, meaning in missing.items() if not given[name]}

    @property
    def moves_no_money(self) -> bool:
        """Whether visitors must be told that payments are simulated."""
        return self.environment is Environment.PRODUCTION and self.allow_simulator

    @property
    def lab_is_open(self) -> bool:
        return self.environment is not Environment.PRODUCTION if self.lab is None else self.lab

    @property
    def origin(self) -> str:
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def own_url(self) -> str:
        """How this machine's own processes reach the API (the simulator's webhooks take this way)."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        """The async SQLAlchemy address."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{(self.data_dir / 'holdfast.db').absolute()}"
        scheme, rest = self.database_url.split("://", 1)
        return f"{'sqlite+aiosqlite' if scheme.startswith('sqlite') else 'postgresql+psycopg'}://{rest}"

    @property
    def signing_key(self) -> str:
        """SECRET_KEY, or one made once and kept in DATA_DIR so that sessions survive a restart."""
        return self.secret_key.get_secret_value() or _kept_secret(self.data_dir / "secret_key")

    @property
    def simulator_secret(self) -> str:
        return self.simulator_webhook_secret.get_secret_value() or f"whsec_{self.signing_key}"


def _per_minute(rate: str) -> float:
    number, _, period = rate.partition("/")
    return int(number) * {"second": 60.0, "minute": 1, "hour": 1 / 60, "day": 1 / 1440}[period]


@cache
def _kept_secret(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as draft:
            draft.write(secrets.token_urlsafe(48))
            draft.flush()
            # Linked into its place whole: of processes that start together, one's secret stays and all read that one.
            with suppress(FileExistsError):
                os.link(draft.name, path)
    return path.read_text()


def read(**overrides: object) -> Settings:
    """Read the environment. Raises SettingsRefused that names every wrong setting and why."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as refused:
        lines = []
        for error in refused.errors():
            name = str(error["loc"][0]).upper() if error["loc"] else "SETTINGS"
            lines.append(f"  {name}: {error['msg'].removeprefix('Value error, ')}")
        raise SettingsRefused("The settings cannot be used:\n" + "\n".join(lines)) from None


_current: Settings | None = None


def current() -> Settings:
    """This process's settings, read at the first call."""
    global _current  # noqa: PLW0603 - read once, on purpose
    if _current is None:
        _current = read()
    return _current


def use(settings: Settings | None) -> None:
    """Make these the process's settings (tests, benchmarks, the launcher); None reads them anew at the next call."""
    global _current  # noqa: PLW0603
    _current = settings


def example() -> str:
    """The text of `.env.example`: every setting with its meaning and default."""
    lines = [f"# Every setting of {NAME}, with its default. Printed by `marketplace settings example`.", ""]
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        shown = "" if default is None else str(getattr(default, "value", default))
        lines += [f"# {field.description}", f"# {name.upper()}={shown}", ""]
    return "\n".join(lines)
