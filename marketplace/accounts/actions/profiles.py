"""What people say about themselves."""

from __future__ import annotations

from datetime import datetime

from marketplace import limits
from marketplace.accounts import queries
from marketplace.accounts.inputs import one_line, text_errors
from marketplace.accounts.views import AccountView, Actor
from marketplace.db import Session
from marketplace.errors import FieldError, Invalid
from marketplace.i18n import LANGUAGES, _


async def change_profile(session: Session, actor: Actor, *, name: str, language: str, now: datetime) -> AccountView:
    """`language` is one that we speak, or empty for the browser's. Raises Unauthenticated, SessionEnded, Invalid."""
    account = await queries.signed_in(session, actor, now)
    name = one_line(name)
    errors = text_errors("name", name, most=limits.PERSON)
    if language and language not in LANGUAGES:
        errors.append(FieldError("language", _("This language is not available.")))
    if errors:
        raise Invalid(_("Please check these."), errors)
    account.name, account.language = name, language
    return await queries.view_of(session, account)
