"""What the server fills into pages' HTML: for search engines, for previews of shared links, and for the first second.

Pages are compiled without knowing where they will be served or which listing they will show. Here they learn both:
canonical address, Open Graph, and for a listing its title, its schema.org event and its first words, which stand in
until the page itself can show it (assets/first.js takes them away). Whoever runs no scripts is told what they need them for,
and what is on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from html import escape, unescape
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape as escape_xml
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from marketplace import clock, datetimes, settings
from marketplace.addresses import NO_PAGES
from marketplace.brand import NAME
from marketplace.catalog import queries
from marketplace.catalog.views import Genre, ListingCard, ListingFilters, ListingPage, Status, poster_url
from marketplace.components.feedback import CARDS_AT_FIRST, SEEN_AT_ONCE, SOONEST
from marketplace.db import transaction
from marketplace.errors import NotFound
from marketplace.i18n import LANGUAGES, _, page_at
from marketplace.money import Money, exponent

router = APIRouter(include_in_schema=False)

LISTING = "/l/"
PICTURE = "/og.png"
MOST_WITHOUT_SCRIPTS = 24
"""Listings on the list of those who cannot search."""

MOST_IN_SITEMAP = 50_000
"""As many as one sitemap may hold (sitemaps.org)."""

PUBLIC = frozenset({"/", "/browse", "/terms"})
"""Pages beside listings that search engines are welcome on. Everything else is somebody's own."""

PRIVATE = ("/checkout/", "/o/", "/orders", "/account", "/lab", "/operate")
"""Below these, crawlers have no business."""

EVENT_TYPES = {
    Genre.THEATRE: "TheaterEvent", Genre.MUSIC: "MusicEvent", Genre.CLASSICAL: "MusicEvent", Genre.OPERA: "MusicEvent",
    Genre.JAZZ: "MusicEvent", Genre.DANCE: "DanceEvent", Genre.COMEDY: "ComedyEvent", Genre.FILM: "ScreeningEvent",
    Genre.SPORT: "SportsEvent", Genre.FAMILY: "ChildrensEvent",
}  # fmt: skip
"""schema.org's closest type; anything else is an Event."""

WITHOUT_SCRIPTS = (
    "<noscript><style>"
    ":is(.skeleton,.search-form,.browse,.theme-switch,.section:has(.skeleton),[role=status]:has(.skeleton)){display:none!important}"
    "body>.site-header{order:-2}body>noscript{order:-1}body>noscript>.page{padding-bottom:0}"
    "</style></noscript>"
)
"""Without scripts nothing that is on its way ever comes, and nothing can be searched: neither is shown."""

_SOONEST = re.compile(f"{SOONEST[0]}.*?{SOONEST[1]}", re.DOTALL)
_TITLE = re.compile("<title>(.*?)</title>", re.DOTALL)
_ABOUT = re.compile('<meta content="([^"]*)" name="description"/>')


