"""Waiting: for better times, and until asked to stop."""

from __future__ import annotations

import logging
import os
import random
import select
import signal

from web import Trouble

log = logging.getLogger("messages")

FIRST, LONGEST = 0.5, 60.0  # seconds


class Stop:
    """Whether somebody asked the process to end."""

    def __init__(self):
        self.asked = False
        # Unlike a threading.Event, a pipe can be written in a signal handler.
        self.told, self.tell = os.pipe()

    def on_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ask())

    def ask(self) -> None:
        if not self.asked:
            self.asked = True
            os.write(self.tell, b".")

    def wait(self, seconds: float) -> bool:
        """Waits that long, less when asked to stop; answers whether it was."""
        select.select([self.told], [], [], seconds)
        return self.asked


class Patience:
    """Waits longer and longer while something keeps failing, and says so once."""

    def __init__(self, stop: Stop, what: str):
        self.stop, self.what = stop, what
        self.failures = 0

    def wait(self, trouble: Trouble) -> bool:
        """Waits before another try; answers whether it was asked to stop."""
        self.failures += 1
        log.log(
            logging.WARNING if self.failures == 1 else logging.DEBUG,
            "%s: %s; trying again until it works", self.what, trouble,
        )
        delay = min(LONGEST, FIRST * 2 ** min(self.failures - 1, 30))
        return self.stop.wait(max(delay * random.uniform(0.5, 1), trouble.at_least))

    def over(self) -> None:
        if self.failures:
            log.info("%s: works again, after %d failed tries", self.what, self.failures)
            self.failures = 0
