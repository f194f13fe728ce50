"""The script's answers to probes and Prometheus, over real sockets."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

from fakes import ENVIRONMENT, FOLDER, Case, event, eventually

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(url: str) -> tuple[int, str]:
    """Status and body; 0 while there is no answer."""
    try:
        with opener.open(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as no:
        with no:
            return no.code, no.read().decode()
    except OSError:
        return 0, ""


class Health(Case):
    def listening(self, feed, *arguments, **options) -> str:
        port = free_port()
        self.run_on(feed, "--listen", f"127.0.0.1:{port}", *arguments, **options)
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: get(url + "/healthz") == (200, '{"status":"ok"}\n'))
        return url

    def test_ready_when_the_feed_answers(self):
        feed = self.feed()
        feed.failing = [(503, {"Retry-After": "3600"}, b"")]
        url = self.listening(feed)
        eventually(lambda: feed.paths)
        eventually(lambda: "answered 503" in get(url + "/readyz")[1])
        status, body = get(url + "/readyz")
        self.assertEqual((503, {"status": "unready", "trouble": {"feed": "answered 503"}}), (status, json.loads(body)))
        self.assertEqual(200, get(url + "/healthz")[0], "it is alive all the same")
        self.assertIn("\nyeyak_messages_following 0\n", get(url + "/metrics")[1])

    def test_unready_when_the_feed_goes_and_ready_when_it_is_back(self):
        feed = self.feed()
        url = self.listening(feed)
        eventually(lambda: get(url + "/readyz") == (200, '{"status": "ready"}\n'))
        feed.failing = [(500, {}, b"")] * 2
        eventually(lambda: get(url + "/readyz")[0] == 503)
        eventually(lambda: get(url + "/readyz")[0] == 200)

    def test_a_webhook_that_is_away_only_delays(self):
        hook = self.webhook(lambda number, _: (503, {"Retry-After": "3600"}))
        url = self.listening(self.feed(event(1)), "--webhook", hook.url)
        eventually(lambda: "\nyeyak_messages_waiting 1\n" in get(url + "/metrics")[1])
        self.assertEqual(200, get(url + "/readyz")[0])

    def test_metrics(self):
        url = self.listening(self.feed(event(1), event(2), event(3, type="DeliveryCanceled")))
        eventually(lambda: "\nyeyak_messages_dealt_with_total 2\n" in get(url + "/metrics")[1])
        self.assertIn("\nyeyak_messages_waiting 0\n", get(url + "/metrics")[1])
        self.assertEqual(404, get(url + "/elsewhere")[0])

    def test_many_that_say_nothing_do_not_matter(self):
        url = self.listening(self.feed())
        silent = [socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) for _ in range(50)]
        self.assertEqual(200, get(url + "/healthz")[0])
        for s in silent:
            s.settimeout(20)
            self.assertEqual(b"", s.recv(1), "it is closed")
            s.close()

    def test_a_port_in_use(self):
        with socket.socket() as occupied:
            occupied.bind(("127.0.0.1", 0))
            occupied.listen()
            port = occupied.getsockname()[1]
            _, err = self.run_on(self.feed(), "--listen", f"127.0.0.1:{port}").ended(1)
        self.assertIn(f"cannot listen on 127.0.0.1:{port}: ", err)


class Healthcheck(Case):
    def check(self, *arguments) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-B", str(FOLDER / "healthcheck.py"), *arguments], env={**ENVIRONMENT, "http_proxy": "http://127.0.0.1:1"},
            capture_output=True, timeout=120, text=True,
        )
        return done.returncode, done.stderr

    def test_well_and_unwell(self):
        feed = self.feed()
        feed.failing = [(503, {}, b'{"status":"unready"}')]
        self.assertEqual((1, f'{feed.url}/readyz answers 503: {{"status":"unready"}}\n'), self.check(feed.url + "/readyz"))
        self.assertEqual((0, ""), self.check(feed.url + "/v1/events?limit=1"))

    def test_nothing_there(self):
        status, err = self.check("http://127.0.0.1:1/readyz")
        self.assertEqual((1, True), (status, err.startswith("http://127.0.0.1:1/readyz: ")))
        self.assertEqual(1, self.check("8092")[0])
        self.assertEqual(2, self.check()[0])


if __name__ == "__main__":
    unittest.main()
