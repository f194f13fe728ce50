"""Waiting: for the next attempt, or until the process has to stop."""

from __future__ import annotations

import logging
import os
import random
import select
import signal

from web import TemporaryFailure

log = logging.getLogger("messages")

FIRST, LONGEST = 0.5, 60.0  # seconds


class Stop:
    """Whether the process has to stop."""

    def __init__(self):
        self.requested = False
        # Unlike a threading.Event, a pipe can be written in a signal handler.
        self.read_end, self.write_end = os.pipe()

    def on_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.request())

    def request(self) -> None:
        if not self.requested:
            self.requested = True
            os.write(self.write_end, b".")

    def wait(self, seconds: float) -> bool:
        """Waits for the time, or until the process has to stop; returns whether it has to."""
        select.select([self.read_end], [], [], seconds)
        return self.requested


class Backoff:
    """Waits longer after each failure in a row, and logs the first one."""

    def __init__(self, stop: Stop, what: str):
        self.stop, self.what = stop, what
        self.failures = 0

    def wait(self, failure: TemporaryFailure) -> bool:
        """Waits before the next attempt; returns whether the process has to stop."""
        self.failures += 1
        log.log(
            logging.WARNING if self.failures == 1 else logging.DEBUG,
            "%s: %s; trying again until it works", self.what, failure,
        )
        delay = min(LONGEST, FIRST * 2 ** min(self.failures - 1, 30))
        return self.stop.wait(max(delay * random.uniform(0.5, 1), failure.at_least))

    def reset(self) -> None:
        if self.failures:
            log.info("%s: works again, after %d failed tries", self.what, self.failures)
            self.failures = 0
