"""Collect the experiments that an old file passes to `make_cmd_array`, for `sml-launch FILE`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

_captured: ContextVar[list[Any] | None] = ContextVar("_captured", default=None)


@contextlib.contextmanager
def capturing() -> Iterator[list[Any]]:
    """Within the block, experiments are appended to the list instead of being written to files."""
    experiments: list[Any] = []
    token = _captured.set(experiments)
    try:
        yield experiments
    finally:
        _captured.reset(token)


def capture(experiment: Any) -> bool:
    """Append an experiment to the list of an enclosing `capturing` block; False without one."""
    experiments = _captured.get()
    if experiments is None:
        return False
    experiments.append(experiment)
    return True
