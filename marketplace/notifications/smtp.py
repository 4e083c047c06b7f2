"""Hands one message to the mail server."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

from marketplace.notifications.errors import MailDelayed, MailRefused

ANSWER_SECONDS = 10
"""How long the server may be silent: one that hangs is given up soon."""
PATIENCE = 45
"""Seconds for one message, all in all: less than its lease."""

_FOR_GOOD = 500
"""Reply codes from here on mean “do not try again” (RFC 5321, 4.2.1)."""


async def carry(message: EmailMessage, url: str) -> None:
    """Send by smtp:// (STARTTLS where it is offered, and always before a password is said) or smtps://.

    Raises MailRefused where trying again is useless, MailDelayed otherwise.
    """
    parts = urlsplit(url)
    is_tls = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    server = aiosmtplib.SMTP(
        hostname=parts.hostname,
        port=parts.port or (465 if is_tls else 587),
        username=user,
        password=unquote(parts.password or "") if user else None,
        use_tls=is_tls,
        start_tls=True if user and not is_tls else None,
        timeout=ANSWER_SECONDS,
    )
    try:
        async with asyncio.timeout(PATIENCE), server:
            await server.send_message(message)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        answer = refused.recipients[0]
        raise _refusal(answer.code)(f"{answer.code} {answer.message}") from refused
    except aiosmtplib.SMTPDataError as refused:
        raise _refusal(refused.code)(f"{refused.code} {refused.message}") from refused
    except aiosmtplib.SMTPNotSupported as refused:
        raise MailRefused(refused.message) from refused
    except (aiosmtplib.SMTPException, OSError) as error:
        # Also a refused log-in or sender: that is our own set-up, and no reason to give up somebody's mail.
        raise MailDelayed(f"{type(error).__name__}: {error}") from error


def _refusal(code: int) -> type[MailRefused | MailDelayed]:
    return MailRefused if code >= _FOR_GOOD else MailDelayed
