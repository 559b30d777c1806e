"""Store media of a run, and show TensorBoard what it can show."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sml_logger.errors import MediaLimitError
from sml_logger.outputs import event_messages

from .images import figure_file, image_file
from .numbers import Histogram, histogram_of, table_file
from .sounds import audio_file
from .store import MOST_ENCODED, MediaFile, MediaStore
from .videos import video_file

_MOST_TEXT = 10_000_000
# TensorBoard loads these as a whole.
_MOST_EVENT = 8_000_000
_CHANNELS = 3


class MediaRecorder:
    """Turns values into files of `media/`; `add_event` writes to the event file, `warn` tells a line once."""

    def __init__(
        self,
        run: Path,
        add_event: Callable[[bytes, int], None],
        warn: Callable[[str], None],
        hide: Callable[[str], str],
    ) -> None:
        self.store = MediaStore(run)
        # TensorBoard shows GIFs, and no other videos.
        self.prefers_gif = False
        self._add_event = add_event
        self._warn = warn
        self._hide = hide

    def image(self, key: str, image: Any, step: int, caption: str | None, order: str | None) -> Path | None:
        """An image."""
        return self._stored(key, step, image_file(key, image, self._hidden(caption), order))

    def figure(self, key: str, figure: Any, step: int, caption: str | None) -> Path | None:
        """A figure."""
        return self._stored(key, step, figure_file(key, figure, self._hidden(caption)))

    def video(self, key: str, frames: Any, step: int, fps: float, caption: str | None) -> Path | None:
        """A video."""
        file = video_file(key, frames, fps, self._hidden(caption), prefers_gif=self.prefers_gif)
        return self._stored(key, step, file)

    def audio(self, key: str, samples: Any, step: int, sample_rate: int, caption: str | None) -> Path | None:
        """A sound."""
        file = audio_file(key, samples, sample_rate, self._hidden(caption))
        path = self._stored(key, step, file)
        if path is not None and file.content is not None and len(file.content) <= _MOST_EVENT:
            facts = file.facts
            value = event_messages.audio(
                key, file.content, facts["sample_rate"], facts["channels"], facts["frames"]
            )
            self._add_event(event_messages.event(step, time.time(), value), step)
        return path

    def text(self, key: str, text: str, step: int) -> Path | None:
        """A text."""
        content = self._hide(str(text))
        encoded = content.encode("utf-8", "backslashreplace")
        if len(encoded) > _MOST_TEXT:
            raise MediaLimitError(key, f"a text of {len(encoded):,} bytes; expected at most {_MOST_TEXT:,}")
        path = self._stored(key, step, MediaFile("text", "txt", content=encoded))
        if path is not None:
            self._add_event(event_messages.event(step, time.time(), event_messages.text(key, content)), step)
        return path

    def table(
        self, key: str, columns: Iterable[object], rows: Iterable[Iterable[Any]], step: int
    ) -> Path | None:
        """A table."""
        return self._stored(key, step, table_file(key, columns, rows))

    def histogram(self, key: str, values: Any, step: int, bins: Any) -> Path | None:
        """A histogram of values, or one that was counted before."""
        counted = values if isinstance(values, Histogram) else histogram_of(key, values, bins)
        path = self._stored(key, step, counted.file())
        if path is not None:
            value = event_messages.histogram(key, counted.edges, counted.counts, counted.moments)
            self._add_event(event_messages.event(step, time.time(), value), step)
        return path

    def _hidden(self, caption: str | None) -> str | None:
        return None if caption is None else self._hide(str(caption))

    def _stored(self, key: str, step: int, file: MediaFile) -> Path | None:
        if file.content is not None and len(file.content) > MOST_ENCODED:
            size = len(file.content) / 1e6
            raise MediaLimitError(key, f"{size:.0f} MB; expected at most {MOST_ENCODED // 1_000_000} MB")
        try:
            path = self.store.store(key, step, file)
        except OSError as error:
            reason = error.strerror or str(error)
            self._warn(f"WARNING: {key} of step {step} could not be stored ({reason}); training continues")
            return None
        shown = file.kind in ("image", "figure") or file.ending == "gif"
        if shown and file.content is not None and file.ending != "html":
            self._show(key, step, file)
        return path

    def _show(self, key: str, step: int, file: MediaFile) -> None:
        content = file.content or b""
        if len(content) <= _MOST_EVENT:
            width, height = file.facts.get("width", 0), file.facts.get("height", 0)
            value = event_messages.image(key, content, width, height, _CHANNELS)
            self._add_event(event_messages.event(step, time.time(), value), step)
