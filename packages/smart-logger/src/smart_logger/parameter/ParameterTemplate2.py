"""`from smart_logger.parameter.ParameterTemplate2 import ParameterTemplate`."""  # noqa: N999  the path scripts import

from .ParameterTemplate import ParameterTemplate

# Another name that scripts in the wild import.
ParameterTemplate2 = ParameterTemplate

__all__ = ["ParameterTemplate", "ParameterTemplate2"]
