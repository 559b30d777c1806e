"""`from smart_logger.parameter.ParameterTemplate import ParameterTemplate`."""  # noqa: N999  the path scripts import

from sml_config import ParameterTemplate

__all__ = ["ParameterTemplate"]
