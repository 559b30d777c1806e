"""`from smart_logger.parameter.ParameterTemplate2 import ParameterTemplate`."""  # noqa: N999  the path scripts import

from .ParameterTemplate import ParameterTemplate

# Alias that existing scripts import.
ParameterTemplate2 = ParameterTemplate

__all__ = ["ParameterTemplate", "ParameterTemplate2"]
