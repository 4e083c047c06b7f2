"""The verbs of the payments room, and its only writers."""

from marketplace.payments.actions.housekeeping import clean_up
from marketplace.payments.actions.inbox import process_event, process_inbox, receive_webhook, replay_event
from marketplace.payments.actions.paying import answer_challenge, cancel, process, settle_in_flight, start
from marketplace.payments.actions.providing import (
    change_simulator_settings,
    force_outcome,
    keep_card,
    known_outcomes,
    provider_timeline,
    simulator_settings,
)
from marketplace.payments.actions.refunding import (
    owe,
    process_refund,
    request_refund,
    settle_otherwise,
    settle_refunds,
    try_again,
)

__all__ = [
    "answer_challenge",
    "cancel",
    "change_simulator_settings",
    "clean_up",
    "force_outcome",
    "keep_card",
    "known_outcomes",
    "owe",
    "process",
    "process_event",
    "process_inbox",
    "process_refund",
    "provider_timeline",
    "receive_webhook",
    "replay_event",
    "request_refund",
    "settle_in_flight",
    "settle_otherwise",
    "settle_refunds",
    "simulator_settings",
    "start",
    "try_again",
]
