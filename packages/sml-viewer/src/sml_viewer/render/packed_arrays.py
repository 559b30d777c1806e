"""Arrays as bytes beside a JSON header that refers to them by offset, length and type."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

_STEP = 8
_Type = Literal["f8", "f4", "u4"]
_LARGEST = float(np.finfo(np.float32).max)


class PackedArray(TypedDict):
    """A reference to an array: `at` counts bytes from the start of all arrays, `n` values."""

    at: int
    n: int
    type: _Type


class PackedArrays:
    """Collects arrays, little-endian, each at a multiple of eight bytes; equal ones are stored once."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._known: dict[tuple[_Type, bytes], PackedArray] = {}

    def add_f64(self, values: NDArray[Any]) -> PackedArray:
        """Float64: x may be a number of steps above 16.7 million."""
        return self._add(values, "f8")

    def add_f32(self, values: NDArray[Any]) -> PackedArray:
        """Float32, or float64 if a value is too large."""
        finite = values[np.isfinite(values)]
        fits = not len(finite) or float(np.abs(finite).max()) <= _LARGEST
        return self._add(values, "f4" if fits else "f8")

    def add_u32(self, values: NDArray[Any]) -> PackedArray:
        """Non-negative integers."""
        return self._add(values, "u4")

    @property
    def content(self) -> bytes:
        """All arrays."""
        return b"".join(self._parts)

    def _add(self, values: NDArray[Any], kind: _Type) -> PackedArray:
        content = np.ascontiguousarray(values, dtype=f"<{kind}").tobytes()
        known = self._known.get((kind, content))
        if known is None:
            known = self._known[kind, content] = {"at": self._size, "n": len(values), "type": kind}
            padded = content + b"\0" * (-len(content) % _STEP)
            self._parts.append(padded)
            self._size += len(padded)
        return known
