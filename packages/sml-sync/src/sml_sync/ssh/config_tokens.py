"""Percent tokens and environment variables in ssh_config that paramiko leaves as they are."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sml_sync.targets import Target

# By option: the tokens, and whether `${NAME}` is replaced, as of ssh_config(5).
_OPTIONS = {
    "identityfile": ("%dhinpru", True),
    "userknownhostsfile": ("%dhinpru", True),
    "proxycommand": ("%hnpr", False),
    "proxyjump": ("%hnpr", False),
}
_TOKEN = re.compile(r"%([%a-zA-Z])|\$\{(\w+)\}")


def with_tokens(options: Mapping[str, Any], target: Target) -> dict[str, Any]:
    """The options of a target with tokens replaced; unknown ones and unset variables stay as they are."""
    user = target.user or str(options.get("user") or getpass.getuser())
    values = {
        "%": "%",
        "d": str(Path("~").expanduser()),
        "h": str(options.get("hostname", target.host)),
        "i": str(getattr(os, "getuid", int)()),
        "n": target.host,
        "p": str(target.port or options.get("port", 22)),
        "r": user,
        "u": getpass.getuser(),
    }

    def replaced(name: str, text: str) -> str:
        tokens, has_variables = _OPTIONS[name]

        def value(match: re.Match[str]) -> str:
            token, variable = match.groups()
            if token is not None:
                return values[token] if token in tokens else match[0]
            return os.environ.get(variable, match[0]) if has_variables else match[0]

        return _TOKEN.sub(value, text)

    return {
        name: option
        if name not in _OPTIONS
        else [replaced(name, each) for each in option]
        if isinstance(option, list)
        else replaced(name, option)
        for name, option in options.items()
    }
