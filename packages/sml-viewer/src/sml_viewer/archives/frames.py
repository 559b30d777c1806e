"""Length-prefixed messages between the page and its archive worker: JSON and bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

_LENGTH = 4
_PIECE = 1 << 20


def send_json(pipe: BinaryIO, message: Any) -> None:
    """Send one JSON message."""
    send_pieces(pipe, [json.dumps(message).encode("ascii")])


def receive_json(pipe: BinaryIO) -> Any:
    """Receive the next JSON message. Raises EOFError if the other process has ended."""
    return json.loads(b"".join(receive_pieces(pipe)))


def send_pieces(pipe: BinaryIO, pieces: Iterable[bytes]) -> None:
    """Send a message of any number of bytes, and its end."""
    for piece in pieces:
        if piece:
            pipe.write(len(piece).to_bytes(_LENGTH, "big"))
            pipe.write(piece)
    pipe.write(bytes(_LENGTH))
    pipe.flush()


def receive_pieces(pipe: BinaryIO) -> Iterator[bytes]:
    """The pieces of one binary message. Raises EOFError if the other process has ended."""
    while length := int.from_bytes(_exactly(pipe, _LENGTH), "big"):
        yield _exactly(pipe, length)


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """A file in pieces, from its current position to its end."""
    while piece := file.read(_PIECE):
        yield piece


def _exactly(pipe: BinaryIO, length: int) -> bytes:
    data = pipe.read(length)
    if len(data) != length:
        raise EOFError("the other process has ended")
    return data
