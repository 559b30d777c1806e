"""Create a logger from a parameter object."""

from __future__ import annotations

import os
from typing import Any, TypeVar

from sml_config import ParameterTemplate
from sml_config.run_folder import CONFIG

from .logger import Logger

Parameter = TypeVar("Parameter", bound=ParameterTemplate)


def logger_from_param(
    parameter: Parameter, save_config: bool = True, **logger_kwargs: Any
) -> tuple[Logger, Parameter]:
    """Create a logger named and signed by the parameters, and save the parameters in its run folder.

    `logger_kwargs` are passed on to `Logger`. Returns the logger and `parameter`, which now knows its logger
    and the path of its file in the run folder.

        logger, parameter = logger_from_param(Parameter())
    """
    logger = Logger(log_name=parameter.short_name, log_signature=parameter.signature, **logger_kwargs)
    parameter.set_logger(logger)
    parameter.set_config_path(os.path.join(logger.output_dir, CONFIG))  # noqa: PTH118  output_dir is a str
    if save_config:
        parameter.save_config()
    return logger, parameter
