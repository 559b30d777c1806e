"""Binary codec for arrays: a JSON header, followed by typed arrays that a browser uses without copying.

`uint32 length of the header | header, padded with spaces to a multiple of eight | arrays, each at a
multiple of eight`, all little-endian. In the header an array is `{"at": offset after the header, "n":
length, "type": "f8" | "f4" | "u4"}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from flask import Response
from numpy.typing import NDArray

from sml_viewer.render.packed_arrays import PackedArrays

MIMETYPE = "application/octet-stream"
_STEP = 8


class Arrays(PackedArrays):
    """Collects arrays; equal ones are sent once."""

    def response(self, header: Mapping[str, object]) -> Response:
        """The response with this header."""
        text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode("utf-8")
        text += b" " * (-(len(text) + 4) % _STEP)
        head = len(text).to_bytes(4, "little") + text
        return Response(head + self.content, mimetype=MIMETYPE)


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
