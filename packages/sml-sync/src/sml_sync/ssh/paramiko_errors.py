"""Translate the exceptions of paramiko and cryptography into errors of this package."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sml_config.ssh import ConnectionLostError
from sml_config.ssh.errors import describe
from sml_sync.errors import ConnectError, SmlSyncError


@contextlib.contextmanager
def translated(step: str = "") -> Iterator[None]:
    """Raise ConnectionLostError, or ConnectError of this step, for any exception inside.

    paramiko's thread catches every exception, of whatever class, and raises it again in the thread of the
    caller: InvalidTag or ValueError for one flipped bit, KeyError, struct.error, those of cryptography. No
    list of classes would be complete, so only calls of paramiko belong inside.
    """
    try:
        yield
    except (SmlSyncError, ConnectionLostError):
        raise
    except Exception as error:
        reason = describe(error)
        raise (ConnectError(step, reason) if step else ConnectionLostError(reason)) from error
