"""Hyperparameters of a script for TensorBoard: from `add_hparams`, or a table in Markdown like CleanRL's."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sml_config import RunFolder
from sml_config.run_folder import read_json
from sml_logger.errors import SmlLoggerError
from sml_logger.given_parameters import given_parameters
from sml_logger.outputs import event_messages

if TYPE_CHECKING:
    from .run_logger import RunLogger

_TABLE = re.compile(r"\|\s*param\s*\|\s*value\s*\|\s*\n\|[-:\s]+\|[-:\s]+\|\s*\n")


def record_hyperparameters(logger: RunLogger, values: Mapping[str, Any], metrics: Mapping[str, Any]) -> None:
    """Save hyperparameters as the run's parameters, with those saved before, and show them to TensorBoard."""
    if not logger.writes:
        return
    _save(logger, values)
    started = time.time()
    messages = event_messages.hyperparameters(values, list(metrics), started, Path(logger.output_dir).name)
    for message in messages:
        logger.add_event(event_messages.event(0, started, message), 0)


def record_table(logger: RunLogger, text: str) -> None:
    """Save the parameters of a text that is a table of them in Markdown; do nothing with another text."""
    head = _TABLE.match(text)
    if head is None or not logger.writes:
        return
    values: dict[str, Any] = {}
    for line in text[head.end() :].splitlines():
        cells = line.strip().strip("|").split("|", 1)
        if len(cells) == 2:
            values[cells[0].strip()] = _value(cells[1].strip())
    if values:
        _save(logger, values)


def _save(logger: RunLogger, values: Mapping[str, Any]) -> None:
    folder = RunFolder(Path(logger.output_dir))
    saved = read_json(folder.parameters)
    merged = {**(saved if isinstance(saved, dict) else {}), **values}
    try:
        given_parameters(merged).save(folder, logger)
    except (OSError, SmlLoggerError) as error:
        logger.warn(f"WARNING: the hyperparameters could not be saved ({error})")


def _value(text: str) -> Any:
    """A number, boolean, None, list or tuple as Python writes it; anything else is text."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if isinstance(value, (bool, int, float, list, tuple, type(None))) else text
