"""What has no counterpart in a run folder: reported once by name, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from sml_logger.errors import SmlLoggerError
from sml_logger.messages.console import Console

_warned: set[str] = set()


class UnsupportedError(SmlLoggerError, NotImplementedError):
    """A function of W&B that needs its server; the message names what to use instead."""


def unsupported(name: str, remedy: str) -> NoReturn:
    """Raise UnsupportedError."""
    raise UnsupportedError(f"wandb.{name} needs W&B's server, which sml_logger.wandb never asks; {remedy}")


def tell(name: str, remedy: str, write: Callable[[str], object] | None = None) -> None:
    """Report that something is not kept, once for each name; `write` logs a line, else it is printed."""
    if name not in _warned:
        _warned.add(name)
        (write or Console().write)(f"sml_logger.wandb: {name} is not kept; {remedy}\n")


class NotKept:
    """A value that cannot be stored, such as a chart of `wandb.plot`; logging it is reported once."""

    def __init__(self, name: str, remedy: str) -> None:
        self.name = name
        self.remedy = remedy


class _Plots:
    """`wandb.plot`: any of its charts, made of tables."""

    def __getattr__(self, name: str) -> Callable[..., NotKept]:
        if name.startswith("__"):
            raise AttributeError(name)
        remedy = "log its numbers as metrics, its table with wandb.Table, or a figure with wandb.Image"
        return lambda *_, **__: NotKept(f"wandb.plot.{name}", remedy)


plot: Any = _Plots()
