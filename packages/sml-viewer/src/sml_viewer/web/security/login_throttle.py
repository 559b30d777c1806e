"""Throttle password guessing, per address and in total."""

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
# Seconds without an attempt until an address is forgotten.
_MEMORY = 900.0
_MOST_ADDRESSES = 10_000
# Total of all addresses, against guessing from many.
_MOST_A_MINUTE = 60


@dataclass
class _Record:
    wrong: int = 0
    last: float = 0.0


class LoginThrottle:
    """Failed logins. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._records: dict[str, _Record] = {}
        self._recent: deque[float] = deque()

    def begin(self, address: str) -> int:
        """Seconds to wait; 0 if a password may be tried now.

        An attempt counts as failed until `succeeded` is called, which limits concurrent attempts.
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
            # Newest last: when there are too many, the oldest is removed.
            self._records.pop(group, None)
            self._records[group] = record
            if len(self._records) > _MOST_ADDRESSES:
                del self._records[next(iter(self._records))]
            self._recent.append(now)
            return 0

    def succeeded(self, address: str) -> None:
        """The last attempt from this address was successful."""
        with self._lock:
            self._records.pop(_group(address), None)
            if self._recent:
                self._recent.pop()

    def _own_wait(self, record: _Record, now: float) -> float:
        if record.wrong < _FREE:
            return 0.0
        # 1, 2, 4 … seconds after the fifth, sixth, seventh … failure.
        return record.last + min(2.0 ** min(record.wrong - _FREE, 10), _LONGEST_WAIT) - now

    def _common_wait(self, now: float) -> float:
        while self._recent and now - self._recent[0] >= 60:
            self._recent.popleft()
        return self._recent[0] + 60 - now if len(self._recent) >= _MOST_A_MINUTE else 0.0


def _group(address: str) -> str:
    """The address, or the /64 network of an IPv6 address, which one customer gets."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
