"""Whether the lab may be entered at all."""

from __future__ import annotations

from marketplace import settings
from marketplace.errors import NotFound
from marketplace.i18n import _, gettext_noop


class LabClosed(NotFound):
    code = "lab_closed"
    title = gettext_noop("Lab closed")

    def __init__(self) -> None:
        super().__init__(_("The lab is closed here. LAB=true opens it, outside production."))


def must_be_open() -> None:
    """Raises LabClosed: to strangers the lab does not exist."""
    if not settings.current().lab_is_open:
        raise LabClosed
