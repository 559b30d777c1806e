"""`SummaryWriter` with the interface of torch.utils.tensorboard and tensorboardX, on a run folder of ours."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from sml_logger.media.numbers import Histogram
from sml_logger.rows.logged_row import step_of

from .file_writer import FileWriter
from .held_scalars import BURST_NS, HeldScalars
from .not_kept import NotKept
from .opened_run import NoRun, close_run, default_folder, open_run

if TYPE_CHECKING:
    from .run_logger import RunLogger

_BINS = 64


class SummaryWriter(NotKept):
    """Writes scalars, images, histograms, texts, sounds and videos to a run folder, which `log_dir` becomes.

    Scalars of one step are a row of `progress.csv`, with the step in the column `step`; the event file in
    `tbfile/` shows TensorBoard the same. `kill -9` loses no row whose calls returned. `log_dir` is by default
    `runs/<time>_<host><comment>`; a run that is there is continued, with `purge_step` without its rows from
    that step on. `max_queue`, `flush_secs` and `filename_suffix` have no effect: nothing is buffered.
    With `write_to_disk=False` nothing is written. Raises RunFolderError if the folder cannot be written.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,  # noqa: ARG002  nothing is queued
        flush_secs: float = 120,  # noqa: ARG002  nothing is buffered
        filename_suffix: str = "",
        write_to_disk: bool = True,
        logdir: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> None:
        given = log_dir if log_dir is not None else logdir
        folder = default_folder(comment) if not given else Path(given)
        self.purge_step = purge_step
        self.filename_suffix = filename_suffix
        self.kwargs = kwargs
        self._writes = bool(write_to_disk)
        self._default_step: int | None = None
        self._logger: RunLogger | None = None
        # Of the run; without one nothing is held.
        self._held = HeldScalars()
        self._folder = folder
        self.log_dir = str(folder)
        if self._writes:
            logger = self._opened(purge_step)
            if logger.writes and Path(logger.output_dir) != folder.expanduser().absolute():
                self.log_dir = logger.output_dir
        self.logdir = self.log_dir

    @property
    def file_writer(self) -> FileWriter:
        """For summaries that a script has built itself."""
        return FileWriter(self._run())

    @property
    def all_writers(self) -> dict[str, FileWriter]:
        """The file writer by folder."""
        return {self.log_dir: self.file_writer}

    @property
    def logger(self) -> RunLogger:
        """The run's logger."""
        return self._run()

    def get_logdir(self) -> str:
        """The run folder."""
        return self.log_dir

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,  # noqa: ARG002  rows have the time at which they are written
        new_style: bool = False,  # noqa: ARG002
        double_precision: bool = False,  # noqa: ARG002  the table has full precision
        display_name: str = "",  # noqa: ARG002
        summary_description: str = "",  # noqa: ARG002
    ) -> None:
        """Add a number to the row of its step; a second one of the same tag and step begins another row."""
        held = self._held
        expected = held.next
        if (
            tag == expected.tag
            and type(scalar_value) is float
            and (global_step is held.step or global_step == held.step)
            and (now := perf_counter_ns()) - held.last_call < BURST_NS
        ):
            held.hold((tag, scalar_value, global_step))
            held.last_call = now
            if held.next is expected:
                held.next = expected.next
            else:  # another thread or a signal handler has written the row meanwhile
                self._run().write_held()
            return
        if global_step is None:
            global_step = self._step(None)
        logger = self._logger
        if logger is None:
            logger = self._run()
        logger.log_scalar(tag, scalar_value, global_step)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: Any = None,
        walltime: float | None = None,  # noqa: ARG002
    ) -> None:
        """Add several numbers, `main_tag/tag` each; TensorBoard shows them in one chart."""
        scalars = {f"{main_tag}/{tag}": value for tag, value in tag_scalar_dict.items()}
        self._run().log_scalars_apart(main_tag, scalars, self._step(global_step))

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Any = None,  # noqa: ARG002
        run_name: str | None = None,  # noqa: ARG002
        global_step: Any = None,
        name: str | None = None,  # noqa: ARG002  the same of tensorboardX
    ) -> None:
        """Save hyperparameters as the run's parameters, and log the metrics."""
        from .hyperparameters import record_hyperparameters

        record_hyperparameters(self._run(), hparam_dict, metric_dict)
        for tag, value in metric_dict.items():
            self.add_scalar(tag, value, self._step(global_step))

    def add_text(
        self,
        tag: str,
        text_string: str,
        global_step: Any = None,
        walltime: float | None = None,  # noqa: ARG002
    ) -> None:
        """Store a text. A table `|param|value|` in Markdown is saved as the run's parameters too."""
        from .hyperparameters import record_table

        self._run().log_text(tag, text_string, self._step(global_step))
        record_table(self._run(), str(text_string))

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,  # noqa: ARG002
        dataformats: str = "CHW",
    ) -> None:
        """Store an image; `dataformats` names its axes."""
        order = None if isinstance(img_tensor, (str, bytes, os.PathLike)) else dataformats
        self._run().log_image(tag, img_tensor, self._step(global_step), order=order)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,  # noqa: ARG002
        dataformats: str = "NCHW",
    ) -> None:
        """Store several images as one, in rows of eight."""
        from .grids import grid_of

        self._run().log_image(
            tag, grid_of(tag, img_tensor, dataformats), self._step(global_step), order="HWC"
        )

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,  # noqa: ARG002
        rescale: float = 1,  # noqa: ARG002
        dataformats: str = "CHW",
        labels: Sequence[str] | None = None,
        **_named: Any,
    ) -> None:
        """Store an image with boxes, each (left, top, right, bottom) in pixels; labels go to the caption."""
        from .grids import boxed

        caption = ", ".join(map(str, labels)) if labels else None
        image = boxed(tag, img_tensor, box_tensor, dataformats)
        self._run().log_image(tag, image, self._step(global_step), caption, order="HWC")

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: Any = None,
        close: bool = True,
        walltime: float | None = None,  # noqa: ARG002
    ) -> None:
        """Store a figure of Matplotlib, or several; they are closed afterwards unless `close=False`."""
        for each in figure if isinstance(figure, (list, tuple)) else [figure]:
            self._run().log_figure(tag, each, self._step(global_step))
            pyplot = sys.modules.get("matplotlib.pyplot")
            if close and pyplot is not None:
                pyplot.close(each)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: Any = None,
        fps: float = 4,
        walltime: float | None = None,  # noqa: ARG002
        dataformats: str = "NTCHW",  # noqa: ARG002  the axes are found by their sizes
    ) -> None:
        """Store videos of shape (number, time, channels, height, width), side by side."""
        self._run().log_video(tag, vid_tensor, self._step(global_step), fps)

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: Any = None,
        sample_rate: int = 44_100,
        walltime: float | None = None,  # noqa: ARG002
    ) -> None:
        """Store a sound, samples from -1 to 1."""
        self._run().log_audio(tag, snd_tensor, self._step(global_step), sample_rate)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,  # noqa: ARG002
        max_bins: int | None = None,
    ) -> None:
        """Store how values are distributed; 64 equal bins, or as `bins` says by a number or by edges."""
        chosen = (max_bins or _BINS) if isinstance(bins, str) else bins
        self._run().log_histogram(tag, values, self._step(global_step), chosen)

    def add_histogram_raw(
        self,
        tag: str,
        min: float,  # noqa: A002  the names are TensorBoard's
        max: float,  # noqa: A002
        num: float,
        sum: float,  # noqa: A002
        sum_squares: float,
        bucket_limits: Sequence[float],
        bucket_counts: Sequence[float],
        global_step: Any = None,
        walltime: float | None = None,  # noqa: ARG002
    ) -> None:
        """Store a histogram that was counted elsewhere."""
        edges = [float(min), *map(float, bucket_limits)]
        moments = (float(min), float(max), float(num), float(sum), float(sum_squares))
        histogram = Histogram(edges, [float(count) for count in bucket_counts], moments, 0)
        self._run().log_histogram(tag, histogram, self._step(global_step))

    def flush(self) -> None:
        """End the line of the row that is being filled; everything else is written already."""
        if self._logger is not None and not self._logger.is_closed:
            self._logger.flush()

    def close(self) -> None:
        """End the run, unless another writer of this process has the same folder."""
        logger, self._logger, self._held = self._logger, None, HeldScalars()
        if logger is not None:
            close_run(logger)

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def use_metadata(
        self,
        *,
        global_step: Any = None,
        walltime: float | None = None,  # noqa: ARG002
    ) -> Iterator[SummaryWriter]:
        """Use this step for the calls inside that have none."""
        before, self._default_step = self._default_step, step_of(global_step)
        try:
            yield self
        finally:
            self._default_step = before

    def _get_file_writer(self) -> FileWriter:
        return self.file_writer

    def _run(self) -> RunLogger:
        """The logger; a closed one is opened again, as TensorBoard's writers are."""
        if not self._writes:
            return cast("RunLogger", NoRun())
        if self._logger is None or self._logger.is_closed:
            return self._opened(None)
        return self._logger

    def _opened(self, purge_step: int | None) -> RunLogger:
        logger = self._logger = open_run(self._folder, purge_step)
        self._held = logger.held
        return logger

    def _step(self, step: Any) -> Any:
        if step is not None:
            return step
        return self._default_step if self._default_step is not None else 0
