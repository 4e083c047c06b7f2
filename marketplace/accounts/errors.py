"""What can stand in the way of people."""

from __future__ import annotations

from datetime import datetime

from marketplace.errors import Conflict, FieldError, Invalid, Unauthenticated
from marketplace.i18n import _, gettext_noop


class EmailTaken(Conflict):
    code = "email_taken"
    title = gettext_noop("E-mail address already in use")

    def __init__(self) -> None:
        super().__init__(_("An account with this e-mail address already exists. Log in instead?"))


class AddressUnverified(Conflict):
    """Something that an account may do once it has shown that mail reaches it."""

    code = "address_unverified"
    title = gettext_noop("E-mail address not confirmed")

    def __init__(self) -> None:
        super().__init__(_("Please confirm your e-mail address first. We sent you a link."))


class WrongCredentials(Unauthenticated):
    code = "wrong_credentials"
    title = gettext_noop("Wrong e-mail address or password")

    def __init__(self) -> None:
        super().__init__(_("Wrong e-mail address or password."))


class SessionEnded(Unauthenticated):
    code = "session_ended"
    title = gettext_noop("Session ended")

    def __init__(self) -> None:
        super().__init__(_("You have been logged out. Please log in again."))


class SessionReused(SessionEnded):
    """A refresh token came back after it had been replaced: somebody holds a copy."""

    code = "session_reused"
    title = gettext_noop("Session ended for your safety")


class TokenRefused(Unauthenticated):
    """A signed token that is not ours, not for this purpose, tampered with, or past its time: always the same words."""

    code = "token_refused"
    title = gettext_noop("Link or token no longer valid")

    def __init__(self) -> None:
        super().__init__(_("This link or session is no longer valid."))


class SecondFactorNeeded(Unauthenticated):
    """The password was right, and a code is wanted, too. `half_way` is the token that vouches for the first half."""

    code = "second_factor_needed"
    title = gettext_noop("Authentication code required")

    def __init__(self, half_way: str, expires_at: datetime) -> None:
        super().__init__(
            _("Enter the code from your authenticator app as well."),
            half_way=half_way,
            expires_at=expires_at.isoformat(),
        )
        self.half_way = half_way


class PasswordRefused(Invalid):
    """All the rest of a registration is right."""

    code = "password_refused"
    title = gettext_noop("Password too weak")

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(_("Please choose another password."), errors)


class WrongCode(Invalid):
    """Neither the code of the moment nor an unused recovery code, or one that has been used."""

    code = "wrong_code"
    title = gettext_noop("Wrong code")

    def __init__(self) -> None:
        words = _("Wrong code, or already used. Wait for the next one and try again.")
        super().__init__(words, [FieldError("code", words)])


class WrongPassword(Invalid):
    """Asked for once more, by somebody who is logged in."""

    code = "wrong_password"
    title = gettext_noop("Wrong password")

    def __init__(self) -> None:
        words = _("Wrong password.")
        super().__init__(words, [FieldError("password", words)])


class AlreadyOn(Conflict):
    code = "second_factor_on"
    title = gettext_noop("Two-factor authentication already on")

    def __init__(self) -> None:
        super().__init__(
            _("Two-factor authentication is already on. Turn it off first to set it up on another device.")
        )


class NotBegun(Conflict):
    code = "second_factor_not_begun"
    title = gettext_noop("Two-factor authentication not set up")

    def __init__(self) -> None:
        super().__init__(_("Two-factor authentication is not set up."))


class ShopStillOpen(Conflict):
    """Somebody who wants to be erased is the only one to run a shop."""

    code = "shop_still_open"
    title = gettext_noop("Shop still open")

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            _(
                "You are the only owner of {names}. Ask us to close it; then we can delete your account.",
                names=", ".join(names),
            ),
            shops=names,
        )
