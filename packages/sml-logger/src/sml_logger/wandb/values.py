"""Values of `wandb.log`: numbers and text become cells of the row, everything else a file or a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .media import Histogram, Media, media_of
from .not_kept import NotKept, tell

if TYPE_CHECKING:
    from sml_logger.logger import Logger

# Deeper mappings are refused by the logger, which names the key.
_DEEPEST = 20


def split(logger: Logger, data: Mapping[str, Any], step: int) -> dict[str, Any]:
    """The metrics among the values; media are stored, and the rest is reported. Raises SmlLoggerError."""
    metrics: dict[str, Any] = {}
    for key, value in _flat("", data, 0):
        if isinstance(value, NotKept):
            tell(value.name, value.remedy, logger)
        elif isinstance(value, str) and len(f"{value}.".splitlines()) > 1:
            logger.log_text(key, value, step)
        elif isinstance(value, (list, tuple)):
            _log_list(logger, key, value, step)
        elif (medium := media_of(value)) is not None:
            medium.store(logger, key, step)
        elif _is_cell(value):
            metrics[key] = value
        else:
            kind = f"{type(value).__module__}.{type(value).__qualname__}"
            tell(f"{key!r} ({kind})", "log numbers, text, or media of wandb", logger)
    return metrics


def _log_list(logger: Logger, key: str, values: list[Any] | tuple[Any, ...], step: int) -> None:
    media = [media_of(value) for value in values]
    if any(media):
        for number, medium in enumerate(media):
            if medium is not None:
                medium.store(logger, f"{key}/{number}", step)
    elif values and all(isinstance(value, (int, float)) or hasattr(value, "__float__") for value in values):
        Histogram(values).store(logger, key, step)
    elif values:
        logger.log_text(key, "\n".join(map(str, values)), step)


def _is_cell(value: Any) -> bool:
    if value is None or isinstance(value, (int, float, str)):
        return True
    return hasattr(value, "tolist") or (hasattr(value, "__float__") and not isinstance(value, Media))


def _flat(above: str, values: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and depth < _DEEPEST:
            yield from _flat(f"{name}/", value, depth + 1)
        else:
            yield name, value
