"""Media of W&B: each holds what it is made of, and stores itself when it is logged."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .not_kept import NotKept, tell

if TYPE_CHECKING:
    from sml_logger.logger import Logger

_SAMPLE_RATE = 44_100


class Media:
    """A value that becomes a file of the run."""

    def store(self, logger: Logger, key: str, step: int) -> None:
        """Store it under a key. Raises SmlLoggerError if that is not possible."""
        raise NotImplementedError


class Image(Media):
    """An image: an array or tensor, an image of Pillow, a figure of Matplotlib, or a file's path."""

    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,  # noqa: ARG002  Pillow's mode is told by the data
        caption: str | None = None,
        **more: Any,
    ) -> None:
        self.data: Any = data_or_path.data if isinstance(data_or_path, Image) else data_or_path
        self.caption = caption
        self.layers = [name for name in ("boxes", "masks", "classes") if more.get(name)]

    def store(self, logger: Logger, key: str, step: int) -> None:
        """Store the image."""
        for layer in self.layers:
            tell(f"{layer} of wandb.Image", "draw it into the image", logger)
        if hasattr(self.data, "savefig"):
            logger.log_figure(key, self.data, step, self.caption)
            return
        value = self.data
        # Tensors of W&B's users are (channels, height, width), whatever their sizes.
        is_tensor = hasattr(value, "detach") and len(getattr(value, "shape", ())) == 3
        logger.log_image(key, value, step, self.caption, order="CHW" if is_tensor else None)


class Video(Media):
    """A video: frames (time, channels, height, width), or a file's path."""

    def __init__(
        self,
        data_or_path: Any,
        caption: str | None = None,
        fps: float | None = None,
        format: str | None = None,  # noqa: A002, ARG002  W&B's name
    ) -> None:
        self.data, self.caption, self.fps = data_or_path, caption, fps or 4

    def store(self, logger: Logger, key: str, step: int) -> None:
        """Store the video."""
        logger.log_video(key, self.data, step, self.fps, self.caption)


class Audio(Media):
    """A sound: samples from -1 to 1, or a file's path."""

    def __init__(self, data_or_path: Any, sample_rate: int | None = None, caption: str | None = None) -> None:
        self.data, self.sample_rate, self.caption = data_or_path, sample_rate or _SAMPLE_RATE, caption

    def store(self, logger: Logger, key: str, step: int) -> None:
        """Store the sound."""
        logger.log_audio(key, self.data, step, self.sample_rate, self.caption)


class Histogram(Media):
    """How values are distributed; `np_histogram` are counts and edges of bins, stored as a table."""

    def __init__(self, sequence: Any = None, np_histogram: Any = None, num_bins: int = 64) -> None:
        self.values, self.counts_and_edges, self.bins = sequence, np_histogram, num_bins

    def store(self, logger: Logger, key: str, step: int) -> None:
        """Store the histogram."""
        if self.counts_and_edges is None:
            logger.log_histogram(key, self.values, step, self.bins)
            return
        counts, edges = ([float(item) for item in items] for items in self.counts_and_edges)
        rows = list(zip(edges[:-1], edges[1:], counts, strict=True))
        logger.log_table(key, ["from", "to", "count"], rows, step)


class Html(Media):
    """HTML as text, as an open file or as a file's path; it is stored as text and never executed."""

    def __init__(self, data: Any, inject: bool = True, data_is_not_path: bool = False) -> None:  # noqa: ARG002
        if hasattr(data, "read"):
            self.text = str(data.read())
        elif not data_is_not_path and isinstance(data, (str, os.PathLike)) and _is_html_file(data):
            self.text = Path(data).read_text(encoding="utf-8")
        else:
            self.text = str(data)

    def store(self, logger: Logger, key: str, step: int) -> None:
        """Store the text."""
        logger.log_text(key, self.text, step)


class Table(Media):
    """Rows of numbers and text; media in cells are not kept."""

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        data: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        **_: Any,
    ) -> None:
        if dataframe is None and hasattr(data, "columns"):
            dataframe, data = data, None
        if dataframe is not None:
            columns, data = list(dataframe.columns), dataframe.values.tolist()
        given = data if data is not None else rows if rows is not None else []
        self.data: list[list[Any]] = [list(row) for row in given]
        width = len(self.data[0]) if self.data else 0
        names = columns if columns is not None else ["Input", "Output", "Expected"][: width or 3]
        self.columns = [str(name) for name in names]

    def add_data(self, *row: Any) -> None:
        """Add a row."""
        self.data.append(list(row))

    def add_row(self, *row: Any) -> None:
        """Add a row."""
        self.add_data(*row)

    def add_column(self, name: str, data: Iterable[Any], optional: bool = False) -> None:  # noqa: ARG002
        """Add a column, a value for each row."""
        values = list(data)
        self.data = [
            [*row, value] for row, value in zip(self.data or [[] for _ in values], values, strict=True)
        ]
        self.columns.append(str(name))

    def get_column(self, name: str, convert_to: str | None = None) -> list[Any]:  # noqa: ARG002
        """The values of a column."""
        index = self.columns.index(name)
        return [row[index] for row in self.data]

    def store(self, logger: Logger, key: str, step: int) -> None:
        """Store the table."""
        if any(isinstance(cell, (Media, NotKept)) for row in self.data for cell in row):
            tell("media in cells of wandb.Table", "log each with a key of its own", logger)
        rows = [[_cell(cell) for cell in row] for row in self.data]
        logger.log_table(key, self.columns, rows, step)


class Plotly(Media):
    """A figure of Plotly or Matplotlib."""

    def __init__(self, val: Any) -> None:
        self.figure = val

    def store(self, logger: Logger, key: str, step: int) -> None:
        """Store the figure."""
        logger.log_figure(key, self.figure, step)


def Object3D(*_: Any, **__: Any) -> NotKept:  # noqa: N802  a class of W&B
    """A value that is not kept."""
    return NotKept("wandb.Object3D", "save the file with wandb.save")


def Molecule(*_: Any, **__: Any) -> NotKept:  # noqa: N802
    """A value that is not kept."""
    return NotKept("wandb.Molecule", "save the file with wandb.save")


def Graph(*_: Any, **__: Any) -> NotKept:  # noqa: N802
    """A value that is not kept."""
    return NotKept("wandb.Graph", "print the model into the log: logger(model)")


def media_of(value: Any) -> Media | None:
    """The medium that a logged value stands for: an image of Pillow, a figure, an array of many numbers."""
    if isinstance(value, Media):
        return value
    if isinstance(value, (int, float, str, bool)) or value is None:
        return None
    module = type(value).__module__.partition(".")[0]
    if module == "PIL":
        return Image(value)
    if module in ("plotly", "matplotlib") and (hasattr(value, "savefig") or hasattr(value, "to_html")):
        return Plotly(value)
    if module == "pandas" and hasattr(value, "columns"):
        return Table(dataframe=value)
    shape = getattr(value, "shape", ())
    if isinstance(shape, tuple) and _product(shape) > 1:
        return Histogram(value)
    return None


def _product(sizes: Iterable[Any]) -> int:
    product = 1
    for size in sizes:
        product *= int(size)
    return product


def _cell(value: Any) -> Any:
    if isinstance(value, Media):
        return f"<{type(value).__name__}>"
    return f"<{value.name}>" if isinstance(value, NotKept) else value


def _is_html_file(data: str | os.PathLike[str]) -> bool:
    name = os.fspath(data)
    return len(name) < 4096 and "\n" not in name and name.endswith((".html", ".htm")) and Path(name).is_file()
