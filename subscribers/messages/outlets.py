"""Where messages go. deliver of an outlet returns True when the message is done, and
False if the process has to stop and the message is still to be delivered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import os
import sys
import time
import urllib.request
from typing import Optional

import web
from texts import Message
from waiting import Backoff, Stop

log = logging.getLogger("messages")


class OutletGone(Exception):
    """No message can be delivered any more."""


class Console:
    """Prints messages, one JSON object per line."""

    def deliver(self, message: Message) -> bool:
        try:
            sys.stdout.buffer.write(message.body + b"\n")
            sys.stdout.buffer.flush()
        except OSError as why:
            # Python would flush once more at its end, and report an error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise OutletGone(f"cannot print: {why}") from None
        return True


class Webhook:
    """Posts messages in the format of https://www.standardwebhooks.com."""

    def __init__(self, url: str, key: Optional[bytes], stop: Stop):
        self.url, self.key, self.stop = url, key, stop

    def deliver(self, message: Message) -> bool:
        backoff = Backoff(self.stop, f"the webhook, for message {message.id}")
        while True:
            try:
                web.send(self.request(message))
            except web.Refused as no:
                log.error("the webhook refuses message %s: it %s; continuing with the next", message.id, no)
                return True
            except web.TemporaryFailure as failure:
                if backoff.wait(failure):
                    return False
            else:
                backoff.reset()
                return True

    def request(self, message: Message) -> urllib.request.Request:
        now = str(int(time.time()))
        headers = {"Content-Type": "application/json", "webhook-id": message.id, "webhook-timestamp": now}
        if self.key:
            headers["webhook-signature"] = signature(self.key, message, now)
        return urllib.request.Request(self.url, data=message.body, headers=headers, method="POST")


def signature(key: bytes, message: Message, now: str) -> str:
    signed = b".".join([message.id.encode(), now.encode(), message.body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
