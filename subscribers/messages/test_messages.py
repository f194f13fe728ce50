"""The whole script, against a feed and a webhook of the tests."""

from __future__ import annotations

import json
import pathlib
import signal
import sys
import unittest

from fakes import Case, Running, event, eventually


class Console(Case):
    def test_each_message_once_however_often_it_is_started(self):
        feed = self.feed(*map(event, range(5)), page=2)
        messages, _ = self.once(feed)
        self.assertEqual([f"food-{n}/DeliveryStarted" for n in range(5)], [m["id"] for m in messages])
        self.assertEqual({
            "id": "food-0/DeliveryStarted", "recipientId": "alice", "orderId": "food-0", "type": "DeliveryStarted",
            "language": "en", "text": "Your order is being delivered: 2 × Bibimbap.", "at": "2026-11-24T01:38:28.914974Z",
        }, messages[0])
        self.assertEqual([], self.once(feed)[0])
        feed.events.append(event(5))
        self.assertEqual(["food-5/DeliveryStarted"], [m["id"] for m in self.once(feed)[0]])

    def test_follows(self):
        feed = self.feed()
        running = self.run_on(feed, "--language", "ko")
        eventually(lambda: len(feed.paths) > 2)
        feed.events.append(event(0))
        self.assertIn("배달이 시작되었습니다", json.loads(running.process.stdout.readline())["text"])

    def test_closed_output(self):
        feed = self.feed(event(0))
        running = self.run_on(feed)
        running.process.stdout.close()
        self.assertEqual(1, running.process.wait(30))
        self.assertRegex(running.process.stderr.read().decode(), r"cannot print: .*\n$")
        self.assertEqual(0, self.kept()["done"], "it was not delivered")

    def test_odd_events_delay_no_other(self):
        lost = event(1)
        del lost["data"]["customerId"]
        odd = [lost, {**event(2), "id": "a\r\nwebhook-id: b"}, {**event(3), "data": "?"}, "?", None, {},
               event(4, "MarketingSent"), event(5, "MarketingSent"), event(6, item={"id": "", "name": "\ud800"})]
        messages, err = self.once(self.feed(event(0), *odd, event(7)), "--verbose")
        self.assertEqual(["food-0/DeliveryStarted", "food-7/DeliveryStarted"], [m["id"] for m in messages])
        self.assertEqual(7, err.count("cannot be read"))
        self.assertEqual(1, err.count("no text for it: 'MarketingSent'"))
        self.assertNotIn("MarketingSent", self.once(self.feed(event(0, "MarketingSent")))[1])


