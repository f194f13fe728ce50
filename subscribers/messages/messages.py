#!/usr/bin/env python3
"""Notifies customers of what happens to their orders: follows Yeyak's event feed and
posts each customer's messages to a webhook, or prints them."""

from __future__ import annotations

import logging
import os
import sys
from typing import Optional

import options
import texts
from events import Unreadable
from feed import CursorRefused, Feed
from health import CannotListen, Health, serve
from outlets import Console, OutletGone, Webhook
from state import Place, StateUnusable
from waiting import Backoff, Stop
from web import TemporaryFailure

log = logging.getLogger("messages")


def main(arguments: list[str]) -> int:
    try:
        settings = options.read(arguments, os.environ)
    except options.Mistakes as mistakes:
        print(*mistakes.args[0], "See --help.", sep="\n", file=sys.stderr)
        return 2
    logging.basicConfig(
        stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s",
        level=logging.DEBUG if settings.verbose else logging.INFO,
    )
    stop = Stop()
    stop.on_signals()
    outlet = Webhook(settings.webhook, settings.key, stop) if settings.webhook else Console()
    health = Health()
    try:
        serve(health, settings.listen)
        with Place(settings.state) as place:
            follow(Feed(settings.feed, settings.api_key), place, outlet, stop, settings, health)
    except (CannotListen, StateUnusable, CursorRefused, OutletGone) as end:
        log.error("%s", end)
        return 1
    return 0


def follow(feed: Feed, place: Place, outlet, stop: Stop, settings: options.Options, health: Health) -> None:
    """Delivers the messages of present and future events, until the process has to stop."""
    writer = Writer(settings.language)
    backoff = Backoff(stop, "the feed")
    while not stop.requested:
        try:
            items, cursor = feed.page(place.after)
            if place.done > len(items):
                raise TemporaryFailure("it shows fewer events than were read before")
        except TemporaryFailure as failure:
            health.feed(str(failure))
            backoff.wait(failure)
            continue
        backoff.reset()
        health.feed()
        # The feed only grows: the delivered part of a page that was shorter is still its beginning.
        for number, item in enumerate(items[place.done:], place.done + 1):
            message = writer.message(item)
            if message is None:
                continue
            health.waits()
            if not outlet.deliver(message):
                return
            health.dealt_with()
            place.keep(place.after, number)
            if stop.requested:
                return
        if cursor != place.after:
            place.keep(cursor, 0)
        if not items:
            if settings.once:
                return
            stop.wait(settings.poll)


class Writer:
    """Turns events into messages. It skips unreadable and unknown events: one of them
    must not delay all other messages."""

    def __init__(self, language: str):
        self.language = language
        self.unknown: set[str] = set()

    def message(self, item) -> Optional[texts.Message]:
        try:
            return texts.message(item, self.language)
        except Unreadable as why:
            log.warning("skipped an event that cannot be read: %s", why)
        except texts.Unknown as what:
            name = ascii(str(what))[:100]
            if name not in self.unknown:
                self.unknown.add(name)
                log.debug("skipped, since there is no text for it: %s", name)
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
