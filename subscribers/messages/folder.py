"""What the data folder of `yeyak dev` says, to those who are told nothing else."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Mapping


def path(environment: Mapping[str, str]) -> str:
    return environment.get("YEYAK_DATA_DIR") or ".yeyak"


def api(environment: Mapping[str, str]) -> str:
    """Where the API is, "" when none runs on the folder."""
    return announced(environment, "API")


def api_key(environment: Mapping[str, str]) -> str:
    """The key by which it knows the services that follow its feed."""
    return announced(environment, "YEYAK_API_KEY")


def announced(environment: Mapping[str, str], name: str) -> str:
    """What the process that serves the folder says of itself. It has the file
    locked: one that is not was left over by a process that was killed."""
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
    """The file that remembers how far it has come, "" when there is no folder."""
    folder = path(environment)
    return os.path.join(folder, "messages.cursor") if os.path.isdir(folder) else ""
