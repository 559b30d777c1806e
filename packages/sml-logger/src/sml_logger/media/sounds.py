"""Sounds as WAV files of 16 bits."""

from __future__ import annotations

import io
from typing import Any

from sml_logger.errors import MediaError

from .arrays import samples_of
from .sources import file_of
from .store import MediaFile


def audio_file(key: str, samples: Any, sample_rate: int, caption: str | None = None) -> MediaFile:
    """A sound: samples (see `samples_of`), or the path of a file. Raises MediaError."""
    given = file_of(key, "audio", samples, caption)
    if given is not None:
        return given
    import wave

    rate = int(sample_rate)
    if rate <= 0:
        raise MediaError(key, f"invalid sample_rate {sample_rate!r}; expected samples per second")
    data, channels, frames = samples_of(key, samples)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(data)
    facts = {"sample_rate": rate, "channels": channels, "frames": frames}
    return MediaFile("audio", "wav", content=buffer.getvalue(), caption=caption, facts=facts)
