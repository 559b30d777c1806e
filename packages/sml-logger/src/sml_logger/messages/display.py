"""Format a row as a text table: one line per metric, in as many blocks side by side as fit."""

from __future__ import annotations

from sml_config.text import character_width, display_width
from sml_logger.row import Cell, Shape

_LEAST_KEY_WIDTH = 15
_VALUE_WIDTH = 15
_NARROWEST_VALUE = 9
# Characters around key and value: "| key | value |".
_BORDERS = 7
# Longer tables are split into blocks side by side if the width allows.
_TALL = 12
# Larger integers do not fit a float.
_LARGEST_SHORTENED = 10**300
_ELLIPSIS = "…"


class TableText:
    """Formats rows; the layout is computed once per shape and width."""

    def __init__(self) -> None:
        self._shape: Shape | None = None
        self._width: int | None = None
        self._layout = _Layout((), (), None)

    def format(self, shape: Shape, step: int, values: list[Cell], width: int | None = None) -> str:
        """The row's lines and an empty one; without a width no key is shortened."""
        if shape is not self._shape or width != self._width:
            self._layout = _Layout(shape.columns, shape.kinds, width)
            self._shape, self._width = shape, width
        return self._layout.text(step, values)


class _Layout:
    """One template for the whole table: filling it is a single operation."""

    def __init__(self, columns: tuple[str, ...], kinds: tuple[type, ...], width: int | None) -> None:
        natural = max([_LEAST_KEY_WIDTH, *map(display_width, columns)])
        self._value_width = _VALUE_WIDTH
        blocks = 1
        if width is not None:
            while self._value_width > _NARROWEST_VALUE and natural + self._value_width + _BORDERS > width:
                self._value_width -= 1
            natural = max(1, min(natural, width - self._value_width - _BORDERS))
            block_width = natural + self._value_width + _BORDERS
            blocks = max(1, min((width + 1) // (block_width + 1), -(-len(columns) // _TALL)))
        self._width = blocks * (natural + self._value_width + _BORDERS + 1) - 1
        # On a terminal long values are shortened; in the log they are complete.
        self._shortens = width is not None
        narrow = self._shortens and self._value_width < _VALUE_WIDTH
        self._is_plain = {*kinds} <= ({float} if narrow else {float, int})
        cells = [
            f"| {_label(key, natural)} | {self._format(kind)} |"
            for key, kind in zip(columns, kinds, strict=True)
        ]
        # Filled block by block, so that keys logged together are adjacent.
        height = -(-len(cells) // blocks)
        order = [i for line in range(height) for i in range(line, len(cells), height)]
        lines = [" ".join(cells[line::height]) + "\n" for line in range(height)]
        self._template = "".join(lines) + "-" * self._width + "\n\n"
        self._order = order if blocks > 1 else None

    def text(self, step: int, values: list[Cell]) -> str:
        """The filled template."""
        title = f" iter {step} ".center(self._width, "-")
        shown: list[Cell] = values if self._is_plain else [self._shown(value) for value in values]
        if self._order is not None:
            shown = [shown[index] for index in self._order]
        return f"{title}\n{self._template % tuple(shown)}"

    def _shown(self, value: Cell) -> Cell:
        if isinstance(value, float):
            return value
        text = "" if value is None else str(value)
        if self._shortens and display_width(text) > self._value_width:
            is_short = isinstance(value, int) and abs(value) < _LARGEST_SHORTENED
            text = f"{value:.3g}" if is_short else _start(text, self._value_width)
        return _padded(text, self._value_width)

    def _format(self, kind: type) -> str:
        if kind is float:
            return f"%{self._value_width}.{6 if self._value_width >= 12 else 3}g"
        return f"%{self._value_width}d" if kind is int and self._is_plain else "%s"


def _label(key: str, width: int) -> str:
    """A key of this width, as part of a template."""
    shown = key if display_width(key) <= width else _end(key, width)
    return _padded(shown, width).replace("%", "%%")


def _padded(text: str, width: int) -> str:
    return " " * (width - display_width(text)) + text


def _start(text: str, width: int) -> str:
    """As much of the beginning as fits, for text values."""
    end, used = 0, 1
    while end < len(text) and used + character_width(text[end]) <= width:
        used += character_width(text[end])
        end += 1
    return text[:end] + _ELLIPSIS


def _end(text: str, width: int) -> str:
    """As much of the end as fits: keys with a common prefix differ there."""
    begin, used = len(text), 1
    while begin > 0 and used + character_width(text[begin - 1]) <= width:
        begin -= 1
        used += character_width(text[begin])
    return _ELLIPSIS + text[begin:]
