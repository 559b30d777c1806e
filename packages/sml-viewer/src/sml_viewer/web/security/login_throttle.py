"""Slows down whoever guesses passwords, by address and all together."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_FREE = 5
_LONGEST_WAIT = 60.0
# After so long without an attempt an address starts afresh.
_MEMORY = 900.0
_MOST_ADDRESSES = 10_000
# Of all addresses together: whoever guesses from many is slowed down too.
_MOST_A_MINUTE = 60


@dataclass
class _Record:
    wrong: int = 0
    last: float = 0.0


class LoginThrottle:
    """Wrong logins. May be used from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._records: dict[str, _Record] = {}
        self._recent: deque[float] = deque()

    def begin(self, address: str) -> int:
        """How many seconds to wait; 0 if a password may be tried now.

        That one counts as wrong until `succeeded` says otherwise: of many at once, only so many pass.
        """
        now, group = self._clock(), _group(address)
        with self._lock:
            record = self._records.get(group)
            if record is None or now - record.last > _MEMORY:
                record = _Record()
            wait = max(self._own_wait(record, now), self._common_wait(now))
            if wait > 0:
                return math.ceil(wait)
            record.wrong, record.last = record.wrong + 1, now
            # The newest at the end: when there are too many, the oldest goes.
            self._records.pop(group, None)
            self._records[group] = record
            if len(self._records) > _MOST_ADDRESSES:
                del self._records[next(iter(self._records))]
            self._recent.append(now)
            return 0

    def succeeded(self, address: str) -> None:
        """The last attempt from there was right."""
        with self._lock:
            self._records.pop(_group(address), None)
            if self._recent:
                self._recent.pop()

    def _own_wait(self, record: _Record, now: float) -> float:
        if record.wrong < _FREE:
            return 0.0
        # 1, 2, 4 … seconds after the fifth, sixth, seventh … wrong one.
        return record.last + min(2.0 ** min(record.wrong - _FREE, 10), _LONGEST_WAIT) - now

    def _common_wait(self, now: float) -> float:
        while self._recent and now - self._recent[0] >= 60:
            self._recent.popleft()
        return self._recent[0] + 60 - now if len(self._recent) >= _MOST_A_MINUTE else 0.0


def _group(address: str) -> str:
    """The address, or of IPv6 the network that one customer gets."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
