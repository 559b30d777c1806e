"""Collect the metrics of a row until it is dumped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sml_logger.row import Cell, Shape

from .metric_values import cell_of, check_name, joined, mean, numbers_of, set_twice, summary

DEFAULT_PREFIX = "tb"

_NO_TENSORBOARD = object()
# The column's name is its tag.
_OWN_NAME = object()
_FLOATS = {float}
# There is a shape for each combination of blank and filled columns; beyond this number the cache is cleared.
_MOST_SHAPES = 256


class CollectedRow(NamedTuple):
    """The values collected for one row."""

    # Values that were set, by key.
    row: dict[str, Cell]
    # Values to be averaged, by key.
    added: dict[str, float | list[float]]


class Table:
    """The columns so far and the row being collected.

    A key that is absent from a row is blank there; a key that appears late becomes a new last column.

    A key used with one TensorBoard prefix has a column of its own name. From the second prefix on, or if it
    was also used without a prefix, it has one column per prefix: `train/loss`, `eval/loss`; the column `loss`
    used with `train` is renamed.

    A signal handler may interrupt any call and log a whole row. That is why `take` only swaps the collected
    values, and why no method adds values through a reference it got earlier.
    """

    def __init__(self, columns: Iterable[str] = (), prefixes: Mapping[str, str] | None = None) -> None:
        """`columns`: those of a resumed table; `prefixes`: TensorBoard prefixes of some of them."""
        self._columns: tuple[str, ...] = tuple(columns)
        self._known: set[str] = set(self._columns)
        self._prefixes: dict[str, Any] = dict(prefixes or {})
        # For keys with several prefixes: the column of each prefix.
        self._split: dict[str, dict[str | None, str]] = _splits(self._columns, self._prefixes)
        # Keys that were logged without a prefix.
        self._plain: set[str] = set()
        # Keys known to have a column of their own name when used without a prefix.
        self._settled: set[str] = set()
        # Columns renamed because of a second prefix, by their old name.
        self._renamed: dict[str, str] = {}
        # Prefixes by column, to be recorded for a resumed run; replaced by a new object on every change.
        self.prefixes: dict[str, str] = dict(prefixes or {})
        self._added: dict[str, float | list[float]] = {}
        self._summarised: set[str] = set()
        self._row: dict[str, Cell] = {}
        self._shapes: dict[tuple[type, ...], Shape] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns so far, in the order of their first appearance."""
        return self._columns

    @property
    def row(self) -> dict[str, Cell]:
        """The values set in this row so far."""
        return dict(self._row)

    @property
    def added(self) -> dict[str, list[float]]:
        """The values added in this row so far, to be averaged."""
        return {key: [held] if isinstance(held, float) else list(held) for key, held in self._added.items()}

    def add(self, tb_prefix: str | None, data: Mapping[str, Any]) -> None:
        """Add values to be averaged; if one of them is invalid, none is added."""
        added, row = self._added, self._row
        if (  # fast path without a Python loop: first values of known keys, all floats
            tb_prefix is None
            and not self._summarised
            and set(map(type, data.values())) == _FLOATS
            and self._settled.issuperset(data)
            and added.keys().isdisjoint(data)
            and row.keys().isdisjoint(data)
        ):
            self._added.update(data)
            return
        if tb_prefix is not None:
            check_name(tb_prefix)
        numbers: dict[str, float | list[float]] = {}
        for key, value in data.items():
            if key not in self._known:
                check_name(key)
            column = self._column(key, tb_prefix)
            if column in row or column in self._summarised:
                raise set_twice(column)
            numbers[key] = value if type(value) is float else numbers_of(key, value)
        for key, number in numbers.items():
            key = self._take_column(key, tb_prefix)
            added = self._added
            added[key] = joined(added[key], number) if key in added else number

    def has_added(self, key: str) -> bool:
        """Whether values of the key were added in this row."""
        try:
            return key in self._added
        except TypeError:
            check_name(key)
            raise

    def set(self, key: str, value: Any, tb_prefix: str | None = None, no_tb: bool = False) -> None:
        """Set the value of a key in this row, None for a blank; a string needs `no_tb`."""
        if key not in self._known:
            check_name(key)
        prefix = None if no_tb else tb_prefix
        if prefix is not None:
            check_name(prefix)
        column = self._column(key, prefix)
        if column in self._row or column in self._added:
            raise set_twice(column)
        if type(value) is not float and value is not None:
            value = cell_of(key, value, no_tb)
        column = self._take_column(key, prefix)
        if no_tb and self._prefixes.get(column) is not _NO_TENSORBOARD:
            self._set_prefix(column, _NO_TENSORBOARD)
        elif not no_tb and prefix is None and self._prefixes.get(column) is _NO_TENSORBOARD:
            self._set_prefix(column, None)
        self._row[column] = value

    def summarise(
        self, key: str, tb_prefix: str | None, with_min_and_max: bool, average_only: bool, no_tb: bool
    ) -> None:
        """Set mean and standard deviation of the values added for a key, optionally minimum and maximum."""
        check_name(key)
        source = self._column(key, tb_prefix)
        if source not in self._added and key in self._added:
            source = key
        statistics = summary(self._added.get(source, []), with_min_and_max and not average_only)
        if average_only:
            statistics = {"": statistics["Average"]}
        prefix = tb_prefix or self._prefixes.get(source)
        prefix = prefix if isinstance(prefix, str) else None
        for name in statistics:
            column = self._column(name + key, prefix)
            if column in self._row or (name and column in self._added):
                raise set_twice(column)
        self._added.pop(source, None)
        for name, value in statistics.items():
            self.set(name + key, value, prefix, no_tb)
        self._summarised.add(source)

    def register(self, keys: Iterable[str]) -> None:
        """Add columns before their first values; they are blank until then."""
        for key in keys:
            check_name(key)
            if key not in self._known:
                self._append((key,))

    def prefix(self, prefixes: Mapping[str, str]) -> None:
        """Set the TensorBoard prefixes of keys."""
        for key, prefix in prefixes.items():
            check_name(prefix)
            self._set_prefix(key, prefix)
            self.prefixes = {**self.prefixes, key: prefix}

    def add_columns(self, keys: Iterable[str], *, no_tb: bool = False) -> None:
        """Add columns that are tagged by their own names in TensorBoard, or not written to it."""
        new = []
        for key in keys:
            check_name(key)
            if key not in self._known:
                new.append(key)
            if key not in self._prefixes:
                self._prefixes[key] = _NO_TENSORBOARD if no_tb else _OWN_NAME
        if new:
            self._append(tuple(new))

    def shape_of(self, values: list[Cell]) -> Shape:
        """The shape of a row with a value or a blank for each column."""
        kinds = tuple(map(type, values))
        return self._shapes.get(kinds) or self._new_shape(kinds)

    def take(self) -> CollectedRow:
        """Return the values collected so far and start an empty row."""
        none: set[str] = set()
        # In one statement, as Python runs signal handlers between calls.
        row, added, self._row, self._added, self._summarised = self._row, self._added, {}, {}, none
        return CollectedRow(row, added)

    def in_column_order(self, taken: CollectedRow) -> tuple[Shape, list[Cell]]:
        """The values of a row in the order of the columns; new keys become columns."""
        row, added = taken
        if set(map(type, added.values())) <= _FLOATS:
            row.update(added)  # type: ignore[arg-type]  # checked in the line above
        else:
            for key, numbers in added.items():
                row[key] = mean(numbers)
        if self._renamed and not self._renamed.keys().isdisjoint(row):
            row = {self._renamed.get(key, key): value for key, value in row.items()}
        if tuple(row) == self._columns:
            values = list(row.values())
        else:
            new = tuple(key for key in row if key not in self._known)
            if new:
                self._append(new)
            values = [row.get(key) for key in self._columns]
        return self.shape_of(values), values

    def _column(self, key: str, prefix: str | None) -> str:
        """The column of a key with this prefix; changes nothing."""
        homes = self._split.get(key)
        if homes is not None:
            # Without a prefix, the column of the first prefix.
            return homes.get(prefix) or (f"{prefix}/{key}" if prefix else next(iter(homes.values())))
        return f"{prefix}/{key}" if self._is_second(key, prefix) else key

    def _is_second(self, key: str, prefix: str | None) -> bool:
        """Whether this prefix is a second one, so that the key needs several columns."""
        if prefix is None:
            return False
        before = self._prefixes.get(key)
        if before is None or before is _NO_TENSORBOARD or before is _OWN_NAME:
            return key in self._plain
        return bool(before != prefix) and (key in self._known or key in self._row or key in self._added)

    def _take_column(self, key: str, prefix: str | None) -> str:
        """The column of a key with this prefix; splits the key's column if needed."""
        if prefix is None:
            if key not in self._split:
                self._settled.add(key)
                if not isinstance(self._prefixes.get(key), str):
                    self._plain.add(key)
            return self._column(key, None)
        if key not in self._split and self._is_second(key, prefix):
            self._begin_split(key)
        homes = self._split.get(key)
        column = self._column(key, prefix)
        if homes is not None:
            homes[prefix] = column
        if self._prefixes.get(column) != prefix:
            self._set_prefix(column, prefix)
            self.prefixes = {**self.prefixes, column: prefix}
        return column

    def _begin_split(self, key: str) -> None:
        self._settled.discard(key)
        before = self._prefixes.get(key)
        first = f"{before}/{key}" if isinstance(before, str) else key
        if first != key:
            # Values collected under the old name are renamed in `in_column_order`.
            self._renamed[key] = first
            self._columns = tuple(first if column == key else column for column in self._columns)
            self._known = set(self._columns)
            for held in (self._row, self._added):
                if key in held:
                    held[first] = held.pop(key)  # type: ignore[assignment]  # the same mapping's own value
            if key in self._summarised:
                self._summarised.add(first)
            self._prefixes[first] = self._prefixes.pop(key)
            others = {name: prefix for name, prefix in self.prefixes.items() if name != key}
            self.prefixes = {**others, first: str(before)}
            self._shapes.clear()
        self._split[key] = {before if isinstance(before, str) else None: first}

    def _append(self, keys: tuple[str, ...]) -> None:
        self._columns += keys
        self._known.update(keys)
        self._shapes.clear()

    def _set_prefix(self, key: str, prefix: Any) -> None:
        self._prefixes[key] = prefix
        self._shapes.clear()

    def _new_shape(self, kinds: tuple[type, ...]) -> Shape:
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        shape = Shape(self._columns, tuple(map(self._tag, self._columns)), kinds)
        self._shapes[kinds] = shape
        return shape

    def _tag(self, key: str) -> str | None:
        prefix = self._prefixes.get(key)
        if prefix is _NO_TENSORBOARD:
            return None
        if prefix is _OWN_NAME:
            return key
        if prefix and key.startswith(f"{prefix}/") and key.removeprefix(f"{prefix}/") in self._split:
            return key  # a split column already has its prefix in its name
        return f"{prefix or DEFAULT_PREFIX}/{key}"


def _splits(columns: Iterable[str], prefixes: Mapping[str, str]) -> dict[str, dict[str | None, str]]:
    """The keys that an earlier process logged with several prefixes, with the column of each."""
    splits: dict[str, dict[str | None, str]] = {}
    for column in columns:
        prefix = prefixes.get(column)
        if prefix and column.startswith(f"{prefix}/"):
            key = column.removeprefix(f"{prefix}/")
            splits.setdefault(key, {None: key} if key in columns else {})[prefix] = column
    return splits
