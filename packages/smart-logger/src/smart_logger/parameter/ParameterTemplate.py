"""`from smart_logger.parameter.ParameterTemplate import ParameterTemplate`."""  # noqa: N999  the path scripts import

from smart_logger._missing import needs

with needs("sml-config"):
    from sml_config import ParameterTemplate

__all__ = ["ParameterTemplate"]
