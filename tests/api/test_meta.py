"""What search engines, previews of links and the first second of a page are told."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from marketplace.accounts.views import SYSTEM
from marketplace.api import html_middleware as pages_module
from marketplace.api.html_middleware import HtmlMiddleware
from marketplace.api.meta import meta_of
from marketplace.cache import Cache
from marketplace.catalog import actions as catalog
from marketplace.components.feedback import SOONEST
from marketplace.db import transaction
from tests.makers.catalog import make_listing

pytestmark = pytest.mark.usefixtures("redis")

PAGE = (
    '<html><head><title>Compiled</title><meta content="Words &amp; more" name="description"/>'
    "<script>ours()</script></head><body><main>"
    f'{SOONEST[0]}<span class="skeleton"></span>{SOONEST[1]}</main></body></html>'
)  # fmt: skip
HOSTILE = '</script><script>alert("x")</script> & “Söhne”'


@pytest.fixture
async def browser(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    for name in ("index.html", "browse.html", "login.html", "404.html"):
        (tmp_path / name).write_text(PAGE)
    monkeypatch.setattr(pages_module, "_pages", Cache(most=10, seconds=0))
    inner = Starlette(routes=[Mount("/", StaticFiles(directory=tmp_path, html=True))])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(HtmlMiddleware(inner, compiled=tmp_path)), base_url="http://localhost"
    ) as client:
        yield client


def structured_data_of(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert found
    structured_data: dict[str, object] = json.loads(found[1])
    return structured_data


async def test_a_listing_s_page_is_filled_with_what_it_is(browser: httpx.AsyncClient, now: datetime) -> None:
    page = await make_listing(now, title="Tea & Sympathy")
    html = (await browser.get(f"/l/{page.slug}")).text
    assert "<title data-first>Tea &amp; Sympathy – Holdfast</title>" in html
    assert f'<link rel="canonical" href="http://localhost:3000/l/{page.slug}"/>' in html
    assert 'property="og:title" content="Tea &amp; Sympathy – Holdfast"' in html
    picture = f"http://localhost:3000/api/v1/listings/{page.id}/poster.png?v={page.version}"
    assert f'property="og:image" content="{picture}"' in html
    structured_data = structured_data_of(html)
    assert structured_data["name"] == "Tea & Sympathy"
    assert str(structured_data["startDate"]).endswith(("+00:00", "+01:00", "+02:00"))
    assert structured_data["eventStatus"] == "https://schema.org/EventScheduled"


async def test_a_hostile_title_stays_text_everywhere(browser: httpx.AsyncClient, now: datetime) -> None:
    page = await make_listing(now, title=HOSTILE, story=HOSTILE)
    answer = await browser.get(f"/l/{page.slug}")
    assert "<script>alert" not in answer.text
    structured_data = structured_data_of(answer.text)
    assert (structured_data["name"], structured_data["description"]) == (HOSTILE, HOSTILE)
    digest = base64.b64encode(sha256(b"ours()").digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in answer.headers["content-security-policy"]


async def test_a_listing_that_was_called_off_says_so(browser: httpx.AsyncClient, now: datetime) -> None:
    page = await make_listing(now)
    async with transaction() as session:
        await catalog.cancel(session, SYSTEM, page.id, now)
    assert (
        structured_data_of((await browser.get(f"/l/{page.slug}")).text)["eventStatus"]
        == "https://schema.org/EventCancelled"
    )


@pytest.mark.parametrize("path", ["/l/never-was", "/l/lst_01M7XWJZK4GE4AXV32XJ4EC4TG"])
async def test_a_listing_that_is_not_there_is_not_found(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert '<meta name="robots" content="noindex"/>' in answer.text


async def test_a_draft_is_nobody_s_business(browser: httpx.AsyncClient, now: datetime) -> None:
    page = await make_listing(now, is_published=False, title="Still secret")
    answer = await browser.get(f"/l/{page.slug}")
    assert answer.status_code == 404
    assert "Still secret" not in answer.text


async def test_pages_of_our_own_keep_their_words_and_private_ones_stay_out_of_sight(
    browser: httpx.AsyncClient,
) -> None:
    home = (await browser.get("/")).text
    assert 'property="og:title" content="Compiled"' in home
    assert 'property="og:description" content="Words &amp; more"' in home
    assert structured_data_of(home)["@type"] == "WebSite"
    assert "noindex" in (await browser.get("/login")).text
    jazz = (await browser.get("/browse", params={"category": "jazz", "sort": "cheapest"})).text
    assert '<link rel="canonical" href="http://localhost:3000/browse?category=jazz"/>' in jazz


async def test_a_page_without_its_description_is_better_than_none(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(pages_module.meta, "meta_of", broken)
    answer = await browser.get("/")
    assert answer.status_code == 200
    assert answer.text == PAGE


async def test_the_same_page_comes_compressed_to_whoever_can_read_that(browser: httpx.AsyncClient) -> None:
    packed = await browser.get("/", headers={"Accept-Encoding": "gzip"})
    plain = await browser.get("/", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert packed.headers["vary"] == plain.headers["vary"]
    assert "Accept-Encoding" in plain.headers["vary"]
    head = await browser.head("/", headers={"Accept-Encoding": "identity"})
    assert (head.headers["content-length"], head.content) == (plain.headers["content-length"], b"")


async def test_prices_and_what_is_left_are_told_to_machines(database: str, now: datetime) -> None:
    page = await make_listing(now)
    offers = (await meta_of(f"/l/{page.slug}", {})).structured_data["offers"]
    assert isinstance(offers, dict)
    assert float(offers["lowPrice"]) <= float(offers["highPrice"])
    assert offers["priceCurrency"] == page.currency
    assert offers["availability"] in {"https://schema.org/InStock", "https://schema.org/PreOrder"}


async def test_the_sitemap_lists_what_is_public(database: str, now: datetime) -> None:
    from marketplace.api.app import create_app

    page = await make_listing(now)
    draft = await make_listing(now, is_published=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app()), base_url="http://localhost") as client:
        answer = await client.get("/sitemap.xml")
        robots = (await client.get("/robots.txt")).text
        assert (await client.head("/robots.txt")).status_code == (await client.head("/sitemap.xml")).status_code == 200
    places = [loc.text for loc in ET.fromstring(answer.content).findall(".//{*}loc")]
    assert f"http://localhost:3000/l/{page.slug}" in places
    assert f"http://localhost:3000/l/{draft.slug}" not in places
    assert {"http://localhost:3000/", "http://localhost:3000/browse"} <= set(places)
    assert "Sitemap: http://localhost:3000/sitemap.xml" in robots


PRELOAD = re.compile(r'<link rel="preload" as="image" href="([^"]*)" fetchpriority="high"/>')


@pytest.mark.parametrize("path", ["/", "/browse"])
async def test_the_first_posters_are_fetched_beside_the_scripts(browser: httpx.AsyncClient, now: datetime, path: str):
    assert PRELOAD.findall((await browser.get(path)).text) == []
    begins = [now + timedelta(days=days) for days in (9, 5, 6, 7, 8)]
    shows = [await make_listing(now, title="A Show", starts_at=at, ends_at=at + timedelta(hours=2)) for at in begins]
    assert PRELOAD.findall((await browser.get(path)).text) == [show.poster_url for show in shows[1:]]


async def test_no_poster_is_fetched_that_filters_may_leave_out(browser: httpx.AsyncClient, now: datetime):
    await make_listing(now)
    assert PRELOAD.findall((await browser.get("/browse?text=chekhov")).text) == []
    assert PRELOAD.findall((await browser.get("/login")).text) == []


def told_without_scripts(html: str) -> str:
    """What stands in the page for those who run no scripts."""
    found = re.search(r"<body>.*?<noscript>(.*?)</noscript>", html, re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize("path", ["/", "/browse", "/browse?text=tea&category=music"])
async def test_without_scripts_what_is_on_can_be_read_and_gone_to(
    browser: httpx.AsyncClient, now: datetime, path: str
) -> None:
    page = await make_listing(now, title="Tea & Sympathy")
    await make_listing(now, is_published=False, title="Still secret")
    told = told_without_scripts((await browser.get(path)).text)
    assert "turn on JavaScript" in told
    assert f'<a href="/l/{page.slug}">Tea &amp; Sympathy</a>' in told
    assert f"{page.place.name}, {page.place.city}" in told
    assert "Still secret" not in told


async def test_without_scripts_a_listing_keeps_its_words_and_says_what_scripts_are_for(
    browser: httpx.AsyncClient, now: datetime
) -> None:
    page = await make_listing(now, title="Tea & Sympathy", story="Two women, one pot.")
    html = (await browser.get(f"/l/{page.slug}")).text
    assert "turn on JavaScript to pick seats" in told_without_scripts(html)
    assert "<p>Two women, one pot.</p>" in html.partition('<div class="first"')[2]


@pytest.mark.parametrize("path", ["/login", "/l/never-was"])
async def test_without_scripts_other_pages_show_the_way_to_what_is_on(browser: httpx.AsyncClient, path: str) -> None:
    told = told_without_scripts((await browser.get(path)).text)
    assert "turn on JavaScript to use this page" in told
    assert '<a href="/browse">' in told


async def test_without_scripts_nothing_is_shown_as_on_its_way(browser: httpx.AsyncClient) -> None:
    head = (await browser.get("/")).text.partition("</head>")[0]
    style = re.search(r"<noscript><style>(.*?)</style></noscript>", head)
    assert style is not None
    assert ".skeleton" in style[1].partition("{display:none!important}")[0]


async def test_browse_begins_with_the_cards_of_what_is_on_next(browser: httpx.AsyncClient, now: datetime) -> None:
    page = await make_listing(now, title="Tea & Sympathy")
    html = (await browser.get("/browse")).text
    card = re.search(r'<article class="listing-card">.*?</article>', html)
    assert card is not None
    assert f'<a href="/l/{page.slug}">Tea &amp; Sympathy</a>' in card[0]
    assert page.poster_url in card[0]
    assert "skeleton" not in html.partition("</head>")[2]


async def test_a_search_keeps_the_places_of_its_cards(browser: httpx.AsyncClient, now: datetime) -> None:
    await make_listing(now, title="Tea & Sympathy")
    assert "skeleton" in (await browser.get("/browse?text=coffee")).text.partition("</head>")[2]
