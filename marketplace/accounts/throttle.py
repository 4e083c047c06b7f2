"""Rate limits: at most so many hits in any stretch of time, for one somebody, over all processes.

Rates are read by `limits`. Its strategies answer only yes or no and need a second call for what remains, and they bring
a client of their own; so the window itself is a script of ours on the process's line to Redis: one round trip, and one
key, so that it also runs on Redis Cluster. It keeps the moments of the hits inside the window (a *sliding log*: exact,
and a limit is at most a few hundred entries). A refused hit is not written down: hammering does not prolong the wait.
"""

from __future__ import annotations

from asyncio import gather
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Network, ip_address
from math import ceil
from typing import TYPE_CHECKING

from limits import RateLimitItem, parse

from marketplace import clock, settings
from marketplace.errors import TooMany
from marketplace.i18n import _
from marketplace.ids import AccountId
from marketplace.redis import Lua, ask, must_answer

if TYPE_CHECKING:
    from marketplace.accounts.views import Actor

# KEYS: the log, newest hit first. ARGV: most hits, window in ms, how far our clock is ahead of Redis' in ms.
# Returns: whether it was let through, hits now in the window, ms until the oldest of them leaves it.
_HIT = Lua("""
local most, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[3])

local oldest = redis.call('LINDEX', KEYS[1], -1)
while oldest and tonumber(oldest) <= now - window do
  redis.call('RPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], -1)
end

local hits = redis.call('LLEN', KEYS[1])
if hits >= most then
  return {0, hits, oldest + window - now}
end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], window)
return {1, hits + 1, (oldest or now) + window - now}
""")

_rate = lru_cache(parse)

STRANGER = ("20/hour", "60/day")
"""Guesses that one network has at the password of one address."""

STRANGERS = "100/hour"
"""Guesses of all networks at one address, from which on each of them has fewer."""

STRANGER_AMONG_MANY = ("3/hour", "10/day")


@dataclass(frozen=True, slots=True)
class RateState:
    """Where somebody stands: `remaining` more hits in `window` seconds; one comes back in `reset_after` seconds."""

    limit: int
    remaining: int
    reset_after: int
    window: int


async def hit(bucket: str, who: str, rate: str) -> RateState:
    """Count one hit of `who` on `bucket` against `rate` ("10/minute").

    Raises TooMany with the wait in seconds, Unavailable if Redis does not answer.
    """
    limit = _rate(rate)
    with must_answer("We cannot check this right now. Please try again in a moment."):
        passed, hits, wait_ms = await _HIT(
            [_key(bucket, who, limit)], limit.amount, limit.get_expiry() * 1000, clock.offset_ms()
        )
    wait = max(1, ceil(int(wait_ms) / 1000))
    if not int(passed):
        raise TooMany(
            _("Too many attempts. Please wait a moment."),
            retry_after=wait,
            limit=limit.amount,
            window=limit.get_expiry(),
        )
    return RateState(limit.amount, limit.amount - int(hits), wait, limit.get_expiry())


async def pick(actor: Actor) -> RateState:
    """Count one request for seats: of the cart, the account and the network that it comes from.

    The state is the one with the least that remains. Raises TooMany, Unavailable.
    """
    chosen = settings.current()
    states = await gather(
        *(hit("holds", who, chosen.hold_limit) for who in (actor.cart, actor.account) if who),
        *(hit("holds", who, chosen.hold_limit_per_network) for who in (actor.network,) if who),
    )
    return min(states, key=lambda state: state.remaining)


def network_of(address: str) -> str:
    """What one customer of a provider has: an IPv4 address, or the /64 that holds an IPv6 address."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or IPv6Network((ip, 64), strict=False))


def anonymous(who: str) -> str:
    """A name for `who`, which may be an e-mail address or an IP address, that tells Redis neither and is short."""
    return sha256(who.encode("utf-8", "surrogatepass")).hexdigest()[:32]


async def log_in(email: str, network: str, device: str | None) -> None:
    """Count one guess at the password of `email`, an address as we keep it, or "" for what is none.

    `device` names a browser in which its owner has logged in before: it is counted by itself, so that nobody else's
    guesses keep the owner out. All others are counted by network; the longer they go on, the longer a network waits, and
    sooner where many networks try the same address. Raises TooMany, Unavailable.
    """
    rate = settings.current().login_limit
    if device is not None:
        await hit("login-device", f"{device} {email}", rate)
        return
    await hit("login-network", network, rate)
    are_many = await _is_over("login-strangers", email, STRANGERS)
    for slower in STRANGER_AMONG_MANY if are_many else STRANGER:
        await hit("login-stranger", f"{network} {email}", slower)


async def right(email: str, network: str, device: str | None) -> None:
    """It was no guess: forget what this network was counted for at this address. Raises Unavailable."""
    if device is not None:
        return  # which was counted by itself
    pair = f"{network} {email}"
    counted = [_key("login-stranger", pair, _rate(rate)) for rate in {*STRANGER, *STRANGER_AMONG_MANY}]
    with must_answer():
        await gather(*(ask("DEL", key) for key in counted))
        await ask("LPOP", _key("login-strangers", email, _rate(STRANGERS)))


async def _is_over(bucket: str, who: str, rate: str) -> bool:
    """Count one hit, and tell whether there have been more than `rate` allows, instead of refusing it."""
    try:
        await hit(bucket, who, rate)
    except TooMany:
        return True
    return False


async def guess(account: AccountId) -> None:
    """Count one guess at a secret of this account: its password, asked for once more, or a code.

    Codes have six digits, so the hour counts, too: sixty guesses at the three that are good at a time succeed once in
    months of trying. Raises TooMany, Unavailable.
    """
    await hit("guess", account, settings.current().login_limit)
    await hit("guess", account, "60/hour")


def _key(bucket: str, who: str, limit: RateLimitItem) -> str:
    return f"rate:{bucket}:{limit.get_expiry()}:{anonymous(who)}"
