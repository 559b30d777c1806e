"""Videos: frames as MP4 by imageio-ffmpeg, or as an animated GIF by Pillow."""

from __future__ import annotations

import io
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sml_logger.errors import MediaError, MediaLimitError

from .arrays import eight_bits, numpy_of
from .sources import file_of
from .store import MediaFile

if TYPE_CHECKING:
    import numpy as np

_MISSING = "frames of videos need an encoder: pip install imageio-ffmpeg"
_MOST_VALUES = 4_000_000_000


def video_file(
    key: str, frames: Any, fps: float, caption: str | None = None, *, prefers_gif: bool = False
) -> MediaFile:
    """A video: the path of a file, or frames of shape (time, height, width, 3) or (time, 3, height, width).

    A batch of videos, with one axis more, is shown side by side. Raises MediaError.
    """
    given = file_of(key, "video", frames, caption)
    if given is not None:
        return given
    if not isinstance(fps, (int, float)) or not fps > 0:
        raise MediaError(key, f"invalid fps {fps!r}; expected frames per second")
    pictures = _frames_of(key, frames)
    count, height, width, _ = pictures.shape
    facts = {"width": width, "height": height, "frames": count, "fps": fps}
    has_pillow = find_spec("PIL") is not None
    if find_spec("imageio_ffmpeg") is not None and not (prefers_gif and has_pillow):
        return MediaFile("video", "mp4", content=_mp4(pictures, fps), caption=caption, facts=facts)
    if has_pillow:
        return MediaFile("video", "gif", content=_gif(pictures, fps), caption=caption, facts=facts)
    raise MediaLimitError(key, _MISSING)


def _frames_of(key: str, frames: Any) -> np.ndarray[Any, Any]:
    """Frames as bytes of shape (time, height, width, 3)."""
    if isinstance(frames, (list, tuple)):
        frames = [numpy_of(key, frame) for frame in frames]
    array = numpy_of(key, frames)
    np = sys.modules["numpy"]
    if array.size > _MOST_VALUES:
        raise MediaLimitError(key, f"a video of {array.size:,} values; expected at most {_MOST_VALUES:,}")
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim == 5:
        array = _beside(array)
    if array.ndim != 4 or not array.size:
        raise MediaError(key, f"a video of shape {array.shape}; expected (time, height, width, channels)")
    if array.shape[3] not in (1, 3, 4) and array.shape[1] in (1, 3, 4):
        array = array.transpose(0, 2, 3, 1)
    if array.shape[3] not in (1, 3, 4):
        raise MediaError(key, f"a video of shape {array.shape}; expected 1, 3 or 4 channels")
    array = eight_bits(array)[..., :3]
    return np.repeat(array, 3, axis=3) if array.shape[3] == 1 else array


def _beside(batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A batch of videos (number, time, channels, height, width) as one, side by side."""
    if batch.shape[2] not in (1, 3, 4) and batch.shape[4] in (1, 3, 4):
        batch = batch.transpose(0, 1, 4, 2, 3)
    number, count, channels, height, width = batch.shape
    rows: np.ndarray[Any, Any] = batch.transpose(1, 3, 0, 4, 2)
    return rows.reshape(count, height, number * width, channels)


def _mp4(frames: np.ndarray[Any, Any], fps: float) -> bytes:
    imageio_ffmpeg: Any = import_module("imageio_ffmpeg")

    count, height, width, _ = frames.shape
    # H.264 takes even sizes.
    frames = frames[:, : max(2, height - height % 2), : max(2, width - width % 2)]
    if height < 2 or width < 2:
        np = sys.modules["numpy"]
        frames = np.repeat(np.repeat(frames, 2, axis=1), 2, axis=2)[:, :2, :2]
    with tempfile.TemporaryDirectory(prefix="sml-logger-") as folder:
        path = Path(folder, "video.mp4")
        writer = imageio_ffmpeg.write_frames(
            str(path),
            (frames.shape[2], frames.shape[1]),
            fps=fps,
            macro_block_size=1,
            ffmpeg_log_level="error",
        )
        writer.send(None)
        for number in range(count):
            writer.send(frames[number].tobytes())
        writer.close()
        return path.read_bytes()


def _gif(frames: np.ndarray[Any, Any], fps: float) -> bytes:
    from PIL import Image

    first, *others = [Image.fromarray(frame) for frame in frames]
    buffer = io.BytesIO()
    first.save(
        buffer, format="GIF", save_all=True, append_images=others, duration=max(20, 1000 / fps), loop=0
    )
    return buffer.getvalue()
