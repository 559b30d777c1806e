"""Log training runs: text, CSV table, TensorBoard events and a code archive in a plain run folder.

Names are imported lazily, so that a script pays only for what it uses.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import LoggerClosedError as LoggerClosedError
    from .errors import MediaError as MediaError
    from .errors import MetricError as MetricError
    from .errors import MetricTypeError as MetricTypeError
    from .errors import RunFolderError as RunFolderError
    from .errors import RunIsLiveError as RunIsLiveError
    from .errors import SmlLoggerError as SmlLoggerError
    from .errors import SyncNotInstalledError as SyncNotInstalledError
    from .from_parameters import logger_from_param as logger_from_param
    from .logger import Logger as Logger
    from .run_folder.run_path import ExactRunPath as ExactRunPath
    from .timer import Timer as Timer

_HOMES = {
    "ExactRunPath": "run_folder.run_path",
    "Logger": "logger",
    "LoggerClosedError": "errors",
    "MediaError": "errors",
    "MetricError": "errors",
    "MetricTypeError": "errors",
    "RunFolderError": "errors",
    "RunIsLiveError": "errors",
    "SmlLoggerError": "errors",
    "SyncNotInstalledError": "errors",
    "Timer": "timer",
    "logger_from_param": "from_parameters",
}

__all__ = [
    "ExactRunPath",
    "Logger",
    "LoggerClosedError",
    "MediaError",
    "MetricError",
    "MetricTypeError",
    "RunFolderError",
    "RunIsLiveError",
    "SmlLoggerError",
    "SyncNotInstalledError",
    "Timer",
    "logger_from_param",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
