"""What Reflex is told: everything comes from marketplace.settings.

The frontend is compiled without knowing where it will be served. It reaches its websocket and its API at the origin
that the page came from, so that one build serves any host and port; while developing, Vite hands those paths on to the
backend.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

from marketplace import settings

BACKEND_PATHS = ("/api", "/session", "/_event", "/_upload", "/ping", "/_health")


class SameOrigin(rx.plugins.Plugin):
    """Patches generated files; an upgrade of Reflex that changes them stops the build and says so. See docs/private-doors.md."""

    def __init__(self, backend_port: int) -> None:
        self.backend = f"http://127.0.0.1:{backend_port}"

    def pre_compile(self, **context: Any) -> None:
        context["add_modify_task"]("utils/state.js", self.find_backend_at_own_origin)
        context["add_modify_task"]("utils/state.js", self.drop_what_cannot_be_sent)
        context["add_modify_task"]("vite.config.js", self.hand_on_to_backend)
        context["add_modify_task"]("package.json", self.listen_to_this_machine_only)

    def find_backend_at_own_origin(self, code: str) -> str:
        # No origin while prerendering, where nothing connects.
        here = (
            "const endpoint = new URL(new URL(url_str).pathname, "
            'typeof window === "undefined" ? url_str : window.location.origin);\n'
            '  if (url_str.startsWith("ws")) endpoint.protocol = endpoint.protocol.replace("http", "ws");\n'
            "  return endpoint;"
        )
        return _replaced(code, "const endpoint = new URL(url_str);", here)

    def drop_what_cannot_be_sent(self, code: str) -> str:
        # Reflex keeps what is pressed while it is away, however long, and sends it all when it is back.
        code = _replaced(
            code,
            'import io from "socket.io-client";',
            'import io from "socket.io-client";\nimport { attended, keepBriefly } from "$/public/line.js";',
        )
        code = _replaced(code, "const socket = useRef(null);", "const socket = attended(useRef(null));")
        return _replaced(
            code,
            "() => queueEvents(_events, socket, false, navigate, params),",
            "() => (keepBriefly(_events, event_queue), queueEvents(_events, socket, false, navigate, params)),",
        )

    def hand_on_to_backend(self, code: str) -> str:
        routes = ", ".join(f'"{path}": {{ target: "{self.backend}", ws: true }}' for path in BACKEND_PATHS)
        return _replaced(code, "server: {", f"server: {{\n    proxy: {{ {routes} }},")

    def listen_to_this_machine_only(self, code: str) -> str:
        return _replaced(code, 'react-router dev --host"', 'react-router dev --host 127.0.0.1"')


def _replaced(code: str, old: str, new: str) -> str:
    if new in code:
        return code
    if code.count(old) != 1:
        raise RuntimeError(f"Reflex has changed a file that we patch: “{old}” is not in it exactly once.")
    return code.replace(old, new)


_settings = settings.current()

config = rx.Config(
    app_name="marketplace",
    backend_host=_settings.host,
    frontend_port=_settings.port,
    deploy_url=_settings.origin,
    redis_url=_settings.redis_url or None,
    trusted_proxy_hops=_settings.trusted_proxy_hops,
    # Nobody else's pages may call us; our own need no permission. The websocket's origin is checked by api/pages.py.
    cors_allowed_origins=[],
    telemetry_enabled=False,
    show_built_with_reflex=False,
    frontend_compression_formats=["brotli", "gzip"],
    plugins=[SameOrigin(_settings.port + 1)],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
