"""The verbs of the accounts room, and its only writers."""

from marketplace.accounts.actions.authentication import finish_login, login
from marketplace.accounts.actions.erasure import erase
from marketplace.accounts.actions.passwords import ask_for_reset, change_password, reset_password
from marketplace.accounts.actions.profiles import change_profile
from marketplace.accounts.actions.registration import ask_to_verify, register, sign_up, verify, vouch_for
from marketplace.accounts.actions.second_factors import (
    begin_second_factor,
    confirm_second_factor,
    switch_off_second_factor,
)
from marketplace.accounts.actions.sessions import (
    REFRESH_GRACE,
    clean_up,
    end_log_in,
    end_other_log_ins,
    logout,
    refresh,
)
from marketplace.accounts.actions.shops import appoint_operator, open_shop, reinstate_shop, suspend_shop

__all__ = [
    "REFRESH_GRACE",
    "appoint_operator",
    "ask_for_reset",
    "ask_to_verify",
    "begin_second_factor",
    "change_password",
    "change_profile",
    "clean_up",
    "confirm_second_factor",
    "end_log_in",
    "end_other_log_ins",
    "erase",
    "finish_login",
    "login",
    "logout",
    "open_shop",
    "refresh",
    "register",
    "reinstate_shop",
    "reset_password",
    "sign_up",
    "suspend_shop",
    "switch_off_second_factor",
    "verify",
    "vouch_for",
]