class Place(Case):
    def test_killed_at_any_point_there_is_no_gap(self):
        """Killed before any of its disk operations, the script continues from there: it
        repeats at most one message."""
        dying = [sys.executable, "-B", "-c", """if True:
            import os, signal, sys
            left = int(sys.argv.pop(1))
            def mortal(real):
                def call(*arguments):
                    global left
                    left -= 1
                    if left < 0: os.kill(os.getpid(), signal.SIGKILL)
                    return real(*arguments)
                return call
            os.fsync, os.replace = mortal(os.fsync), mortal(os.replace)
            import messages
            sys.exit(messages.main(sys.argv[1:]))"""]
        feed = self.feed(event(0), event(1), event(1, "PaymentApproved"), event(2), page=3)
        expected = [f"food-{n}/DeliveryStarted" for n in range(3)]
        for point in range(100):
            self.state.unlink(missing_ok=True)
            webhook = self.webhook()
            to = ("--feed", feed.url, "--state", self.state, "--webhook", webhook.url, "--once")
            first = Running(point, *to, command=dying)
            first.process.communicate()
            if first.process.returncode == 0:
                break
            self.assertEqual(-signal.SIGKILL, first.process.returncode)
            self.once(feed, "--webhook", webhook.url)
            self.assertEqual(expected, list(dict.fromkeys(webhook.accepted)), "in order, and all of them")
            self.assertLessEqual(len(webhook.accepted) - len(expected), 1, "at most the message in hand is repeated")
        self.assertEqual(3 * (1 + 3 + 2), point, "the state is written at the start, after each message and after each page")

    def test_killed_during_each_message(self):
        running = None

        def decide(_, message):
            if message["id"] not in webhook.accepted:
                running.kill()
            return 200, {}

        webhook = self.webhook(decide)
        feed = self.feed(*map(event, range(6)), page=4)
        for _ in feed.events:
            running = self.run_on(feed, "--webhook", webhook.url)
            running.ended(-signal.SIGKILL)
        self.once(feed, "--webhook", webhook.url)
        self.assertEqual([e["id"] for e in feed.events for _ in range(2)], webhook.accepted, "each came again, and no other")

    def test_page_has_grown_meanwhile(self):
        feed = self.feed(event(0), event(1))
        webhook = self.webhook(lambda number, _: (200 if number == 1 else 503, {}))
        running = self.run_on(feed, "--webhook", webhook.url)
        eventually(lambda: len(webhook.requests) == 2)
        running.process.terminate()
        running.ended(0)
        self.assertEqual({"after": None, "done": 1}, self.kept())
        feed.events += [event(2), event(3)]
        messages, _ = self.once(feed)
        self.assertEqual([1, 2, 3], [int(m["orderId"][-1]) for m in messages])
        self.assertEqual({"after": "c4", "done": 0}, self.kept())

    def test_ends_between_two_messages(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.state.unlink(missing_ok=True)
            running = None

            def decide(*_):
                running.process.send_signal(number)
                return 200, {}

            webhook = self.webhook(decide)
            running = self.run_on(self.feed(event(0), event(1)), "--webhook", webhook.url)
            running.ended(0)
            self.assertEqual(["food-0/DeliveryStarted"], webhook.accepted)
            self.assertEqual({"after": None, "done": 1}, self.kept())

    def test_no_event_yet(self):
        feed = self.feed()
        for kept in ({"after": None, "done": 0}, {"after": "", "done": 0}):  # the second one as earlier versions wrote it
            self.state.write_text(json.dumps(kept))
            self.assertEqual([], self.once(feed)[0])
            self.assertEqual({"after": None, "done": 0}, self.kept())
        feed.events.append(event(0))
        self.assertEqual(1, len(self.once(feed)[0]))

    def test_damaged(self):
        feed = self.feed(event(0))
        for damaged in ("", "{", "[]", "17", '{"after": "c0"}', '{"after": 1, "done": 0}',
                        '{"after": "c0", "done": -1}', '{"after": "c0", "done": true}', "\udcff", "[" * 100000):
            self.state.write_bytes(damaged.encode("utf-8", "surrogateescape"))
            messages, err = self.once(feed, status=1)
            self.assertEqual([], messages)
            self.assertRegex(err, "the state .*cursor is damaged")
            self.assertEqual(damaged.encode("utf-8", "surrogateescape"), self.state.read_bytes())
        self.assertEqual([], feed.paths)

    def test_cannot_be_written(self):
        pathlib.Path(f"{self.state}.tmp").mkdir()
        messages, err = self.once(self.feed(event(0)), status=1)
        self.assertEqual([], messages)
        self.assertIn("cannot write the state", err)

    def test_one_at_a_time(self):
        feed = self.feed()
        first = self.run_on(feed)
        eventually(lambda: feed.paths)
        self.assertIn("another one is at work", self.once(feed, status=1)[1])
        first.kill()
        first.process.wait()
        self.once(feed)

    def test_of_another_feed(self):
        self.state.write_text('{"after": "x9", "done": 0}')
        _, err = self.once(self.feed(event(0)), status=1)
        self.assertIn("the feed does not know the cursor 'x9'", err)
        self.assertEqual({"after": "x9", "done": 0}, self.kept())


class Feed(Case):
    def test_away_and_back(self):
        feed = self.feed(event(0))
        feed.failing = [(503, {}, b""), (502, {}, b"<html>")]
        messages, err = self.once(feed)
        self.assertEqual(1, len(messages))
        self.assertEqual(1, err.count("trying again"))
        self.assertIn("works again, after 2 failed tries", err)

    def test_sends_the_api_key(self):
        for key, presented in {"yeyak_a": "Bearer yeyak_a", "": None}.items():
            with self.subTest(key):
                feed = self.feed(event(0))
                running = self.run_on(feed, "--once", YEYAK_API_KEY=key)
                running.ended(0)
                self.assertEqual({presented}, set(feed.presented))

    def test_garbage_moves_nothing(self):
        for garbage in (b"", b"<html>", b"[]", b'{"items":[]}', b'{"items":[],"next":7}', b'{"items":[],"next":""}',
                        b'{"items":{},"next":"c9"}', b'{"items":[{}],"next":"c1"}', b"\xff", b"[" * 100000):
            with self.subTest(garbage[:40]):
                self.state.write_text('{"after": "c1", "done": 0}')
                feed = self.feed(event(0), event(1))
                feed.failing = [(200, {}, garbage)]
                messages, err = self.once(feed)
                self.assertEqual(["food-1"], [m["orderId"] for m in messages])
                self.assertIn("not a page of events", err)

    def test_shows_less_than_before(self):
        self.state.write_text('{"after": "c0", "done": 2}')
        feed = self.feed(event(0))
        running = self.run_on(feed, "--once")
        eventually(lambda: len(feed.paths) > 1)
        feed.events += [event(1), event(2)]
        out, err = running.ended(0)
        self.assertEqual(["food-2"], [json.loads(line)["orderId"] for line in out.splitlines()])
        self.assertIn("fewer events", err)

    def test_cursors_are_escaped(self):
        self.state.write_text('{"after": "c0 &/", "done": 0}')
        feed = self.feed()
        feed.failing = [(422, {}, b"")]
        self.once(feed, status=1)
        self.assertEqual(["/v1/events?limit=200&after=c0+%26%2F"], feed.paths)


if __name__ == "__main__":
    unittest.main()
