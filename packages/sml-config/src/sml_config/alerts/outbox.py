"""Alerts on their way: a thread sends them, so that whoever finds something never waits."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from .addresses import Destination
from .alert import INFO, Alert
from .rules import QuietHours
from .sent_alerts import claim

_TRIES = 3
_PAUSE_SECONDS = 2.0
_RETRY_SECONDS = 20.0


@dataclass(frozen=True)
class _Item:
    alert: Alert
    # The file that says which alerts were sent; None sends in any case.
    sent_file: Path | None


class Outbox:
    """Sends alerts to all destinations from a thread; each cause once, and nothing in quiet hours.

    `report` gets a line about what could not be sent; `hide` masks secrets in texts. What is held back in
    quiet hours is sent after them, unless its cause is gone by then.
    """

    def __init__(
        self,
        destinations: Sequence[Destination],
        quiet: QuietHours | None,
        report: Callable[[str], object],
        hide: Callable[[str], str] = str,
    ) -> None:
        self._destinations = destinations
        self._quiet = quiet
        self._report = report
        self._hide = hide
        self._reported: set[str] = set()
        self._thread: threading.Thread | None = None
        self._reset()

    def put(self, alert: Alert, sent_file: Path | None = None) -> None:
        """Send an alert soon; `told` is the file that says which were sent. Returns at once."""
        if self._pid != os.getpid():
            self._reset()  # a forked child has no thread
        self._items.append(_Item(alert, sent_file))
        self._idle.clear()
        self._news.set()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="sml alerts", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # at the end of the interpreter
                self._thread = None
                self._send_all()

    def finish(self, seconds: float) -> None:
        """Wait until everything is sent or held back, at most for a time."""
        if self._thread is not None and self._pid == os.getpid():
            self._idle.wait(seconds)

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._items: deque[_Item] = deque()
        self._held: dict[tuple[Path | None, str], _Item] = {}
        self._news = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._thread = None

    def _run(self) -> None:
        while True:
            self._news.wait(_RETRY_SECONDS if self._held else None)
            self._news.clear()
            self._send_all()
            if not self._items:
                self._idle.set()

    def _send_all(self) -> None:
        if self._held and not self._is_quiet():
            held, self._held = list(self._held.values()), {}
            self._items.extendleft(reversed(held))
        while self._items:
            item = self._items.popleft()
            if self._is_quiet():
                self._hold(item)
            else:
                alert = replace(
                    item.alert, title=self._hide(item.alert.title), text=self._hide(item.alert.text)
                )
                if item.sent_file is None or claim(item.sent_file, alert):
                    self._send(alert)

    def _hold(self, item: _Item) -> None:
        key = (item.sent_file, item.alert.cause)
        if item.alert.is_active or self._held.pop(key, None) is None:
            self._held[key] = item

    def _send(self, alert: Alert) -> None:
        from .send import SendError, send  # late: HTTP, mail and TLS take a moment to import

        for destination in self._destinations:
            for number in range(_TRIES):
                if number:
                    time.sleep(_PAUSE_SECONDS)
                try:
                    send(destination, alert)
                except SendError as error:
                    reason = str(error)
                else:
                    break
            else:
                if reason not in self._reported:
                    self._reported.add(reason)
                    self._report(f"an alert could not be sent: {reason}")

    def _is_quiet(self) -> bool:
        return self._quiet is not None and self._quiet.contains(datetime.now().astimezone().time())


def recovered(alert: Alert, title: str) -> Alert:
    """The alert that says that a cause is gone."""
    return replace(alert, title=title, text="", level=INFO, is_active=False)
