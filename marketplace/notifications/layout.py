"""From an email to what is sent: HTML that old mail programs can show, and the same in plain text.

Both come from one Letter, so neither can say what the other does not. The page around the words is
`templates/email.html`; tables and inline styles are what mail programs agree on.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from marketplace.brand import LIGHT
from marketplace.i18n import _, spoken
from marketplace.money import Money

_PAGE = Template((Path(__file__).parent / "templates" / "email.html").read_text(encoding="utf-8"))

# The light palette of the web pages: mail programs know no variables.
_INK, _SOFT, _RULE, _ACCENT, _ON_ACCENT = (LIGHT[name] for name in ("ink", "ink-soft", "line", "accent", "on-accent"))
_WIDTH = 72


@dataclass(frozen=True, slots=True)
class Button:
    """Where the reader goes from here."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not what it was."""

    name: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class EmailTemplate:
    """What a mail says, without any word on how it looks.

    `preview` is the line that mail programs show beside the subject; `changes` are what is no longer as the
    reader knows it, `details` what is, as (name, value); `lines` are what was bought, (label, amount), with their `total`;
    `footnote` says why one was written to; `attachments` are names that `attachments.py` knows.
    """

    kind: str
    subject: str
    preview: str
    heading: str
    paragraphs: tuple[str, ...]
    button: Button
    changes: tuple[Change, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    lines: tuple[tuple[str, Money], ...] = ()
    total: Money | None = None
    footnote: str = ""
    attachments: tuple[str, ...] = ()


def html(email: EmailTemplate) -> str:
    """The email as a page. Every word in it is escaped."""
    content = [f'<p style="margin:0 0 16px;">{escape(words)}</p>' for words in email.paragraphs]
    if email.changes:
        content.append(_table([_changed(change) for change in email.changes]))
    if email.details:
        content.append(_table([_detail(name, value) for name, value in email.details]))
    if email.lines:
        rows = [_amount(label, amount) for label, amount in email.lines]
        if email.total is not None:
            rows.append(_amount(_("Total"), email.total, is_total=True))
        content.append(_table(rows))
    return _PAGE.substitute(
        language=spoken(),
        subject=escape(email.subject),
        preview=escape(email.preview),
        heading=escape(email.heading),
        content="\n".join(content),
        button_label=escape(email.button.label),
        button_url=escape(email.button.url, quote=True),
        footnote=escape(email.footnote),
        ink=_INK,
        soft=_SOFT,
        rule=_RULE,
        accent=_ACCENT,
        on_accent=_ON_ACCENT,
    )


def plain(email: EmailTemplate) -> str:
    """The email for those who read text."""
    blocks = [email.heading, *(textwrap.fill(words, _WIDTH) for words in email.paragraphs)]
    if email.changes:
        blocks.append("\n\n".join(_plainly(change) for change in email.changes))
    if email.details:
        blocks.append("\n".join(f"{name}: {value}" for name, value in email.details))
    if email.lines:
        priced = [*email.lines, *([(_("Total"), email.total)] if email.total is not None else [])]
        blocks.append("\n".join(f"{label}: {amount.text()}" for label, amount in priced))
    blocks.append(f"{email.button.label}:\n{email.button.url}")
    if email.footnote:
        blocks.append(f"--\n{textwrap.fill(email.footnote, _WIDTH)}")
    return "\n\n".join(blocks) + "\n"


def _table(rows: list[str]) -> str:
    attributes = 'role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"'
    return f'<table {attributes} style="margin:0 0 20px;border-top:1px solid {_RULE};">{"".join(rows)}</table>'


def _detail(name: str, value: str) -> str:
    return _named(name, escape(value))


def _changed(change: Change) -> str:
    # The line through it is for eyes; the words say the same to those who listen.
    before = escape(_("Before: {what}", what=change.before))
    now = escape(_("Now: {what}", what=change.now))
    return _named(
        change.name,
        f'<span style="color:{_SOFT};text-decoration:line-through;">{before}</span><br><strong>{now}</strong>',
    )


def _plainly(change: Change) -> str:
    before, now = _("Before: {what}", what=change.before), _("Now: {what}", what=change.now)
    return f"{change.name}\n  {before}\n  {now}"


def _named(name: str, content: str) -> str:
    cell = f"padding:10px 0;border-bottom:1px solid {_RULE};vertical-align:top;"
    return (
        f'<tr><td width="96" style="{cell}color:{_SOFT};">{escape(name)}</td>'
        f'<td style="{cell}color:{_INK};word-break:break-word;">{content}</td></tr>'
    )


def _amount(label: str, amount: Money, *, is_total: bool = False) -> str:
    weight = "700" if is_total else "400"
    cell = f"padding:10px 0;border-bottom:1px solid {_RULE};vertical-align:top;color:{_INK};font-weight:{weight};"
    return (
        f'<tr><td style="{cell}">{escape(label)}</td>'
        f'<td align="right" style="{cell}white-space:nowrap;">{escape(amount.text())}</td></tr>'
    )
