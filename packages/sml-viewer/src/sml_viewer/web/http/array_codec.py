"""Binary codec for arrays: a JSON header, followed by typed arrays that a browser uses without copying.

`uint32 length of the header | header, padded with spaces to a multiple of eight | arrays, each at a
multiple of eight`, all little-endian. In the header an array is `{"at": offset after the header, "n":
length, "type": "f8" | "f4" | "u4"}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from flask import Response
from numpy.typing import NDArray

from sml_viewer.web.schemas.plots import Array

MIMETYPE = "application/octet-stream"
_STEP = 8
_Type = Literal["f8", "f4", "u4"]
_LARGEST = float(np.finfo(np.float32).max)


class Arrays:
    """Collects arrays; equal ones are sent once."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._known: dict[tuple[_Type, bytes], Array] = {}

    def add_f64(self, values: NDArray[Any]) -> Array:
        """Float64: x may be a number of steps above 16.7 million."""
        return self._add(values, "f8")

    def add_f32(self, values: NDArray[Any]) -> Array:
        """Float32, or float64 if a value is too large."""
        finite = values[np.isfinite(values)]
        fits = not len(finite) or float(np.abs(finite).max()) <= _LARGEST
        return self._add(values, "f4" if fits else "f8")

    def add_u32(self, values: NDArray[Any]) -> Array:
        """Non-negative integers."""
        return self._add(values, "u4")

    def response(self, header: Mapping[str, object]) -> Response:
        """The response with this header."""
        text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode("utf-8")
        text += b" " * (-(len(text) + 4) % _STEP)
        head = len(text).to_bytes(4, "little") + text
        return Response(b"".join([head, *self._parts]), mimetype=MIMETYPE)

    def _add(self, values: NDArray[Any], kind: _Type) -> Array:
        content = np.ascontiguousarray(values, dtype=f"<{kind}").tobytes()
        known = self._known.get((kind, content))
        if known is None:
            known = self._known[kind, content] = {"at": self._size, "n": len(values), "type": kind}
            padded = content + b"\0" * (-len(content) % _STEP)
            self._parts.append(padded)
            self._size += len(padded)
        return known


def unpack(content: bytes) -> tuple[dict[str, Any], dict[int, NDArray[Any]]]:
    """The header of a response, and its arrays by offset; for tests and benchmarks."""
    length = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + length])
    arrays: dict[int, NDArray[Any]] = {}

    def find(value: Any) -> None:
        if isinstance(value, dict) and set(value) == {"at", "n", "type"}:
            start = 4 + length + value["at"]
            arrays[value["at"]] = np.frombuffer(content, f"<{value['type']}", value["n"], start)
        elif isinstance(value, dict):
            for item in value.values():
                find(item)
        elif isinstance(value, list):
            for item in value:
                find(item)

    find(header)
    return header, arrays
