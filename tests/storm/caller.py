"""How anybody in a storm calls the API: patiently, as a good client does, and with the same key when asking again."""

from __future__ import annotations

import asyncio
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from tests.makers.accounts import PASSWORD
from tests.storm.journal import Journal

AT_ONCE = 10
"""Calls under way at a time, of everybody together: the storm shakes the marketplace, it does not measure it."""
TRIES = 6
_NOT_NOW = {429, 503}


class Line:
    """The one way to the API that all share."""

    def __init__(self, url: str) -> None:
        # Nobody keeps cookies: each says who they are.
        cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self.http = httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=15, cookies=cookies)
        self.gate = asyncio.Semaphore(AT_ONCE)


class Caller:
    """Somebody by name; with an `email`, somebody with an account, who logs in again whenever that is needed."""

    def __init__(self, name: str, line: Line, journal: Journal, email: str = "") -> None:
        self.name = name
        self.email = email
        self.journal = journal
        self._line = line
        self.headers: dict[str, str] = {}

    async def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str = ""
    ) -> httpx.Response | None:
        """The answer, whatever it says; None where there was none after several tries."""
        headers = {"Idempotency-Key": key} if key else {}
        if self.email and "Authorization" not in self.headers:
            await self._log_in()
        for pause in range(TRIES):
            answer = await self._try(method, path, body, headers)
            if answer is not None and answer.status_code == httpx.codes.UNAUTHORIZED and self.email:
                await self._log_in()
            elif answer is not None and answer.status_code not in _NOT_NOW and not _is_under_way(answer):
                self._take_note(method, path, answer)
                return answer
            # 0.1, 0.2, 0.4 … seconds: about as long as a killed process needs to be replaced.
            await asyncio.sleep(0.1 * 2**pause)
        self.journal.write(self.name, "gave up", f"{method} {path}")
        return None

    async def _try(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> httpx.Response | None:
        try:
            async with self._line.gate:
                return await self._line.http.request(method, path, json=body, headers=self.headers | headers)
        except httpx.TransportError as error:
            self.journal.write(self.name, "no answer", f"{method} {path}: {error!r}")
            return None

    async def _log_in(self) -> None:
        answer = await self._try("POST", "/auth/login", {"email": self.email, "password": PASSWORD}, {})
        if answer is not None and answer.is_success:
            self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _take_note(self, method: str, path: str, answer: httpx.Response) -> None:
        if "x-cart-token" in answer.headers:
            self.headers["X-Cart-Token"] = answer.headers["x-cart-token"]
        what = f"{method} {path.partition('?')[0]} {answer.status_code}"
        if answer.is_server_error:
            self.journal.fault(self.name, f"{what} {answer.text[:300]}")
        elif answer.is_error:
            self.journal.write(self.name, f"refused {answer.json().get('code')}", what)


def _is_under_way(answer: httpx.Response) -> bool:
    """Another call with the same key is being answered."""
    return answer.status_code == httpx.codes.CONFLICT and "retry-after" in answer.headers
