"""HTTP requests, and their failures."""

from __future__ import annotations

import email.utils
import http.client
import time
import urllib.error
import urllib.request
from typing import Optional

TIMEOUT = 10  # seconds, for the connection and for each read
LONGEST_RETRY_AFTER = 3600  # seconds; the limit of a longer Retry-After

# The refusals after which another attempt may succeed.
TEMPORARY = {408, 409, 425, 429}


class TemporaryFailure(Exception):
    """The attempt failed; another one may succeed."""

    def __init__(self, words: str, at_least: float = 0):
        super().__init__(words)
        self.at_least = at_least  # seconds until the next attempt


class Refused(Exception):
    """The request was refused with this status; another attempt would be, too."""

    def __init__(self, status: int):
        super().__init__(f"answered {status}")
        self.status = status


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a redirected POST would become a GET without a body, and succeed."""

    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(NoRedirects)


def send(request: urllib.request.Request, most: int = 0) -> bytes:
    """Sends the request and returns up to so many bytes of the answer's body."""
    request.add_header("User-Agent", "yeyak-messages")
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            return answer.read(most) if most else b""
    except urllib.error.HTTPError as no:
        with no:
            if 400 <= no.code < 500 and no.code not in TEMPORARY:
                raise Refused(no.code) from None
            raise TemporaryFailure(f"answered {no.code}", retry_after(no.headers.get("Retry-After"))) from None
    except (OSError, http.client.HTTPException, ValueError) as why:
        raise TemporaryFailure(in_words(why)) from None


def in_words(why: Exception) -> str:
    if isinstance(why, urllib.error.URLError):
        why = why.reason
    # Other exceptions may quote the answer, or the URL.
    return str(why) if isinstance(why, OSError) and str(why) else type(why).__name__


def retry_after(value: Optional[str]) -> float:
    """The seconds in a Retry-After header, in either of its two forms."""
    if not value:
        return 0
    try:
        seconds = float(int(value)) if value.strip().isdigit() else until(value)
    except (ValueError, TypeError, OverflowError):
        return 0
    return min(max(seconds, 0), LONGEST_RETRY_AFTER)


def until(date: str) -> float:
    return email.utils.parsedate_to_datetime(date).timestamp() - time.time()
