#!/usr/bin/env python3
"""Checks the subscriber's health: the exit code is 0 if it is well. For a container's
health check: the image contains no other HTTP client."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

WITHIN = 2  # seconds

# Not through a proxy: the process is on this machine.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("healthcheck.py http://127.0.0.1:8092/readyz", file=sys.stderr)
        return 2
    try:
        with opener.open(arguments[0], timeout=WITHIN):
            return 0
    except urllib.error.HTTPError as no:
        print(f"{arguments[0]} answers {no.code}: {no.read(1000).decode(errors='replace').strip()}", file=sys.stderr)
    except (OSError, ValueError) as why:
        print(f"{arguments[0]}: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
