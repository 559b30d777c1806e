"""Arrays, tensors and lists as pixels and samples."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from sml_logger.errors import MediaError, MediaLimitError

if TYPE_CHECKING:
    import numpy as np

_CHANNELS = (1, 2, 3, 4)
_MOST_PIXELS = 100_000_000


class Pixels(NamedTuple):
    """An image of 8-bit channels, row after row."""

    data: bytes
    width: int
    height: int
    channels: int


def numpy_of(key: str, value: Any) -> np.ndarray[Any, Any]:
    """Convert a tensor, an array or a list. Raises MediaError, also if NumPy is not installed."""
    try:
        import numpy as np
    except ImportError:
        raise MediaLimitError(key, "arrays need NumPy: pip install numpy") from None
    for name in ("detach", "cpu"):  # tensors of Torch, also on a GPU
        value = getattr(value, name)() if hasattr(value, name) else value
    if str(getattr(value, "dtype", "")) == "torch.bfloat16":
        value = value.float()
    try:
        array = np.asarray(value)
    except Exception as error:  # tensors raise what they like
        raise MediaError(key, f"not an array: {type(value).__name__} ({error})") from error
    if array.dtype.kind not in "biuf":
        raise MediaError(key, f"not an array of numbers: {type(value).__name__} of {array.dtype}")
    return array


def pixels_of(key: str, value: Any, order: str | None = None) -> Pixels:
    """Convert an array of shape (height, width), (height, width, channels) or (channels, height, width).

    `order` names the axes, e.g. "CHW"; without it the channels are where 1, 2, 3 or 4 stands, last if both
    could be. Floats are from 0 to 1 and clipped; integers from 0 to 255. Raises MediaError.
    """
    array = numpy_of(key, value)
    if order is not None:
        array = _in_order(key, array, order.upper())
    elif array.ndim == 3 and array.shape[2] not in _CHANNELS and array.shape[0] in _CHANNELS:
        array = array.transpose(1, 2, 0)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in _CHANNELS or not array.size:
        raise MediaError(
            key,
            f"an image of shape {array.shape}; expected (height, width), (height, width, channels)"
            " or (channels, height, width) with 1 to 4 channels",
        )
    height, width, channels = array.shape
    if height * width > _MOST_PIXELS:
        raise MediaLimitError(
            key, f"an image of {width} × {height} pixels; expected at most {_MOST_PIXELS:,}"
        )
    return Pixels(eight_bits(array).tobytes(), width, height, channels)


def eight_bits(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Convert to bytes: booleans to 0 and 255, floats from 0 to 1, other integers clipped; NaN is 0."""
    import numpy as np

    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "b":
        array = array * 255
    elif array.dtype.kind == "f":
        array = np.fmin(np.fmax(array.astype(np.float32) * np.float32(255) + np.float32(0.5), 0), 255)
    else:
        array = np.clip(array, 0, 255)
    result: np.ndarray[Any, Any] = array.astype(np.uint8)
    return result


def samples_of(key: str, value: Any) -> tuple[bytes, int, int]:
    """Samples as 16-bit little-endian PCM, with the numbers of channels and of frames.

    `value` has the shape (frames,), (frames, channels) or (channels, frames), the longer axis being time;
    floats from -1 to 1, integers of 16 bits. Raises MediaError.
    """
    array = numpy_of(key, value)
    np = sys.modules["numpy"]
    if array.ndim == 2 and array.shape[0] < array.shape[1]:
        array = array.T
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not array.size:
        raise MediaError(key, f"a sound of shape {array.shape}; expected (frames,) or (frames, channels)")
    if array.dtype.kind == "f":
        array = np.nan_to_num(array) * 32767
    frames, channels = array.shape
    return np.clip(array, -32768, 32767).astype("<i2").tobytes(), channels, frames


def _in_order(key: str, array: np.ndarray[Any, Any], order: str) -> np.ndarray[Any, Any]:
    if sorted(order) not in (["C", "H", "W"], ["H", "W"]) or array.ndim != len(order):
        raise MediaError(key, f"an image of shape {array.shape} is not of the order {order!r}")
    turned: np.ndarray[Any, Any] = array.transpose([order.index(axis) for axis in "HWC" if axis in order])
    return turned