@dataclass(frozen=True, slots=True)
class Meta:
    """What is known of one page. Texts are plain: they are escaped where they are written.

    `title` and `about` are empty where the compiled page has its own; `first` and `scriptless` are HTML already.
    """

    path: str
    title: str = ""
    about: str = ""
    picture: str = PICTURE
    """What stands for the page where a link to it is shown: a PNG of 1200 by 630."""
    kind: str = "website"
    structured_data: Mapping[str, object] = field(default_factory=dict)
    first: str = ""
    scriptless: str = ""
    """What whoever runs no scripts reads first; nothing where the page can be read as it is, or `first` says it."""
    posters: tuple[str, ...] = ()
    """The first that the page will show: fetched beside its scripts instead of after them."""
    soonest: str = ""
    """Cards for the place that a page keeps for the soonest of all, as HTML."""
    is_public: bool = True
    is_missing: bool = False

    def fill(self, page: str) -> str:
        """The page with all of this in it."""
        page = page.replace("</head>", f"{self._head(page)}{WITHOUT_SCRIPTS}</head>", 1)
        scriptless = f'<noscript><div class="page stack">{self.scriptless}</div></noscript>' if self.scriptless else ""
        if self.soonest:
            page = _SOONEST.sub(lambda _: self.soonest, page)
        return page.replace("<body>", f"<body>{scriptless}{self.first}", 1)

    def _head(self, page: str) -> str:
        if not self.is_public:
            return '<meta name="robots" content="noindex"/>'
        address = _address(self.path)
        title = self.title or _found(_TITLE, page)
        about = self.about or _found(_ABOUT, page)
        shared = {"type": self.kind, "site_name": NAME, "title": title, "description": about, "url": address}
        lines = [f'<link rel="canonical" href="{escape(address)}"/>']
        lines += [f'<link rel="alternate" hreflang="{name}" href="{escape(at)}"/>' for name, at in _versions(self.path)]
        if self.title:
            lines.append(f"<title data-first>{escape(title)}</title>")
            lines.append(f'<meta name="description" content="{escape(about)}" data-first/>')
        lines += [f'<meta property="og:{name}" content="{escape(text)}"/>' for name, text in shared.items()]
        lines += [
            f'<meta property="og:image{part}" content="{escape(text)}"/>'
            for part, text in (
                ("", settings.current().origin + self.picture),
                (":type", "image/png"),
                (":width", "1200"),
                (":height", "630"),
            )
        ]
        lines.append('<meta name="twitter:card" content="summary_large_image"/>')
        lines += [
            f'<link rel="preload" as="image" href="{escape(poster)}" fetchpriority="high"/>' for poster in self.posters
        ]
        if self.structured_data:
            lines.append(f'<script type="application/ld+json">{_json(self.structured_data)}</script>')
        return "".join(lines)


async def meta_of(path: str, query: Mapping[str, str]) -> Meta:
    """What is to be said of the page at `path`, its English address, in the language that is being spoken."""
    if path.startswith(LISTING):
        try:
            async with transaction(reading=True) as session:
                page = await queries.listing_page(session, path.removeprefix(LISTING), clock.now())
        except NotFound:
            return Meta(path, is_public=False, is_missing=True, scriptless=_way_to_what_is_on())
        return _of_listing(page)
    if path not in PUBLIC:
        return Meta(path, is_public=False, scriptless=_way_to_what_is_on())
    if path == "/terms":
        return Meta(path)
    soonest = await _soonest()
    scriptless = _list_of(soonest)
    # Both Home and Browse begin with these.
    posters = tuple(card.poster_url for card in soonest[:SEEN_AT_ONCE])
    if path == "/":
        return Meta("/", structured_data=_of_house(), posters=posters, scriptless=scriptless)
    if not query:
        return Meta(path, posters=posters, soonest=_cards(soonest), scriptless=scriptless)
    category = query.get("category", "")
    address = f"{path}?{urlencode({'category': category})}" if category in set(Genre) else path
    return Meta(address, scriptless=scriptless)


async def _soonest() -> Sequence[ListingCard]:
    async with transaction(reading=True) as session:
        page = await queries.listing_cards(session, ListingFilters(), clock.now(), limit=MOST_WITHOUT_SCRIPTS)
    return page.items


@router.api_route("/sitemap.xml", methods=["GET", "HEAD"])
async def sitemap() -> Response:
    """Every page that search engines are welcome on."""
    async with transaction(reading=True) as session:
        slugs = await queries.public_slugs(session, clock.now(), MOST_IN_SITEMAP // len(LANGUAGES) - len(PUBLIC))
    pages = [(path, "") for path in sorted(PUBLIC)]
    pages += [(f"{LISTING}{quote(slug)}", f"<lastmod>{changed_at:%Y-%m-%d}</lastmod>") for slug, changed_at in slugs]
    entries = [
        f"<url><loc>{escape_xml(_address(path, language))}</loc>{changed}</url>"
        for path, changed in pages
        for language in LANGUAGES
    ]
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"{''.join(entries)}</urlset>\n"
    )
    return Response(body, media_type="application/xml", headers={"Cache-Control": "public, max-age=300"})


@router.api_route("/robots.txt", methods=["GET", "HEAD"])
async def robots() -> Response:
    """Where crawlers may go: not into anybody's orders, nor into the API."""
    private = [*NO_PAGES, *(page_at(path, language) for language in LANGUAGES for path in PRIVATE)]
    closed = "".join(f"Disallow: {path}\n" for path in private)
    body = f"User-agent: *\nAllow: /api/v1/listings/*/poster.\n{closed}\nSitemap: {settings.current().origin}/sitemap.xml\n"
    return Response(body, media_type="text/plain", headers={"Cache-Control": "public, max-age=3600"})


