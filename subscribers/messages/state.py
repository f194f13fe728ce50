"""The subscriber's position in the feed, in a file."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from typing import Optional

log = logging.getLogger("messages")


class StateUnusable(Exception):
    """The position cannot be read, or cannot be written."""


class Place:
    """The position in the feed, locked for this process while the block lasts."""

    def __init__(self, path: str):
        self.path = path
        self.after: Optional[str] = None  # cursor of the page, None for the first one
        self.done = 0  # how many of its events are done

    def __enter__(self) -> Place:
        try:
            # A file of its own, since the state's file is replaced at each change.
            self.lock = open(self.path + ".lock", "a")
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateUnusable(f"another one is at work with {self.path}") from None
        except OSError as why:
            raise StateUnusable(f"cannot lock the state {self.path}: {why}") from None
        self.load()
        self.keep(self.after, self.done)  # a state that cannot be written fails at the start
        return self

    def __exit__(self, *_) -> None:
        self.lock.close()

    def load(self) -> None:
        try:
            with open(self.path, encoding="utf-8") as file:
                kept = json.load(file)
            self.after, self.done = checked(kept)
        except FileNotFoundError:
            log.info("there is no state %s yet: from the beginning", self.path)
        except OSError as why:
            raise StateUnusable(f"cannot read the state {self.path}: {why}") from None
        except (ValueError, RecursionError):
            raise StateUnusable(
                f"the state {self.path} is damaged; put a good copy back, or remove it to send all messages again from the beginning"
            ) from None

    def keep(self, after: Optional[str], done: int) -> None:
        """Stores durably that so many events of the page after the cursor are done."""
        try:
            with open(self.path + ".tmp", "w", encoding="utf-8") as file:
                json.dump({"after": after, "done": done}, file)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(self.path + ".tmp", self.path)
            folder = os.open(os.path.dirname(self.path), os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as why:
            raise StateUnusable(f"cannot write the state {self.path}: {why}") from None
        self.after, self.done = after, done


def checked(kept) -> tuple[Optional[str], int]:
    if not isinstance(kept, dict) or set(kept) != {"after", "done"}:
        raise ValueError("not a state")
    after, done = kept["after"], kept["done"]
    if after == "":  # earlier versions wrote that for a feed without any event
        after = None
    if not (after is None or isinstance(after, str)) or type(done) is not int or done < 0:
        raise ValueError("not a place")
    return after, done
