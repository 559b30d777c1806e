"""Several images as one, and boxes in an image, as TensorBoard shows them."""

from __future__ import annotations

from typing import Any

from sml_logger.errors import MediaError
from sml_logger.media.arrays import eight_bits, numpy_of

_COLUMNS = 8
_RED = (255, 0, 0)


def grid_of(key: str, images: Any, order: str) -> Any:
    """Images in rows of eight, as an array (height, width, channels); `order` names the axes, e.g. "NCHW"."""
    import numpy as np

    array = numpy_of(key, images)
    order = order.upper()
    if sorted(order) != ["C", "H", "N", "W"] or array.ndim != 4:
        raise MediaError(key, f"images of shape {array.shape} are not of the order {order!r}")
    array = eight_bits(array.transpose([order.index(axis) for axis in "NHWC"]))
    number, height, width, channels = array.shape
    columns = min(_COLUMNS, number)
    rows = -(-number // columns)
    grid = np.zeros((rows * height, columns * width, channels), np.uint8)
    for cell in range(number):
        top, left = cell // columns * height, cell % columns * width
        grid[top : top + height, left : left + width] = array[cell]
    return grid


def boxed(key: str, image: Any, boxes: Any, order: str) -> Any:
    """An image (height, width, 3) with red boxes; each is (left, top, right, bottom) in pixels."""
    import numpy as np

    array = numpy_of(key, image)
    order = order.upper()
    if sorted(order) not in (["C", "H", "W"], ["H", "W"]) or array.ndim != len(order):
        raise MediaError(key, f"an image of shape {array.shape} is not of the order {order!r}")
    array = eight_bits(array.transpose([order.index(axis) for axis in "HWC" if axis in order]))
    array = array[:, :, None] if array.ndim == 2 else array
    drawn = np.repeat(array, 3, axis=2) if array.shape[2] == 1 else array[..., :3].copy()
    height, width, _ = drawn.shape
    for left, top, right, bottom in numpy_of(key, boxes).reshape(-1, 4).astype(int).tolist():
        x = slice(max(left, 0), min(right, width - 1) + 1)
        y = slice(max(top, 0), min(bottom, height - 1) + 1)
        for line in (top, bottom):
            if 0 <= line < height:
                drawn[line, x] = _RED
        for line in (left, right):
            if 0 <= line < width:
                drawn[y, line] = _RED
    return drawn
