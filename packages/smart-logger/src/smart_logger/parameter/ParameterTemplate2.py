"""`from smart_logger.parameter.ParameterTemplate2 import ParameterTemplate`."""  # noqa: N999  the path scripts import

from smart_logger._missing import needs

with needs("sml-config"):
    from sml_config import ParameterTemplate, ParameterTemplate2

__all__ = ["ParameterTemplate", "ParameterTemplate2"]
