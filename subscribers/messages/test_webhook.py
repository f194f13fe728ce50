"""Messages on their way to a webhook that takes them, or does not."""

from __future__ import annotations

import base64
import re
import time
import unittest
from email.utils import formatdate

import outlets
import texts
import web
from fakes import FOLDER, Case, event

SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()


class Webhook(Case):
    def told(self, answers, *arguments):
        """Two messages to a webhook that first gives these answers."""
        webhook = self.webhook(lambda number, _: answers[number - 1] if number <= len(answers) else (200, {}))
        self.state.unlink(missing_ok=True)
        _, err = self.once(self.feed(event(0), event(1)), "--webhook", webhook.url, *arguments)
        return webhook, err

    def test_failures_that_pass_are_waited_out(self):
        webhook, err = self.told([(status, {"Location": "/"}) for status in (500, 408, 429)])
        self.assertEqual(["food-0/DeliveryStarted", "food-1/DeliveryStarted"], webhook.taken)
        ids = [headers["webhook-id"] for headers, _ in webhook.requests]
        self.assertEqual(["food-0/DeliveryStarted"] * 4 + ["food-1/DeliveryStarted"], ids, "the same one, in order")
        gaps = [b - a for a, b in zip(webhook.times, webhook.times[1:])]
        self.assertGreater(gaps[2], gaps[0], "longer and longer")
        self.assertEqual(1, err.count("trying again"))

    def test_redirect_is_no_delivery(self):
        for status in (301, 302, 303, 307, 308):
            webhook, _ = self.told([(status, {"Location": "/elsewhere"})])
            self.assertEqual(3, len(webhook.requests))

    def test_refusals_hold_up_nobody(self):
        for status in (400, 404, 410, 422):
            webhook, err = self.told([(status, {})])
            self.assertEqual(["food-1/DeliveryStarted"], webhook.taken)
            self.assertIn(f"ERROR the webhook will not take message food-0/DeliveryStarted: it answered {status}", err)

    def test_retry_after_is_heeded(self):
        webhook, _ = self.told([(429, {"Retry-After": "2"})])
        self.assertGreaterEqual(webhook.times[1] - webhook.times[0], 1.9)
        due = time.time() + 3  # in whole seconds of the header one less
        monotonic = time.monotonic() + 1.9
        webhook, _ = self.told([(429, {"Retry-After": formatdate(due, usegmt=True)})])
        self.assertGreaterEqual(webhook.times[1], monotonic)

    def test_retry_after_in_either_form(self):
        self.assertEqual(2, web.retry_after("2"))
        self.assertAlmostEqual(60, web.retry_after(formatdate(time.time() + 60, usegmt=True)), delta=30)
        for value in (None, "", "soon", "-5", "1e3", formatdate(time.time() - 60, usegmt=True)):
            self.assertEqual(0, web.retry_after(value), value)

    def test_away_until_it_comes(self):
        webhook = self.webhook()
        webhook.close()
        running = self.run_on(self.feed(event(0)), "--webhook", webhook.url + "/?token=hush")
        line = running.process.stderr.readline() + running.process.stderr.readline()
        self.assertIn(b"refused", line)
        self.assertNotIn(b"hush", line)
        asked = time.monotonic()
        running.process.terminate()
        running.ended(0)
        self.assertLess(time.monotonic() - asked, 5)
        self.assertEqual({"after": None, "done": 0}, self.kept(), "it is still due")

    def test_signature(self):
        """The README's own recipe verifies what arrives."""
        recipe = re.search(r"```python\n(.*?)```", (FOLDER / "README.md").read_text("utf-8"), re.DOTALL).group(1)
        verify = {}
        exec(recipe, verify)
        webhook, err = self.told([], "--secret", SECRET)
        headers, body = webhook.requests[0]
        self.assertTrue(verify["verified"](SECRET, headers, body))
        self.assertFalse(verify["verified"](SECRET, headers, body + b" "))
        self.assertFalse(verify["verified"](SECRET[:-4] + "AAAA", headers, body))
        self.assertEqual("application/json", headers["Content-Type"])
        self.assertNotIn(SECRET[6:], err)
        # Fixed forever: the example of https://github.com/standard-webhooks.
        key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        signed = outlets.signature(key, texts.Message("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'), "1614265330")
        self.assertEqual("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signed)

    def test_unsigned_without_a_secret(self):
        webhook, _ = self.told([])
        self.assertNotIn("webhook-signature", webhook.requests[0][0])


if __name__ == "__main__":
    unittest.main()
