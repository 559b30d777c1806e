"""Create a logger from a parameter object."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from sml_config import RunFolder

from .given_parameters import DEFAULT_NAME, given_parameters
from .logger import Logger

Parameter = TypeVar("Parameter")


def logger_from_param(
    parameter: Parameter,
    save_config: bool = True,
    *,
    name_from: Iterable[str] | None = None,
    **logger_kwargs: Any,
) -> tuple[Logger, Parameter]:
    """Create a logger named and signed by the parameters, and save the parameters in its run folder.

    `parameter` is a ParameterTemplate, or any object that `Logger(parameters=...)` takes. `name_from` has the
    names of the parameters in the folder's name, by default those in the setting IMPORTANT_CONFIGS.
    `logger_kwargs` are passed on to `Logger`. Returns the logger and `parameter`; a ParameterTemplate then
    knows its logger and the path of its file in the run folder.

        logger, parameter = logger_from_param(Parameter())
    """
    given = given_parameters(parameter, name_from)
    if save_config:
        return Logger(parameters=given, **logger_kwargs), parameter
    logger_kwargs = {
        "log_name": given.name or DEFAULT_NAME,
        "log_signature": given.signature,
        **logger_kwargs,
    }
    logger = Logger(**logger_kwargs)
    given.introduce(RunFolder(Path(logger.output_dir)), logger)
    return logger, parameter
