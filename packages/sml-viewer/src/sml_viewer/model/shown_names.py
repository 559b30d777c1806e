"""Names of folders as parts of a run's name: what looks like a secret is masked; paths keep it."""

from __future__ import annotations

from sml_config.redaction import hide_credentials

# No token is shorter, unless it follows the name of a secret: `token=abc1`.
_SHORTEST_TOKEN = 15


def shown_name(name: str) -> str:
    """A name of one or several parts, without secrets that are recognised by their form."""
    return "/".join(map(_shown_part, name.split("/"))) if "/" in name else _shown_part(name)


def _shown_part(name: str) -> str:
    if len(name) < _SHORTEST_TOKEN and "=" not in name:  # as most are
        return name
    return hide_credentials(name)
