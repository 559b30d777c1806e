"""Observe the exit status with which the interpreter ends this process.

`SystemExit` reaches no hook: neither `sys.excepthook` nor `atexit` sees it, and the exception is gone when
`atexit` runs. But the interpreter reads its attribute `code` if nothing has caught it, and then no Python
function is running. So the attribute is wrapped in a descriptor that checks for a calling frame and otherwise
behaves as before. This covers `sys.exit`, `raise SystemExit`, `exit()` and `python -m`, but not an exit that
the script catches. Before Python 3.12 the built-in `sys.exit` may exit without an exception object; there it
is replaced at import by a function that raises one, as `sys.exit(main())` looks it up before `main` runs.
`os._exit` is replaced when the first run begins.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

_on_exit: Callable[[SystemExit], None] | None = None
_on_immediate_exit: Callable[[int], None] | None = None
_os_exit = os._exit


def watch_exit(on_exit: Callable[[SystemExit], None], on_immediate_exit: Callable[[int], None]) -> None:
    """Register callbacks for the end of the process.

    `on_exit` is called with the SystemExit that ends the process, before its frames are cleared;
    `on_immediate_exit` with the status passed to `os._exit`, and must return soon.
    """
    global _on_exit, _on_immediate_exit
    if _on_exit is None:
        _install()
        os._exit = _exit_immediately
    _on_exit, _on_immediate_exit = on_exit, on_immediate_exit


def status_of(error: SystemExit) -> int:
    """The exit status the interpreter derives from it: 0 for None, 1 for anything but an integer."""
    code = error.code
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1


class _Code:
    """Wraps the descriptor of `SystemExit.code`."""

    def __init__(self, before: Any) -> None:
        self._before = before

    def __get__(self, error: Any, owner: Any = None) -> Any:
        if error is None:
            return self
        try:
            sys._getframe(1)
        except ValueError:  # no calling frame: the interpreter itself reads the attribute
            if _on_exit is not None:
                _on_exit(error)
        return self._before.__get__(error, owner)

    def __set__(self, error: Any, value: Any) -> None:
        self._before.__set__(error, value)

    def __delete__(self, error: Any) -> None:
        self._before.__delete__(error)


def _exit(status: object = None, /) -> NoReturn:
    """Exit the interpreter by raising SystemExit(status)."""
    raise SystemExit(status)


def _exit_immediately(status: int) -> NoReturn:
    """Exit to the system with specified status, without normal exit processing."""
    if _on_immediate_exit is not None and isinstance(status, int):
        _on_immediate_exit(status & 0xFF)
    _os_exit(status)


def _install() -> None:
    import ctypes

    # A built-in type rejects assignments, but the dict behind its read-only namespace accepts them.
    namespaces = [item for item in gc.get_referents(SystemExit.__dict__) if isinstance(item, dict)]
    if len(namespaces) != 1 or "code" not in namespaces[0]:
        return  # another implementation: a run that ends this way stays `finished`
    namespaces[0]["code"] = _Code(namespaces[0]["code"])
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(SystemExit))


def _raise_exits() -> None:
    main = vars(sys.modules["__main__"])
    main.update({name: _exit for name, value in main.items() if value is sys.exit})
    sys.exit = _exit


if sys.version_info < (3, 12):
    _raise_exits()
