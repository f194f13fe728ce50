"""The data folder of `yeyak dev`, for a script without other settings."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Mapping


def path(environment: Mapping[str, str]) -> str:
    return environment.get("YEYAK_DATA_DIR") or ".yeyak"


def api(environment: Mapping[str, str]) -> str:
    """The URL of the API, "" if none runs on the folder."""
    return announced(environment, "API")


def api_key(environment: Mapping[str, str]) -> str:
    """The API key for subscribers of the feed."""
    return announced(environment, "YEYAK_API_KEY")


def announced(environment: Mapping[str, str], name: str) -> str:
    """A variable in the file of the process that serves the folder. The process keeps
    the file locked: an unlocked file was left by a killed process."""
    try:
        with open(os.path.join(path(environment), "env"), encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                said = re.search(rf"^export {name}='([^']+)'$", file.read(), re.MULTILINE)
                return said.group(1) if said else ""
    except (OSError, UnicodeDecodeError):
        pass
    return ""


def state(environment: Mapping[str, str]) -> str:
    """The file of the cursor, "" if there is no folder."""
    folder = path(environment)
    return os.path.join(folder, "messages.cursor") if os.path.isdir(folder) else ""
