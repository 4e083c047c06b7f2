"""What people type about themselves: how we spell it, and what we refuse."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from marketplace.errors import FieldError
from marketplace.i18n import _


def parse_email(email: str) -> str | None:
    """The address as we keep it, or None if it is none. Whether its domain takes mail is found out by writing to it."""
    try:
        return validate_email(email.strip().lower(), check_deliverability=False).normalized.lower()
    except (EmailNotValidError, UnicodeError):
        return None


def one_line(text: str) -> str:
    """Without line breaks, and with single spaces."""
    return " ".join(text.split())


def text_errors(field: str, text: str, *, most: int, least: int = 1) -> list[FieldError]:
    """What is wrong with a text of `least` to `most` characters; empty if nothing is."""
    if len(text) < least:
        return [FieldError(field, _("This field is required."))]
    if len(text) > most:
        return [FieldError(field, _("Use at most {most} characters.", most=most))]
    # Control characters and halves of surrogate pairs, which no database keeps. Joiners stay: names need them.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text if character not in "\n\r\t"):
        return [FieldError(field, _("Remove the characters that cannot be displayed."))]
    return []
