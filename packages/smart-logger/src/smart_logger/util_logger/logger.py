"""`from smart_logger.util_logger.logger import Logger`."""

from smart_logger._missing import needs

with needs("sml-logger"):
    from sml_logger import Logger

# The part of the logger that writes tables; there is one class now.
LoggerBase = Logger

__all__ = ["Logger", "LoggerBase"]
