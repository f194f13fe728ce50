"""Yeyak's public feed of events."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from typing import Optional

import web

LIMIT = 200  # events per page, the feed's maximum
MOST = 16 << 20  # bytes per page; a longer one is not the feed's


class CursorRefused(Exception):
    """The feed refuses the cursor for good."""


class Feed:
    def __init__(self, url: str, api_key: str = ""):
        self.url = url + "/v1/events"
        self.headers = {"Accept": "application/json", **({"Authorization": "Bearer " + api_key} if api_key else {})}

    def page(self, after: Optional[str]) -> tuple[list, Optional[str]]:
        """The events after the cursor, and the cursor of the page after them: None in a feed without any event."""
        query = {"limit": LIMIT, **({} if after is None else {"after": after})}
        request = urllib.request.Request(
            self.url + "?" + urllib.parse.urlencode(query), headers=self.headers
        )
        try:
            return parse(web.send(request, MOST), after)
        except web.Refused as no:
            if no.status != 422:
                raise web.TemporaryFailure(str(no)) from None
            raise CursorRefused(
                f"the feed does not know the cursor {ascii(after)} (422): the state is not from this feed, or the feed was set up anew"
            ) from None


def parse(raw: bytes, after: Optional[str]) -> tuple[list, Optional[str]]:
    garbled = web.TemporaryFailure("what it answers is not a page of events")
    try:
        page = json.loads(raw)
    except (ValueError, RecursionError):
        raise garbled from None
    items, cursor = (page.get("items"), page.get("next")) if isinstance(page, dict) else (None, None)
    if not isinstance(items, list) or not isinstance(cursor, str):
        raise garbled
    if not cursor and (items or after):  # only a feed without any event has no cursor
        raise garbled
    if items and cursor == after:  # the same page would be read for ever
        raise garbled
    return items, cursor or None
