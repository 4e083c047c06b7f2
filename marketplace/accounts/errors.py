"""What can stand in the way of people."""

from __future__ import annotations

from marketplace.errors import Conflict, Unauthenticated


class EmailTaken(Conflict):
    code = "email_taken"

    def __init__(self) -> None:
        super().__init__("There is an account with this e-mail address already. Log in instead?")


class WrongCredentials(Unauthenticated):
    code = "wrong_credentials"

    def __init__(self) -> None:
        super().__init__("That e-mail address and password do not belong together.")


class SessionEnded(Unauthenticated):
    code = "session_ended"

    def __init__(self) -> None:
        super().__init__("You have been logged out. Please log in again.")


class SessionReused(SessionEnded):
    """A refresh token came back after it had been replaced: somebody holds a copy."""

    code = "session_reused"


class TokenRefused(Unauthenticated):
    """A signed token that is not ours, not for this purpose, tampered with, or past its time: always the same words."""

    code = "token_refused"

    def __init__(self) -> None:
        super().__init__("This link or session is not valid any more.")
