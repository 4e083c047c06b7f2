"""The log-in and registration forms: what they are filled with, and what went wrong the last time."""

from __future__ import annotations

import reflex as rx

from marketplace.i18n import _, own_page
from marketplace.state.viewer import typed


def _problem(code: str) -> str:
    """What a form's code means to whoever sent it."""
    return {
        "wrong_credentials": _("Wrong e-mail address or password. Check both and try again."),
        "wrong_code": _("Wrong code, or already used. Wait for the next one and try again."),
        "token_refused": _("That took too long. Please start over."),
        "too_many_requests": _("Too many attempts. Please try again in a minute."),
        "cross_site": _("The form has expired. Please send it again."),
        "password_refused": _(
            "Please choose another password: at least ten characters, not your address, and not a common password."
        ),
        "invalid": _(
            "Please look at these again: a name, an e-mail address, and a password of at least ten characters."
        ),
    }.get(code, _("That did not work, and nothing was changed. Please try again."))


class WelcomeState(rx.State):
    """Filled from the address: the browser itself sends the forms, and comes back with `?problem=…`.

    Only the problem's code is taken from there, never words: anybody can make an address that leads here.
    """

    problem: str = ""
    email: str = ""
    person: str = ""
    next_page: str = "/"
    is_registered: bool = False
    """Somebody has just asked for an account."""

    @rx.event
    def open_form(self) -> None:
        asked = self.router.url.query_parameters
        code = asked.get("problem", "")
        self.problem = _problem(code) if code else ""
        self.email, self.person = typed(self, "email"), typed(self, "name")
        self.is_registered = asked.get("registered", "") == "1"
        self.next_page = own_page(asked.get("next", ""))
