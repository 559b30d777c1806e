"""Rules and outbox of a project's settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .addresses import parse_addresses
from .outbox import Outbox
from .rules import Rules, parse_quiet, parse_rules


class Alerting(NamedTuple):
    """What is told, and where it goes."""

    rules: Rules
    outbox: Outbox


def alerting(
    addresses: Sequence[str],
    rules: Sequence[str],
    quiet: str | None,
    report: Callable[[str], object],
    hide: Callable[[str], str] = str,
) -> Alerting | None:
    """Rules and outbox by the values of ALERT_TO, ALERT_RULES and ALERT_QUIET; None without addresses.

    Raises AddressError or RuleError.
    """
    if not addresses:
        return None
    return Alerting(parse_rules(rules), Outbox(parse_addresses(addresses), parse_quiet(quiet), report, hide))
