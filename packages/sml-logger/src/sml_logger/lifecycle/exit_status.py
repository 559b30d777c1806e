"""The exit status with which the interpreter is about to end this process.

`SystemExit` goes to no hook: neither `sys.excepthook` nor `atexit` learn of it, and its exception is gone
when `atexit` runs. But the interpreter reads its attribute `code` when nothing has caught it, and then no
Python function is running. So that attribute gets a descriptor that looks who asks; whoever else asks gets
the same answer as before. `sys.exit`, `raise SystemExit`, `exit()` and `python -m` are all seen that way, and
an exit that the script catches is not. Before Python 3.12 the built-in `sys.exit` may leave without any
exception object; there it is replaced by a function that raises one, at import: in `sys.exit(main())` it is
looked up before `main` runs. `os._exit` is replaced when the first run begins.
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
    """Call `on_exit` with the exception that ends the process, before the frames that it left are cleared.

    Call `on_immediate_exit` with the exit status where `os._exit` ends it; that function must return soon.
    """
    global _on_exit, _on_immediate_exit
    if _on_exit is None:
        _install()
        os._exit = _exit_immediately
    _on_exit, _on_immediate_exit = on_exit, on_immediate_exit


def status_of(error: SystemExit) -> int:
    """The exit status that the interpreter makes of it: 0 for None, 1 for anything but a whole number."""
    code = error.code
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1


class _Code:
    """Stands before the attribute's own descriptor."""

    def __init__(self, before: Any) -> None:
        self._before = before

    def __get__(self, error: Any, owner: Any = None) -> Any:
        if error is None:
            return self
        try:
            sys._getframe(1)
        except ValueError:  # nothing called this: the interpreter itself asks
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

    # A built-in type refuses assignments; its namespace behind the read-only view does not.
    namespaces = [item for item in gc.get_referents(SystemExit.__dict__) if isinstance(item, dict)]
    if len(namespaces) != 1 or "code" not in namespaces[0]:
        return  # another Python: a run that ends so stays `finished`
    namespaces[0]["code"] = _Code(namespaces[0]["code"])
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(SystemExit))


def _raise_exits() -> None:
    main = vars(sys.modules["__main__"])
    main.update({name: _exit for name, value in main.items() if value is sys.exit})
    sys.exit = _exit


if sys.version_info < (3, 12):
    _raise_exits()
