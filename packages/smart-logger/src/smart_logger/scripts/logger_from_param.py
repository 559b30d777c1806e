"""`from smart_logger.scripts.logger_from_param import logger_from_param`."""

from smart_logger._missing import needs

with needs("sml-logger"):
    from sml_logger import logger_from_param

__all__ = ["logger_from_param"]
