"""clu, for JAX and Flax: `writer = SmlWriter(log_name="vit")` in place of `create_default_writer`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sml_logger.logger import Logger

from .run import Run, needs

with needs("clu"):
    from clu.metric_writers.interface import MetricWriter


class SmlWriter(MetricWriter):  # type: ignore[misc]
    """Scalars as rows by step; images, videos, sounds, texts and histograms as media.

    Arguments: a logger, or what `Logger` takes. Of a batch of images, each is stored as `name/0`, `name/1`, …
    Summaries in TensorFlow's own form are not kept.
    """

    def __init__(self, logger: Logger | None = None, **options: Any) -> None:
        self.run = Run(logger, options)

    def write_scalars(self, step: int, scalars: Mapping[str, Any]) -> None:
        """Log metrics in the row of their step."""
        self.run.log(scalars, step)

    def write_images(self, step: int, images: Mapping[str, Any]) -> None:
        """Store images of shape (height, width, channels), or several of them."""
        for name, image in _each(images, 3):
            self.run.logger.log_image(name, image, step)

    def write_videos(self, step: int, videos: Mapping[str, Any]) -> None:
        """Store videos of shape (time, height, width, channels), or several of them."""
        for name, video in _each(videos, 4):
            self.run.logger.log_video(name, video, step)

    def write_audios(self, step: int, audios: Mapping[str, Any], *, sample_rate: int) -> None:
        """Store sounds of shape (time, channels), or several of them."""
        for name, audio in _each(audios, 2):
            self.run.logger.log_audio(name, audio, step, sample_rate)

    def write_texts(self, step: int, texts: Mapping[str, str]) -> None:
        """Store texts."""
        for name, text in texts.items():
            self.run.logger.log_text(name, text, step)

    def write_histograms(
        self, step: int, arrays: Mapping[str, Any], num_buckets: Mapping[str, int] | None = None
    ) -> None:
        """Store histograms."""
        for name, values in arrays.items():
            self.run.logger.log_histogram(name, values, step, (num_buckets or {}).get(name, 64))

    def write_hparams(self, hparams: Mapping[str, Any]) -> None:
        """Save parameters."""
        self.run.add_parameters(hparams)

    def write_summaries(
        self, step: int, values: Mapping[str, Any], metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Do nothing: these are for plugins of TensorBoard."""

    def write_pointcloud(self, step: int, *_: Any, **__: Any) -> None:
        """Do nothing: point clouds are not kept."""

    def flush(self) -> None:
        """Do nothing: a row is written when it is logged."""

    def close(self) -> None:
        """End the run."""
        self.run.close()


def _each(batches: Mapping[str, Any], dimensions: int) -> list[tuple[str, Any]]:
    """Single items with their names, of arrays that may have a dimension more."""
    items: list[tuple[str, Any]] = []
    for name, batch in batches.items():
        if len(batch.shape) == dimensions:
            items.append((name, batch))
        else:
            items += [(f"{name}/{index}", item) for index, item in enumerate(batch)]
    return items
