"""What can stand in the way of mail."""

from __future__ import annotations

from marketplace.errors import NotFound
from marketplace.i18n import _
from marketplace.ids import MailId


class MailNotFound(NotFound):
    def __init__(self, id: MailId) -> None:
        super().__init__(_("There is no mail “{id}”.", id=id))


class MailRefused(Exception):
    """The server will never take this one: the recipient does not exist, or the content is not welcome."""


class MailDelayed(Exception):
    """It did not go out, and may later: the server is away, busy, or set up wrongly."""
