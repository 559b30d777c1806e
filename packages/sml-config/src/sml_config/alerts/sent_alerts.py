"""Which alerts have been sent about a run, in a file that every process that watches the run shares."""

from __future__ import annotations

import contextlib
import json
import os
import time
from datetime import datetime, timezone
from pathlib import Path

from .alert import Alert

_LOCK_SECONDS = 2.0
_MOST_BYTES = 4_000_000
# A value that comes and goes would be told for ever: so often in a day.
_MOST_TIMES = 3
_DAY = 86_400.0


def claim(path: Path, alert: Alert) -> bool:
    """Whether to send this alert: True for one process only, and once for each cause until that is gone.

    That a cause is gone is only told if the cause was. Appends to `path`, whose folder exists. A folder that
    cannot be written does not suppress the alert.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:
        return alert.is_active
    try:
        _lock(descriptor)
        last, times = _state(os.pread(descriptor, _MOST_BYTES, 0), alert.cause)
        if last == alert.is_active or (alert.is_active and times >= _MOST_TIMES):
            return False
        moment = datetime.now(timezone.utc).astimezone().isoformat(timespec="seconds")
        record = {
            "cause": alert.cause,
            "active": alert.is_active,
            "level": alert.level,
            "title": alert.title,
            "text": alert.text,
            "time": moment,
        }
        with contextlib.suppress(OSError):  # a full disk
            os.write(descriptor, json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    finally:
        os.close(descriptor)
    return True


def _state(content: bytes, cause: str) -> tuple[bool, int]:
    """Whether the cause was told last as active, and how often it was."""
    last, times = False, 0
    for line in content.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and record.get("cause") == cause:
            last = record.get("active") is True
            times += last and _age(record.get("time")) < _DAY
    return last, times


def _age(moment: object) -> float:
    """Seconds since a time in ISO 8601."""
    try:
        return time.time() - datetime.fromisoformat(str(moment)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def _lock(descriptor: int) -> None:
    """Lock a file, or go on without a lock where there is none."""
    import fcntl

    deadline = time.monotonic() + _LOCK_SECONDS
    while time.monotonic() < deadline:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.005)
        except OSError:
            return
        else:
            return
