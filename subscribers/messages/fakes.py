"""A feed and a webhook for tests, and the script that runs against them."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

FOLDER = pathlib.Path(__file__).parent
SCRIPT = [sys.executable, "-B", str(FOLDER / "messages.py")]

# Without the machine's proxy settings.
ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}


def event(number: int, type: str = "DeliveryStarted", **data) -> dict:
    order = f"food-{number}"
    return {
        "specversion": "1.0", "id": f"{order}/{type}", "source": "/yeyak/food", "type": type, "subject": order,
        "time": "2026-11-24T01:38:28.914974Z", "datacontenttype": "application/json",
        "data": {
            "kind": "food", "customerId": "alice", "ownerId": "bora", "item": {"id": "menu-1", "name": "Bibimbap"},
            "quantity": 2, "amount": {"amount": 18000, "currency": "KRW"}, "status": "delivering", **data,
        },
    }


class Server:
    """An HTTP server on a port of its own. answer gets the handler of each request
    and its body, and returns status, headers and body."""

    def __init__(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, text = answer(self, body)
                with contextlib.suppress(OSError):  # the client may have died meanwhile
                    self.send_response(status)
                    for name, value in {"Content-Length": str(len(text)), **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(text)

            do_GET = do_POST = serve

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class FakeFeed(Server):
    """Serves its events in pages, after the answers in failing."""

    def __init__(self, events: list, page: int = 200):
        self.events, self.page = events, page
        self.failing: list = []  # (status, headers, body)
        self.paths: list[str] = []
        self.presented: list = []  # Authorization of each request
        super().__init__(self.answer)

    def answer(self, handler, _):
        self.paths.append(handler.path)
        self.presented.append(handler.headers.get("Authorization"))
        if self.failing:
            return self.failing.pop(0)
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(handler.path).query))
        after = query.get("after", "c0")
        if not after.startswith("c"):
            return 422, {}, b'{"code":"invalid_cursor"}'
        at = int(after[1:])
        items = self.events[at:at + min(self.page, int(query["limit"]))]
        cursor = f"c{at + len(items)}" if self.events else ""
        return 200, {}, json.dumps({"items": items, "next": cursor}).encode()


class FakeWebhook(Server):
    """Accepts messages, unless decide returns another status."""

    def __init__(self, decide=lambda number, message: (204, {})):
        self.decide = decide
        self.requests: list = []  # (headers, body) of each
        self.accepted: list[str] = []  # ids that were answered 2xx
        self.times: list[float] = []
        super().__init__(self.answer)

    def answer(self, handler, body):
        self.requests.append((handler.headers, body))
        self.times.append(time.monotonic())
        message = json.loads(body)
        status, headers = self.decide(len(self.requests), message)
        if status < 300:
            self.accepted.append(message["id"])
        return status, headers, b""


class Running:
    """The running script."""

    def __init__(self, *arguments, command=SCRIPT, **environment):
        self.process = subprocess.Popen(
            [*command, *map(str, arguments)], env={**ENVIRONMENT, **environment}, cwd=FOLDER,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def kill(self):
        self.process.send_signal(signal.SIGKILL)

    def ended(self, status: int) -> tuple[str, str]:
        """Waits until the script ends, and returns its output and its log."""
        try:
            out, err = (text.decode() for text in self.process.communicate(timeout=120))
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("it does not end: " + self.process.communicate()[1].decode()) from None
        assert self.process.returncode == status, f"{self.process.returncode}, not {status}: {err}"
        return out, err


class Case(unittest.TestCase):
    """A test with a state, a feed and a webhook of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = pathlib.Path(folder.name, "cursor")

    def feed(self, *events, **options) -> FakeFeed:
        feed = FakeFeed(list(events), **options)
        self.addCleanup(feed.close)
        return feed

    def webhook(self, *decide) -> FakeWebhook:
        webhook = FakeWebhook(*decide)
        self.addCleanup(webhook.close)
        return webhook

    def run_on(self, feed, *arguments, **options) -> Running:
        running = Running("--feed", feed.url, "--state", self.state, "--poll", "0.05", *arguments, **options)

        def end():
            running.kill()
            running.process.communicate()

        self.addCleanup(end)
        return running

    def once(self, feed, *arguments, status=0, **options) -> tuple[list, str]:
        out, err = self.run_on(feed, "--once", *arguments, **options).ended(status)
        return [json.loads(line) for line in out.splitlines()], err

    def kept(self) -> dict:
        return json.loads(self.state.read_text())


def eventually(what) -> None:
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
