"""`from smart_logger.util_logger.logger import Logger`."""

from smart_logger._missing import needs

from .logger_base import LoggerBase

with needs("sml-logger"):
    from sml_logger import Logger

__all__ = ["Logger", "LoggerBase"]
