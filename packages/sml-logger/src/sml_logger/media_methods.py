"""Methods of `Logger` that store images, videos, sounds, texts, tables and histograms in `media/`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sml_config

from .errors import LoggerClosedError, MediaError, MediaLimitError
from .rows.logged_row import step_of
from .rows.metric_values import check_name

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter

    from .media.recorder import MediaRecorder
    from .messages.run_messages import RunMessages
    from .run_files import RunFiles

_SAMPLE_RATE = 44_100


class MediaMethods:
    """Mixed into `Logger`. Each method returns the path of the file, or None if nothing was stored.

    A file is `media/<key>/<step>.<ending>`; slashes in the key make folders. Without `step` it is the step
    that `log` was called with last, or the number of rows. Raises MediaError (a ValueError), which names the
    key, for what cannot be stored. What is too large or lacks a package is reported once for each key and
    left out; a full disk is reported too, and neither stops training.
    """

    _files: RunFiles | None
    _messages: RunMessages
    _pid: int
    _closed: bool
    _lock: threading.RLock
    _tb: SummaryWriter | None = None

    @property
    def tb(self) -> SummaryWriter:
        """An unbuffered tensorboardX SummaryWriter on the run's `tbfile/`, for images, histograms, text."""
        if self._tb is None:
            from .summary_writer import RunSummaryWriter

            folder = sml_config.RunFolder(Path(self.output_dir)).events
            self._tb = RunSummaryWriter(folder, self._add_event if self._files is not None else None)
        return self._tb

    def log_image(
        self,
        key: str,
        image: Any,
        step: Any = None,
        caption: str | None = None,
        *,
        order: str | None = None,
    ) -> Path | None:
        """Store an image: an array or tensor, an image of Pillow, an encoded one as bytes, or a file's path.

        Arrays have the shape (height, width), (height, width, channels) or (channels, height, width), or the
        axes that `order` names, e.g. "CHW"; floats are from 0 to 1, integers from 0 to 255.
        """
        return self._store(key, step, lambda to, at: to.image(key, image, at, caption, order))

    def log_figure(self, key: str, figure: Any, step: Any = None, caption: str | None = None) -> Path | None:
        """Store a figure of Matplotlib as PNG, one of Plotly as HTML; the figure stays open."""
        return self._store(key, step, lambda to, at: to.figure(key, figure, at, caption))

    def log_video(
        self,
        key: str,
        frames_or_path: Any,
        step: Any = None,
        fps: float = 30,
        caption: str | None = None,
    ) -> Path | None:
        """Store a video: a file's path, or frames (time, height, width, 3) or (time, 3, height, width).

        Frames are encoded by imageio-ffmpeg, or else as GIF by Pillow, while the call waits.
        """
        return self._store(key, step, lambda to, at: to.video(key, frames_or_path, at, fps, caption))

    def log_audio(
        self,
        key: str,
        samples_or_path: Any,
        step: Any = None,
        sample_rate: int = _SAMPLE_RATE,
        caption: str | None = None,
    ) -> Path | None:
        """Store a sound: a file's path, or samples (frames,) or (frames, channels) from -1 to 1."""
        return self._store(key, step, lambda to, at: to.audio(key, samples_or_path, at, sample_rate, caption))

    def log_text(self, key: str, text: str, step: Any = None) -> Path | None:
        """Store a text, of at most 10 MB."""
        return self._store(key, step, lambda to, at: to.text(key, text, at))

    def log_table(
        self, key: str, columns: Iterable[object], rows: Iterable[Iterable[Any]], step: Any = None
    ) -> Path | None:
        """Store a table of numbers and text as JSON, of at most 2,000,000 cells."""
        return self._store(key, step, lambda to, at: to.table(key, columns, rows, at))

    def log_histogram(self, key: str, values: Any, step: Any = None, bins: Any = 64) -> Path | None:
        """Store how values are distributed over a number of equal bins, or between the edges in `bins`."""
        return self._store(key, step, lambda to, at: to.histogram(key, values, at, bins))

    def _store(self, key: str, step: Any, store: Callable[[MediaRecorder, int], Path | None]) -> Path | None:
        check_name(key)
        if self._closed:
            raise LoggerClosedError(f"{key!r}: logged after close(); create a new Logger")
        if self._files is None:
            return None
        if self._pid != os.getpid():
            self._messages.warn_once(
                f"WARNING: process {os.getpid()} was forked; only its parent may store media"
            )
            return None
        number = step_of(step)
        if number is None:
            number = self._current_step()
        if number < 0:
            raise MediaError(key, f"invalid step {number}; expected 0 or more")
        recorder = self._files.media
        if recorder is None:
            recorder = self._new_recorder(self._files)
        try:
            return store(recorder, number)
        except MediaLimitError as error:
            self._messages.warn_once(f"WARNING: not stored: {error}", about=f"{type(recorder)} {key}")
            return None

    def _new_recorder(self, files: RunFiles) -> MediaRecorder:
        # Late: encoders, and not every run stores media.
        from .media.recorder import MediaRecorder

        messages = self._messages
        files.media = recorder = MediaRecorder(
            files.folder.path, self._add_event, messages.warn_once, messages.redacted
        )
        return recorder

    def _add_event(self, event: bytes, step: int) -> None:
        with self._lock:
            if self._closed or self._pid != os.getpid():
                why = (
                    "forked processes do not write to it" if self._pid != os.getpid() else "the run is closed"
                )
                self._messages.warn_once(f"WARNING: logger.tb: {why}; the event is not written")
            elif self._files is not None:
                self._files.add_event(event, step)

    if TYPE_CHECKING:

        @property
        def output_dir(self) -> str:
            """The run folder."""

        def _current_step(self) -> int: ...
