"""The settings of the subscriber, from options and the environment."""

from __future__ import annotations

import argparse
import base64
import binascii
import math
import os
import urllib.parse
from collections.abc import Mapping
from typing import NamedTuple, Optional

import folder
import texts

ENVIRONMENT = {
    "feed": "YEYAK_FEED_URL",
    "api-key": "YEYAK_API_KEY",
    "state": "MESSAGES_STATE",
    "webhook": "MESSAGES_WEBHOOK",
    "secret": "MESSAGES_SECRET",
    "language": "MESSAGES_LANGUAGE",
    "listen": "MESSAGES_LISTEN",
}

# The value of an option without an argument; it cannot be typed.
MISSING = "\0"


class Options(NamedTuple):
    feed: str
    api_key: str  # for the feed, "" for none
    state: str
    webhook: str  # "" prints to the console
    key: Optional[bytes]  # signs messages
    language: str
    poll: float  # seconds
    listen: Optional[tuple[str, int]]  # address of the probes, None for none
    once: bool
    verbose: bool


class Mistakes(Exception):
    """All mistakes in the options, one per line."""


def address(value: str) -> Optional[tuple[str, int]]:
    if not value:
        return None
    wrong = ValueError("must be an address and a port, such as 127.0.0.1:8092")
    host, colon, port = value.rpartition(":")
    plain = value.isascii() and value.isprintable()
    if not colon or not plain or not port.isdigit() or int(port) > 65535:
        raise wrong
    if host.startswith("[") and host.endswith("]"):
        return host[1:-1], int(port)
    if ":" in host:
        raise wrong
    return host or "0.0.0.0", int(port)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Mistakes([message])


def parser() -> Parser:
    p = Parser(
        prog="messages.py", allow_abbrev=False, description="Follows Yeyak's event feed, and sends customers' messages to a webhook or prints them.",
        usage="%(prog)s --feed URL --state FILE [--api-key KEY] [--webhook URL] [--secret whsec_…] [--language en|ko] [--listen HOST:PORT] [--poll SECONDS] [--once]",
    )

    def option(name: str, words: str) -> None:
        where = f" [{ENVIRONMENT[name]}]" if name in ENVIRONMENT else ""
        p.add_argument("--" + name, nargs="?", const=MISSING, metavar=name.upper(), help=words + where)

    option("feed", "URL of Yeyak's API, e.g. http://127.0.0.1:8080; default: the API of the `yeyak dev` that runs on the data folder (YEYAK_DATA_DIR)")
    option("api-key", "API key with the scope events:read, for reading the feed; set it by the environment variable, since ps shows arguments; default: the key of the `yeyak dev` that runs on the data folder")
    option("state", "file in which the position in the feed is stored; without the file, the feed is read from its beginning; default: messages.cursor in the data folder, if there is one")
    option("webhook", "URL to which messages are posted; without it they are printed")
    option("secret", "secret (whsec_…) with which messages are signed; set it by the environment variable, since ps shows arguments")
    option("language", "language of the messages: en (default) or ko")
    option("listen", "address and port that serve /healthz, /readyz and /metrics; default: none")
    option("poll", "seconds between reads of the feed while it has no new events (default 1.0)")
    p.add_argument("--once", action="store_true", help="exit once all messages are sent")
    p.add_argument("--verbose", action="store_true", help="write debug messages to the log")
    return p


def read(arguments: list[str], environment: Mapping[str, str]) -> Options:
    """Reads the options, or raises Mistakes with every mistake."""
    parsed, unknown = parser().parse_known_args(arguments)
    mistakes = [f"{r}: there is no such option" for r in unknown]

    def value_of(name: str, default: str = "") -> str:
        value = getattr(parsed, name.replace("-", "_"))
        if value == MISSING:
            mistakes.append(f"--{name}: its value is missing")
        elif value is None and name in ENVIRONMENT:
            value = environment.get(ENVIRONMENT[name])
        return value or default

    def check(rule, name: str, default: str = ""):
        value = value_of(name, default)
        if value == MISSING:
            return None
        try:
            return rule(value)
        except ValueError as why:
            known_as = f" ({ENVIRONMENT[name]})" if name in ENVIRONMENT else ""
            mistakes.append(f"--{name}{known_as}: {why}")
            return None

    # Another API does not get the key of the one that runs on the folder.
    other_api = parsed.feed or environment.get(ENVIRONMENT["feed"])
    options = Options(
        feed=check(feed, "feed", folder.api(environment)),
        api_key=check(api_key, "api-key", "" if other_api else folder.api_key(environment)), state=check(state, "state", folder.state(environment)),
        webhook=check(webhook, "webhook"), key=check(key, "secret"),
        language=check(language, "language", "en"), poll=check(poll, "poll", "1.0"), listen=check(address, "listen"),
        once=parsed.once, verbose=parsed.verbose,
    )
    if options.key and options.webhook == "":
        mistakes.append("--secret: signs what goes to a webhook, and there is no --webhook")
    if mistakes:
        raise Mistakes(mistakes)
    return options


def url(value: str) -> urllib.parse.SplitResult:
    wrong = ValueError("must be an http:// or https:// URL, without user, password or fragment")
    # http.client would fail on these much later.
    if not value.isascii() or not value.isprintable() or " " in value:
        raise wrong
    try:
        parts = urllib.parse.urlsplit(value)
        port = parts.port  # raises if it is not a port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or "@" in parts.netloc or parts.fragment:
        raise wrong
    return parts


def feed(value: str) -> str:
    if not value:
        raise ValueError("is needed")
    if url(value).query:
        raise ValueError("must not have a query")
    return value.rstrip("/")


def api_key(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("must be an API key, such as `yeyak keys create` prints")  # the value is never shown
    return value


def webhook(value: str) -> str:
    if value:
        url(value)
    return value


def state(value: str) -> str:
    if not value:
        raise ValueError("is needed")
    if os.path.isdir(value):
        raise ValueError("must be a file, and is a folder")
    # A symbolic link is kept, and its target is written.
    path = os.path.realpath(value)
    if not os.path.isdir(os.path.dirname(path)):
        raise ValueError("its folder does not exist")
    return path


def key(value: str) -> Optional[bytes]:
    if not value:
        return None
    wrong = ValueError("must be whsec_ and 24 to 64 bytes in base64")  # the value is never shown
    prefix, _, encoded = value.partition("_")
    try:
        decoded = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise wrong from None
    if prefix != "whsec" or not 24 <= len(decoded) <= 64:
        raise wrong
    return decoded


def language(value: str) -> str:
    if value not in texts.LANGUAGES:
        raise ValueError("must be " + " or ".join(texts.LANGUAGES))
    return value


def poll(value: str) -> float:
    wrong = ValueError("must be a number of seconds, above 0 and at most 3600")
    try:
        seconds = float(value)
    except ValueError:
        raise wrong from None
    if not math.isfinite(seconds) or not 0 < seconds <= 3600:
        raise wrong
    return seconds
