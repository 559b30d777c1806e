"""Parameters in event files: those of the hparams plugin, and what frameworks write as text summaries."""

from __future__ import annotations

import re
import struct
from typing import Any

from sml_viewer.jsonio import is_deep, loads_flat
from sml_viewer.readers.plain_values import arguments_of, value_of

from .messages import event_of, fields, signed, varint
from .records import FOOT, masked_crc, records

_WORDS = (b"text_summary", b"hparams")
_MOST_BYTES = 1 << 16
# Hugging Face, and whoever writes a JSON object of parameters.
_JSON_TAGS = ("args", "config", "hparams", "hyperparameters", "hyper_parameters", "parameters", "params")
_MODEL = "model_config"
# A row of a table in Markdown, `|name|value|`, as CleanRL writes them.
_ROW = re.compile(r"^\|(?P<name>[^|\n]+)\|(?P<value>[^\n]*)\|\s*$", re.MULTILINE)
_RULE = re.compile(r"[\s:|-]+")
_MOST = 2_000
_LENGTH, _VARINT, _FIXED64, _FIXED32 = 2, 0, 1, 5


def parameters_in(data: bytes) -> dict[str, Any]:
    """The parameters in the beginning of an event file; none where there are none."""
    last = max(map(data.rfind, _WORDS))
    if last < 0:  # most have none
        return {}
    parameters: dict[str, Any] = {}
    listed = records(data, last)
    for start, length in zip(listed.starts.tolist(), listed.lengths.tolist(), strict=True):
        if length > _MOST_BYTES or not any(data.find(word, start, start + length) >= 0 for word in _WORDS):
            continue
        payload = data[start : start + length]
        if masked_crc(payload) != int.from_bytes(data[start + length : start + length + FOOT], "little"):
            break
        try:
            message = event_of(payload).message
        except ValueError:
            continue
        for content in message.hparams:
            parameters = {**_of_plugin(content), **parameters}
        for tag, text in message.texts:
            parameters = {**_of_text(tag.removesuffix("/text_summary"), text), **parameters}
    return dict(list(parameters.items())[:_MOST])


def _of_text(tag: str, text: str) -> dict[str, Any]:
    name = tag.rpartition("/")[2].lower()
    if text.lstrip().startswith("{") and (name in _JSON_TAGS or name == _MODEL):
        try:
            value = loads_flat(text)
        except (ValueError, RecursionError):
            return arguments_of(text)
        if not isinstance(value, dict) or is_deep(value):
            return {}
        return {_MODEL: value} if name == _MODEL else {str(key): item for key, item in value.items()}
    if name not in _JSON_TAGS:
        return {}
    if arguments := arguments_of(text):  # as Tianshou writes them
        return arguments
    rows = [(row["name"].strip(), row["value"]) for row in _ROW.finditer(text)]
    # The first two are the table's header and the rule below it.
    if len(rows) < 3 or not _RULE.fullmatch(rows[1][0]):
        return {}
    return {key: value_of(value.replace("\\|", "|")) for key, value in rows[2:]}


def _of_plugin(content: bytes) -> dict[str, Any]:
    """HParamsPluginData: field 3 is session_start_info, its field 1 a map of names to protobuf's Value."""
    values: dict[str, Any] = {}
    try:
        for number, kind, at, until in fields(content, 0, len(content)):
            if number != 3 or kind != _LENGTH:
                continue
            for inner, wire, start, end in fields(content, at, until):
                if inner == 1 and wire == _LENGTH:
                    name, value = _entry(content, start, end)
                    values[name] = value
    except ValueError:
        return {}
    return values


def _entry(data: bytes, start: int, end: int) -> tuple[str, Any]:
    name, value = "", None
    for number, kind, at, until in fields(data, start, end):
        if number == 1 and kind == _LENGTH:
            name = data[at:until].decode("utf-8", "replace")
        elif number == 2 and kind == _LENGTH:
            value = _value(data, at, until)
    return name, value


def _value(data: bytes, start: int, end: int) -> Any:
    """google.protobuf.Value: 2 a double, 3 a text, 4 a truth; lists and objects do not occur."""
    value: Any = None
    for number, kind, at, until in fields(data, start, end):
        if number == 2 and kind == _FIXED64:
            (number_value,) = struct.unpack_from("<d", data, at)
            # Every number is written as a double, 3 as 3.0.
            whole = number_value.is_integer() and abs(number_value) < 1 << 53
            value = int(number_value) if whole else number_value
        elif number == 3 and kind == _LENGTH:
            value = data[at:until].decode("utf-8", "replace")
        elif number == 4 and kind == _VARINT:
            value = bool(signed(varint(data, at, until)[0]))
    return value
