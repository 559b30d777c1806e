"""Lets `sml-launch` take an experiment out of an old file: what it hands to `make_cmd_array` is kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

_captured: ContextVar[list[Any] | None] = ContextVar("_captured", default=None)


@contextlib.contextmanager
def capturing() -> Iterator[list[Any]]:
    """Within the block experiments are collected in the list, instead of being turned into files."""
    found: list[Any] = []
    token = _captured.set(found)
    try:
        yield found
    finally:
        _captured.reset(token)


def capture(experiment: Any) -> bool:
    """Hand an experiment to whoever collects; whether somebody does."""
    found = _captured.get()
    if found is None:
        return False
    found.append(experiment)
    return True
