"""How a run ended: state, one-line error, and traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sml_config.run_states import FAILED, FINISHED, KILLED

from .exit_status import status_of


class Ending(NamedTuple):
    """The part of `status.json` about the end of a run."""

    state: str
    error: str | None = None
    exit_status: int | None = None
    traceback: str | None = None

    def redacted(self, hide: Callable[[str], str]) -> Ending:
        """A copy with secrets redacted by `hide`."""
        error, traceback = (hide(text) if text else None for text in (self.error, self.traceback))
        return self._replace(error=error, traceback=traceback)


def ending(error: BaseException | None) -> Ending:
    """The ending of a run that was ended by this exception, or without one."""
    if error is None or isinstance(error, GeneratorExit):  # nobody asks for more
        return Ending(FINISHED)
    if isinstance(error, SystemExit):
        return _exit(error)
    if isinstance(error, KeyboardInterrupt):
        return Ending(KILLED, "SIGINT", traceback=_traceback(error))
    return Ending(FAILED, _line(error), traceback=_traceback(error))


def _exit(error: SystemExit) -> Ending:
    status = status_of(error)
    if status == 0:
        return Ending(FINISHED)
    details = "" if isinstance(error.code, int) else f": {error.code}"
    # `sys.exit` in an except block: the exception is the real cause.
    cause = error.__cause__ or error.__context__
    if not details and cause is not None and not error.__suppress_context__:
        details = f" after {_line(cause)}"
    return Ending(FAILED, f"exit status {status}{details}", status, _traceback(error))


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _traceback(error: BaseException) -> str | None:
    if error.__traceback__ is None and error.__context__ is None:
        return None
    import traceback  # late: not needed by a script that only imports the package

    return "".join(traceback.format_exception(error))
