"""Translate the exceptions of sockets, paramiko and cryptography into errors of this package."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sml_sync.errors import ConnectError, LineError, SmlSyncError


@contextlib.contextmanager
def translated(step: str = "") -> Iterator[None]:
    """Raise LineError, or ConnectError of this step, for whatever the transport raises inside.

    paramiko's thread catches every exception, whatever its class, and raises it again in the thread of the
    caller: InvalidTag or ValueError for one flipped bit, KeyError, struct.error, those of cryptography. No
    list of classes would be complete, so only paramiko's calls may stand inside.
    """
    try:
        yield
    except SmlSyncError:
        raise
    except Exception as error:  # noqa: BLE001  see above
        reason = describe(error)
        raise (ConnectError(step, reason) if step else LineError(reason)) from None


def describe(error: BaseException) -> str:
    """What happened, for a person."""
    if isinstance(error, TimeoutError):
        return "no answer for 30 s"
    if isinstance(error, EOFError) and not str(error):
        return "it hung up"
    name = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if name == "InvalidTag":
        return "a packet was damaged on its way"
    return f"{name}: {error}" if isinstance(error, (ValueError, LookupError)) else str(error) or name
