"""Cached encoding of tasks: a grid repeats few parameter values very often."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sml_config import Task
from sml_config.hashing import short_hash
from sml_config.values import canonical, plain

# A grid has some dozens of values; bounds the memory for tasks that are not from a grid.
_LARGEST = 100_000


class TaskTexts:
    """Creates tasks of one header, with their ids and lines of a plan file."""

    def __init__(self, header: tuple[str, ...]) -> None:
        self.header = header
        self._head = canonical(list(header))
        self._json_head = json.dumps(list(header), ensure_ascii=False)
        self._canonical: dict[tuple[str, type, Any], str] = {}
        self._json: dict[tuple[str, type, Any], str] = {}

    def task(self, parameters: Mapping[str, Any]) -> Task:
        """The task with these parameters. Raises ParameterError for a value that cannot be saved."""
        values = {}
        texts = []
        for name, value in parameters.items():
            key = (name, value.__class__, value)
            text = self._canonical.get(key) if _repeats(value) else None
            if text is None:
                value = plain(name, value)
                text = f"{canonical(name)}:{canonical(value)}"
                if _repeats(value) and len(self._canonical) < _LARGEST:
                    self._canonical[(name, value.__class__, value)] = text
            values[name] = value
            texts.append(text)
        texts.sort()
        whole = f"[{self._head},{{{','.join(texts)}}}]"
        identity = short_hash(whole, 12)
        return Task.known(self.header, values, identity)

    def line(self, task: Task) -> str:
        """The task as one line of JSON, in the format of plan files."""
        parts = []
        for name, value in task.parameters.items():
            key = (name, value.__class__, value) if _repeats(value) else None
            text = self._json.get(key) if key else None
            if text is None:
                text = f"{_json(name)}: {_json(value)}"
                if key and len(self._json) < _LARGEST:
                    self._json[key] = text
            parts.append(text)
        head = self._json_head if task.header == self.header else _json(list(task.header))
        return f'{{"id": "{task.id}", "header": {head}, "parameters": {{{", ".join(parts)}}}}}'


def _repeats(value: Any) -> bool:
    """Whether equal values of this type are the same value; 0.0 and -0.0 are equal and are not."""
    kind = value.__class__
    return kind is str or kind is int or kind is bool or (kind is float and value != 0)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text
