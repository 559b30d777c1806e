"""`from smart_logger.util_logger.logger_base import LoggerBase`."""

from smart_logger._removed import removed

from .logger import LoggerBase

_PRINT = "print the text through the logger: logger(text, color='red')"

__all__ = ["LoggerBase"]

__getattr__ = removed(__name__, dict.fromkeys(("color2num", "colorize"), _PRINT))