def _of_listing(page: ListingPage) -> Meta:
    when, place = _when_text(page), f"{page.place.name}, {page.place.city}"
    price = _price_text(page.price_from, page.price_to)
    about = " · ".join(filter(None, (when, place, price, " ".join(page.story.split()))))
    return Meta(
        f"{LISTING}{quote(page.slug)}",
        title=f"{page.title} – {NAME}",
        about=about if len(about) <= 160 else f"{about[:159].rstrip()}…",
        picture=_picture(page),
        posters=(page.poster_url,),
        structured_data=_event(page),
        first=_first_words(page, when, place, price),
    )


def _why_scripts() -> str:
    return _("Please turn on JavaScript to pick seats and buy.")


def _picture(page: ListingPage) -> str:
    return poster_url(page.id, page.version, as_picture=True)


def _first_words(page: ListingPage, when: str, place: str, price: str) -> str:
    """What of a listing can be read before the first script has run, in the same elements as the page's own."""
    paragraphs = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in page.paragraphs)
    status = _status_text(page)
    return (
        '<div class="first" data-first><header class="site-header"><div class="site-header-inner">'
        f'<a class="brand" href="{page_at("/")}">{NAME}</a>'
        f'<nav class="site-nav"><a class="nav-link" href="{page_at("/browse")}">{_("Browse")}</a></nav>'
        '</div></header><main class="page">'
        f'<noscript><p class="notice notice-warning">{escape(_why_scripts())}</p></noscript><div class="page-header"><div>'
        f'<p class="eyebrow">{escape(when)}</p><h1>{escape(page.title)}</h1><p class="quiet lead">{escape(place)}</p>'
        f'</div></div><p class="strong">{escape(" · ".join(filter(None, (price, status))))}</p>'
        f'<div class="split split-aside-first"><section class="stack prose"><h2>{_("About")}</h2>{paragraphs}</section>'
        f'<aside><img class="poster" src="{escape(page.poster_url)}" alt="" width="1200" height="800" fetchpriority="high">'
        "</aside></div></main></div>"
        '<script src="/first.js" data-first defer></script>'
    )


def _cards(cards: Sequence[ListingCard]) -> str:
    """Cards as the page itself will draw them."""
    drawn = "".join(_card(card, is_first=at < SEEN_AT_ONCE) for at, card in enumerate(cards[:CARDS_AT_FIRST]))
    return f'<div class="grid-cards">{drawn}</div>'


def _card(card: ListingCard, *, is_first: bool) -> str:
    fetched = 'fetchpriority="high"' if is_first else 'loading="lazy"'
    when, place, price = map(escape, _details_of(card))
    return (
        '<article class="listing-card"><div class="listing-card-art"><img class="poster" '
        f'src="{escape(card.poster_url)}" alt="" width="1200" height="800" decoding="async" {fetched}></div>'
        '<div class="listing-card-text">'
        f'<h3><a href="{escape(page_at(f"{LISTING}{quote(card.slug)}"))}">{escape(card.title)}</a></h3>'
        f'<p class="listing-card-meta">{when}</p><p class="listing-card-meta">{place}</p>'
        f'<p class="listing-card-price">{price}</p></div></article>'
    )


def _list_of(cards: Sequence[ListingCard]) -> str:
    """What is on next, to be read without scripts."""
    entries = "".join(
        f'<li><a href="{escape(page_at(f"{LISTING}{quote(card.slug)}"))}">{escape(card.title)}</a><br>'
        f"{escape(' · '.join(filter(None, _details_of(card))))}</li>"
        for card in cards
    )
    told = _("Please turn on JavaScript to search and buy. Here is what is on next:")
    return f'<p class="notice notice-warning">{escape(told)}</p><ul class="stack">{entries}</ul>'


def _details_of(card: ListingCard) -> tuple[str, str, str]:
    price = _price_text(card.price_from, card.price_to)
    return datetimes.short(card.starts_at, card.zone), f"{card.place_name}, {card.city}", price


