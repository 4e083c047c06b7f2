"""The reference page, written on the server from the OpenAPI document: no script, nothing from another host."""

from __future__ import annotations

import json
from html import escape
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from marketplace.api import problems
from marketplace.brand import DARK, LIGHT

router = APIRouter(include_in_schema=False)


def _colors(palette: dict[str, str]) -> str:
    names = {
        "ink": "ink",
        "soft": "ink-soft",
        "ground": "ground",
        "card": "surface",
        "line": "line",
        "accent": "accent",
    }
    return ";".join(f"--{name}:{palette[color]}" for name, color in names.items())


_STYLE = (
    f"""
:root{{color-scheme:light dark;{_colors(LIGHT)}}}
@media (prefers-color-scheme:dark){{:root{{{_colors(DARK)}}}}}
"""
    """\
body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--ground);margin:0 auto;max-width:60rem;padding:2rem 1rem 6rem}
h1{font-size:2rem;margin:0}h2{margin:3rem 0 .5rem;border-bottom:1px solid var(--line)}
details{background:var(--card);border:1px solid var(--line);border-radius:.75rem;margin:.5rem 0;padding:.25rem 1rem}
summary{cursor:pointer;min-height:44px;display:flex;gap:.75rem;align-items:center;flex-wrap:wrap}
code,pre{font:14px/1.5 ui-monospace,monospace}pre{overflow:auto;background:var(--ground);padding:1rem;border-radius:.5rem}
.verb{font-weight:700;color:var(--accent);min-width:4.5rem}.soft{color:var(--soft)}
"""
)


@router.get("/docs", response_class=HTMLResponse)
async def reference(request: Request) -> HTMLResponse:
    document = request.app.openapi()
    sections: dict[str, list[str]] = {}
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            tag = (operation.get("tags") or ["Other"])[0]
            sections.setdefault(tag, []).append(_operation(document, path, verb, operation))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(operations)}" for tag, operations in sections.items())
    schemes = document["components"]["securitySchemes"]
    body += f"<h2>Who is asking</h2><p>{escape(document['info']['description'])}</p>"
    body += f"<dl>{''.join(_scheme(*entry) for entry in schemes.items())}</dl>"
    body += f"<h2>Problems</h2><dl>{''.join(_problem(*entry) for entry in problems.codes().items())}</dl>"
    info = document["info"]
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style>"
        f"<h1>{escape(info['title'])} API <span class=soft>{escape(info['version'])}</span></h1>"
        f"<p>{escape(info.get('summary', ''))} The machine-readable form is <a href='openapi.json'>openapi.json</a> "
        f"(OpenAPI {escape(document['openapi'])}). Errors are problem+json (RFC 9457).</p>{body}"
    )


def _scheme(name: str, scheme: dict[str, str]) -> str:
    where = f"{scheme['in']} {scheme['name']}" if scheme["type"] == "apiKey" else "header Authorization: Bearer"
    return (
        f"<dt><code>{escape(where)}</code> <span class=soft>{name}</span></dt><dd>{escape(scheme['description'])}</dd>"
    )


def _problem(code: str, meaning: tuple[HTTPStatus, str]) -> str:
    """One code, where the `type` of a problem points."""
    status, about = meaning
    return f"<dt id={code}><code>{code}</code> <span class=soft>{status}</span></dt><dd>{escape(about)}</dd>"


def _operation(document: dict[str, Any], path: str, verb: str, operation: dict[str, Any]) -> str:
    parts = []
    if operation.get("description"):
        parts.append(f"<p>{escape(operation['description'])}</p>")
    rows = "".join(
        f"<li><code>{escape(parameter['name'])}</code> <span class=soft>in {escape(parameter['in'])}"
        f"{', required' if parameter.get('required') else ''}</span></li>"
        for parameter in operation.get("parameters", [])
    )
    if rows:
        parts.append(f"<ul>{rows}</ul>")
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content:
        parts.append(f"<p>Body</p>{_schema(document, content['schema'])}")
    for status, answer in operation["responses"].items():
        shown = answer.get("content", {}).get("application/json", {}).get("schema")
        if status.startswith("2") and shown:
            parts.append(f"<p>Answer {escape(status)}</p>{_schema(document, shown)}")
    refused = [f"{status} {HTTPStatus(int(status)).phrase}" for status in operation["responses"] if status >= "4"]
    if refused:
        parts.append(f"<p>Refused with <span class=soft>{escape(', '.join(refused))}</span></p>")
    return (
        f"<details><summary><span class=verb>{escape(verb.upper())}</span><code>{escape(path)}</code>"
        f"<span class=soft>{escape(operation.get('summary', ''))}</span></summary>{''.join(parts)}</details>"
    )


def _schema(document: dict[str, Any], schema: dict[str, Any]) -> str:
    name = schema.get("$ref", "").rpartition("/")[2]
    shown = document["components"]["schemas"][name] if name else schema
    example = (shown.get("examples") or [None])[0]
    text = json.dumps(example if example is not None else _sketch(document, shown), indent=2, ensure_ascii=False)
    return f"<pre>{escape(text)}</pre>"


def _sketch(document: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> Any:
    """A value of the schema's shape, from its own examples where it has some."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("examples"):
        return schema["examples"][0]
    if "anyOf" in schema:
        return _sketch(document, schema["anyOf"][0], depth)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "properties" in schema and depth < 4:
        return {name: _sketch(document, part, depth + 1) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_sketch(document, schema.get("items", {}), depth + 1)]
    return {"string": schema.get("format", "text"), "integer": 1, "number": 1.5, "boolean": True}.get(
        schema.get("type", "")
    )
