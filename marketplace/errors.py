"""What can stand in the way, said without any word of HTTP.

Rooms raise these or, better, a subclass that names the obstacle (`HoldExpired`). The edges translate: the API with
one table from class to status, the pages with one place that shows `message` to the person who asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from marketplace.i18n import _, gettext_noop


class HoldfastError(Exception):
    """Root of everything that the marketplace refuses on purpose.

    `code` is stable and machine-readable; `title` names the obstacle, in English, translated where it is shown; `message`
    is for people; `details` are the extra members that an API answer carries (JSON-ready values only).
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = gettext_noop("Error")

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(HoldfastError):
    """It does not exist, or is not this person's to see: the two must look alike from outside."""

    code = "not_found"
    title = gettext_noop("Not found")


class Unauthenticated(HoldfastError):
    """Nobody vouches for who is asking."""

    code = "unauthenticated"
    title = gettext_noop("Log-in required")


class Forbidden(HoldfastError):
    """We know who is asking, and they may not."""

    code = "forbidden"
    title = gettext_noop("Not allowed")


class Conflict(HoldfastError):
    """The world has moved on: what was asked for was lawful once, or for somebody else."""

    code = "conflict"
    title = gettext_noop("Conflict with the current state")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with an input: where (`seats.0`, `$.zones[2].rows`), and what."""

    field: str
    message: str


class Invalid(HoldfastError):
    """The input itself is wrong; every error is named, not only the first."""

    code = "invalid"
    title = gettext_noop("Invalid request")

    def __init__(self, message: str, errors: list[FieldError] | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.errors = errors or []


class TooLarge(Invalid):
    """The input is bigger than we read."""

    code = "too_large"
    title = gettext_noop("Request too large")


class TooSlow(Invalid):
    """The input came more slowly than we wait for it."""

    code = "too_slow"
    title = gettext_noop("Request timed out")


class TooMany(HoldfastError):
    """Asked too often. `retry_after` is in whole seconds."""

    code = "too_many_requests"
    title = gettext_noop("Too many requests")

    def __init__(self, message: str, retry_after: int, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class Unavailable(HoldfastError):
    """Something that we depend on is away. `retry_after` is in whole seconds."""

    code = "unavailable"
    title = gettext_noop("Temporarily unavailable")

    def __init__(self, message: str, retry_after: int = 5, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class StorageFull(Unavailable):
    """The database or Redis has no room left: nothing can be changed until somebody makes some."""

    code = "storage_full"
    title = gettext_noop("Storage full")

    def __init__(self) -> None:
        super().__init__(
            _("We have no room to write anything down. Nothing was changed; please try again later."), retry_after=60
        )