def _way_to_what_is_on() -> str:
    told = _("Please turn on JavaScript to use this page.")
    link = f'<a href="{page_at("/browse")}">{escape(_("See what is on"))}</a>'
    return f'<p class="notice notice-warning">{escape(told)} {link}</p>'


def _event(page: ListingPage) -> dict[str, object]:
    """The listing as a schema.org Event."""
    origin, zone = settings.current().origin, ZoneInfo(page.place.zone)
    address = _address(f"{LISTING}{quote(page.slug)}")
    place: dict[str, object] = {
        "@type": "Place",
        "name": page.place.name,
        "address": {
            "@type": "PostalAddress", "streetAddress": page.place.address, "addressLocality": page.place.city,
            "addressCountry": page.place.country,
        },
    }  # fmt: skip
    if page.place.latitude is not None and page.place.longitude is not None:
        place["geo"] = {
            "@type": "GeoCoordinates", "latitude": page.place.latitude, "longitude": page.place.longitude
        }  # fmt: skip
    event: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": next((kind for genre, kind in EVENT_TYPES.items() if genre == page.category), "Event"),
        "name": page.title,
        "description": page.story,
        "url": address,
        "image": [f"{origin}{_picture(page)}", f"{origin}{page.poster_url}"],
        "startDate": _local(page.starts_at, zone),
        "endDate": _local(page.ends_at, zone),
        "eventStatus": f"https://schema.org/Event{'Cancelled' if page.status is Status.CANCELLED else 'Scheduled'}",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": place,
        "organizer": {"@type": "Organization", "name": page.seller.name},
    }
    if page.doors_at is not None:
        event["doorTime"] = _local(page.doors_at, zone)
    if page.price_from is not None and page.price_to is not None:
        stock = {Status.ON_SALE: "InStock", Status.PUBLISHED: "PreOrder"}.get(page.status, "SoldOut")
        event["offers"] = {
            "@type": "AggregateOffer", "lowPrice": _figure(page.price_from), "highPrice": _figure(page.price_to),
            "priceCurrency": page.currency, "availability": f"https://schema.org/{stock}",
            "validFrom": _local(page.sale_starts_at, zone), "url": address,
        }  # fmt: skip
    return event


def _of_house() -> dict[str, object]:
    """The marketplace as a schema.org WebSite that can be searched."""
    target = {"@type": "EntryPoint", "urlTemplate": f"{_address('/browse')}?text={{text}}"}
    return {
        "@context": "https://schema.org", "@type": "WebSite", "name": NAME, "url": _address("/"),
        "potentialAction": {"@type": "SearchAction", "target": target, "query-input": "required name=text"},
    }  # fmt: skip


def _address(path: str, language: str = "") -> str:
    """The whole address of the page at `path` in `language`, or in the one that is being spoken."""
    return f"{settings.current().origin}{page_at(path, language)}"


def _versions(path: str) -> list[tuple[str, str]]:
    """(hreflang, address) of a page in each language, and for those who speak none of them."""
    return [*((language, _address(path, language)) for language in LANGUAGES), ("x-default", _address(path, "en"))]


def _status_text(page: ListingPage) -> str:
    if page.status is Status.PUBLISHED:
        return _("On sale from {moment}", moment=datetimes.short(page.sale_starts_at, page.place.zone))
    return {
        Status.SOLD_OUT: _("Sold out"), Status.CLOSED: _("Ended"), Status.CANCELLED: _("Event cancelled"),
    }.get(page.status, "")  # fmt: skip


def _price_text(low: Money | None, high: Money | None) -> str:
    if low is None or high is None:
        return ""
    if not high:
        return _("Free")
    return low.text() if low == high else _("From {price}", price=low.text())


def _when_text(page: ListingPage) -> str:
    return datetimes.short(page.starts_at, page.place.zone)


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="minutes")


def _found(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    return unescape(found[1]) if found else ""


def _figure(amount: Money) -> str:
    """“25.00”: schema.org wants the figure without its currency."""
    return str(Decimal(amount.minor).scaleb(-exponent(amount.currency)))


def _json(structured_data: Mapping[str, object]) -> str:
    """JSON that cannot end the script element that it stands in."""
    text = json.dumps(structured_data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
