"""The language follows the browser, and can be chosen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from marketplace.api.html_middleware import HtmlMiddleware
from marketplace.api.languages import preferred

PAGE = '<html lang="en"><head><title>Compiled</title></head><body></body></html>'
GERMAN = "de-AT,de;q=0.9,en;q=0.5"


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "de").mkdir()
    for name in ("index.html", "login.html", "de.html", "de/login.html", "404.html"):
        (tmp_path / name).write_text(PAGE)
    (tmp_path / "holdfast.css").write_text("")
    pages = HtmlMiddleware(
        Starlette(routes=[Mount("/", StaticFiles(directory=tmp_path, html=True))]), compiled=tmp_path
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(pages), base_url="http://localhost", headers={"Accept": "text/html,*/*;q=0.8"}
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"), ("de-CH", "de"), ("fr-FR, de;q=0.7, en;q=0.8", "en"), ("fr, de;q=0.8, en;q=0.7", "de"), ("", "en"),
        ("fr", "en"), ("en, de", "en"), ("de;q=0", "en"), ("de;q=lots", "en"), ("*", "en"), (",;,", "en"),
    ],
)  # fmt: skip
def test_the_language_that_stands_highest_in_the_browser_s_list_is_spoken(header: str, language: str) -> None:
    assert preferred(header) == language


@pytest.mark.parametrize(("asked", "own"), [("/", "/de"), ("/login?next=/l/a%20b", "/de/login?next=/l/a%20b")])
async def test_a_german_browser_is_led_to_the_german_page(browser: httpx.AsyncClient, asked: str, own: str) -> None:
    answer = await browser.get(asked, headers={"Accept-Language": GERMAN})
    assert (answer.status_code, answer.headers["location"]) == (302, own)
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in answer.headers["vary"].split(",")}
    assert '<html lang="de"' in (await browser.get(own, headers={"Accept-Language": GERMAN})).text


async def test_an_english_browser_stays_where_it_is_and_is_told_what_decided(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/login", headers={"Accept-Language": "en-GB"})
    assert answer.status_code == 200
    assert '<html lang="en"' in answer.text
    assert "Accept-Language" in answer.headers["vary"]


async def test_an_address_that_says_its_language_is_believed(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/de/login", headers={"Accept-Language": "en-GB", "Cookie": "language=en"})
    assert answer.status_code == 200
    assert '<html lang="de"' in answer.text


async def test_a_chosen_language_counts_for_more_than_the_browser_s(browser: httpx.AsyncClient) -> None:
    to_german = await browser.get("/login", headers={"Accept-Language": "en", "Cookie": "language=de"})
    assert to_german.headers["location"] == "/de/login"
    english = await browser.get("/login", headers={"Accept-Language": GERMAN, "Cookie": "language=en"})
    assert english.status_code == 200
    unknown = await browser.get("/login", headers={"Accept-Language": GERMAN, "Cookie": "language=tlh"})
    assert unknown.headers["location"] == "/de/login"


@pytest.mark.parametrize("path", ["/holdfast.css", "/session/renew", "/_event", "/ping"])
async def test_what_is_no_page_has_one_address_for_all(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path, headers={"Accept-Language": GERMAN})).status_code != 302


async def test_what_a_page_or_a_program_fetches_is_not_led_elsewhere(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/login", headers={"Accept-Language": GERMAN, "Accept": "*/*"})
    assert answer.status_code == 200


@pytest.fixture
async def forms(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that sends what the pages' own forms send."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:3000") as client:
        yield client


async def test_choosing_a_language_leads_back_to_the_same_page_in_it(forms: httpx.AsyncClient) -> None:
    async def choose(to: str, page: str) -> httpx.Response:
        return await forms.get(f"/session/language?to={to}", headers={"Referer": f"http://localhost:3000{page}"})

    german = await choose("de", "/l/lear?seat=a%20b")
    assert (german.status_code, german.headers["location"]) == (303, "/de/l/lear?seat=a%20b")
    assert german.cookies["language"] == "de"
    english = await choose("en", "/de/l/lear?seat=a%20b")
    assert english.headers["location"] == "/l/lear?seat=a%20b"
    assert english.cookies["language"] == "en"
    assert (await choose("tlh", "/de/browse")).headers["location"] == "/browse"


async def test_choosing_a_language_never_leads_to_another_site(forms: httpx.AsyncClient) -> None:
    answer = await forms.get("/session/language?to=de", headers={"Referer": "https://evil.example/browse"})
    assert answer.headers["location"] == "/de"
    for page in ("/de//evil.example", "//evil.example", "/de/%5cevil.example", "/de/\\evil.example"):
        answer = await forms.get("/session/language?to=en", headers={"Referer": f"http://localhost:3000{page}"})
        assert answer.headers["location"] == "/", page


async def test_a_form_leads_back_to_a_page_in_its_own_language(forms: httpx.AsyncClient) -> None:
    typed = {"email": "a@b.example", "password": "x"}
    answer = await forms.post("/session/login", data=typed, headers={"Referer": "http://localhost:3000/de/login"})
    assert answer.headers["location"].startswith("/de/login?problem=cross_site")
