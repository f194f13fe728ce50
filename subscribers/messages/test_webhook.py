"""Messages to a webhook that accepts or refuses them."""

from __future__ import annotations

import base64
import re
import time
import unittest
from email.utils import formatdate

import outlets
import texts
import waiting
from fakes import FOLDER, Case, event
from web import TemporaryFailure, retry_after

SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()


class Webhook(Case):
    def delivered(self, answers, *arguments):
        """Two messages to a webhook that first returns these answers."""
        webhook = self.webhook(lambda number, _: answers[number - 1] if number <= len(answers) else (200, {}))
        self.state.unlink(missing_ok=True)
        _, err = self.once(self.feed(event(0), event(1)), "--webhook", webhook.url, *arguments)
        return webhook, err

    def test_temporary_failures_are_retried(self):
        webhook, err = self.delivered([(status, {"Location": "/"}) for status in (500, 408, 429)])
        self.assertEqual(["food-0/DeliveryStarted", "food-1/DeliveryStarted"], webhook.accepted)
        ids = [headers["webhook-id"] for headers, _ in webhook.requests]
        self.assertEqual(["food-0/DeliveryStarted"] * 4 + ["food-1/DeliveryStarted"], ids, "the same one, in order")
        self.assertEqual(1, err.count("trying again"))

    def test_redirect_is_no_delivery(self):
        for status in (301, 302, 303, 307, 308):
            webhook, _ = self.delivered([(status, {"Location": "/elsewhere"})])
            self.assertEqual(3, len(webhook.requests))

    def test_refusals_delay_no_other(self):
        for status in (400, 404, 410, 422):
            webhook, err = self.delivered([(status, {})])
            self.assertEqual(["food-1/DeliveryStarted"], webhook.accepted)
            self.assertIn(f"ERROR the webhook refuses message food-0/DeliveryStarted: it answered {status}", err)

    def test_waits_for_retry_after(self):
        # The wait has only a lower bound: a slow machine waits longer.
        webhook, _ = self.delivered([(429, {"Retry-After": "2"})])
        self.assertGreater(webhook.times[1] - webhook.times[0], 1.9)
        due = int(time.time()) + 8
        webhook, _ = self.delivered([(429, {"Retry-After": formatdate(due, usegmt=True)})])
        self.assertGreaterEqual(webhook.times[1] + time.time() - time.monotonic(), due - 0.1)
        self.assertEqual(2, retry_after("2"))
        self.assertAlmostEqual(100, retry_after(formatdate(time.time() + 100, usegmt=True)), delta=50)
        for nonsense in ("soon", "", "-1", None):
            self.assertEqual(0, retry_after(nonsense))

    def test_waits_longer_and_longer(self):
        waits = []

        class Recorder:
            def wait(self, seconds):
                waits.append(seconds)

        backoff = waiting.Backoff(Recorder(), "a test")
        for _ in range(30):
            backoff.wait(TemporaryFailure("it does not work"))
        self.assertGreater(waits[2], waits[0])
        self.assertGreater(waits[4], waits[2])
        self.assertLessEqual(max(waits), waiting.LONGEST)
        backoff.wait(TemporaryFailure("it names a longer pause", at_least=2 * waiting.LONGEST))
        self.assertEqual(2 * waiting.LONGEST, waits[-1])

    def test_away_until_it_comes(self):
        webhook = self.webhook()
        webhook.close()
        running = self.run_on(self.feed(event(0)), "--webhook", webhook.url + "/?token=hush")
        line = running.process.stderr.readline() + running.process.stderr.readline()
        self.assertIn(b"refused", line)
        self.assertNotIn(b"hush", line)
        running.process.terminate()
        running.ended(0)
        self.assertEqual({"after": None, "done": 0}, self.kept(), "it is still due")

    def test_signature(self):
        """The recipe in the README verifies the signature of a message."""
        recipe = re.search(r"```python\n(.*?)```", (FOLDER / "README.md").read_text("utf-8"), re.DOTALL).group(1)
        verify = {}
        exec(recipe, verify)
        webhook, err = self.delivered([], "--secret", SECRET)
        headers, body = webhook.requests[0]
        self.assertTrue(verify["verified"](SECRET, headers, body))
        self.assertFalse(verify["verified"](SECRET, headers, body + b" "))
        self.assertFalse(verify["verified"](SECRET[:-4] + "AAAA", headers, body))
        self.assertEqual("application/json", headers["Content-Type"])
        self.assertNotIn(SECRET[6:], err)
        # Must not change: the example of https://github.com/standard-webhooks.
        key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        signed = outlets.signature(key, texts.Message("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'), "1614265330")
        self.assertEqual("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signed)

    def test_unsigned_without_a_secret(self):
        webhook, _ = self.delivered([])
        self.assertNotIn("webhook-signature", webhook.requests[0][0])


if __name__ == "__main__":
    unittest.main()
