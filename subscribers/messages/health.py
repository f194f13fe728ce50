"""The health of the subscriber, for probes and Prometheus."""

from __future__ import annotations

import http.server
import json
import logging
import socket
import threading
from typing import Optional

log = logging.getLogger("messages")

REQUEST_TIMEOUT = 5  # seconds until a request has to have arrived


class CannotListen(Exception):
    """The address of the probes cannot be used."""


class Health:
    """The state of the process. It is ready while the feed answers; a webhook that is
    down only delays messages."""

    def __init__(self):
        self.failure = "it has not read the feed yet"  # "" if there is none
        self.delivered = 0  # messages
        self.behind = 0  # messages that the webhook has not accepted yet: 0 or 1
        self.lock = threading.Lock()

    def feed(self, failure: str = "") -> None:
        with self.lock:
            self.failure = failure

    def waits(self) -> None:
        with self.lock:
            self.behind = 1

    def dealt_with(self) -> None:
        with self.lock:
            self.behind = 0
            self.delivered += 1

    def answer(self, path: str) -> tuple[int, str, str]:
        """Status, media type and body at a path."""
        with self.lock:
            if path == "/healthz":
                return 200, "application/json", '{"status":"ok"}\n'
            if path == "/readyz":
                body = {"status": "unready", "trouble": {"feed": self.failure}} if self.failure else {"status": "ready"}
                return 503 if self.failure else 200, "application/json", json.dumps(body) + "\n"
            if path == "/metrics":
                return 200, "text/plain; version=0.0.4; charset=utf-8", METRICS.format(
                    delivered=self.delivered, behind=self.behind, following=0 if self.failure else 1
                )
        return 404, "application/json", '{"status":"not found"}\n'


METRICS = """\
# HELP yeyak_messages_dealt_with_total Messages that were sent, or refused for good, since the start.
# TYPE yeyak_messages_dealt_with_total counter
yeyak_messages_dealt_with_total {delivered}
# HELP yeyak_messages_waiting Whether a message is on its way: 0 or 1.
# TYPE yeyak_messages_waiting gauge
yeyak_messages_waiting {behind}
# HELP yeyak_messages_following Whether the event feed answers: 0 or 1.
# TYPE yeyak_messages_following gauge
yeyak_messages_following {following}
"""


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = REQUEST_TIMEOUT
    server_version, sys_version = "yeyak-messages", ""
    health: Health

    def do_GET(self) -> None:
        status, kind, text = self.health.answer(self.path.partition("?")[0])
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store"}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format, *arguments) -> None:
        log.debug("probe: " + format, *arguments)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_) -> None:
        log.debug("probe: broke off", exc_info=True)


class Server6(Server):
    address_family = socket.AF_INET6


def serve(health: Health, listen: Optional[tuple[str, int]]) -> None:
    """Serves the probes at the address, if there is one, until the process ends."""
    if listen is None:
        return
    handler = type("Answering", (Handler,), {"health": health})
    try:
        server = (Server6 if ":" in listen[0] else Server)(listen, handler)
    except OSError as why:
        raise CannotListen(f"cannot listen on {listen[0]}:{listen[1]}: {why}") from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log.info("probes and metrics are answered on port %d", server.server_port)
