"""`trainer_state.json` of Hugging Face's Trainer: one JSON document, rewritten at each save."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from typing import Any

import numpy as np

from sml_viewer.model.sources import Group
from sml_viewer.safe_open import Held

from .base import MOST_WHOLE, Description, Listing, Rows, TableData, TableState
from .file_io import read_small
from .json_object import json_object, read_json_object

_NAME = "trainer_state.json"
_CHECKPOINT = re.compile(r"checkpoint-(?P<step>\d+)")
_STEP = "step"
# What the Trainer was asked for, as its state repeats it.
_PARAMETERS = (
    "train_batch_size",
    "num_train_epochs",
    "max_steps",
    "logging_steps",
    "eval_steps",
    "save_steps",
)
_DESCRIBED = MOST_WHOLE
_CONTENT = "a JSON object of a trainer's state"


class TrainerStateReader:
    """The state that the Trainer saved last, in the output folder or in its newest checkpoint."""

    name = "trainer_state"
    title = "Hugging Face trainer state"
    # Checkpoints, models and event files below are of the same run.
    whole_folder = True
    tells_state = True
    described_bytes = _DESCRIBED

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The state in the folder, else that of its newest checkpoint; checkpoints are not runs."""
        if _NAME in listing.files:
            # The newest one was claimed from the folder around it, if that is looked at.
            inside = listing.around is not None and _CHECKPOINT.fullmatch(listing.path.rpartition("/")[2])
            return () if inside else (_NAME,)
        steps = [
            (int(match["step"]), name) for name in listing.folders if (match := _CHECKPOINT.fullmatch(name))
        ]
        for _, name in sorted(steps, reverse=True)[:3]:
            if _NAME in listing.files_in(name):
                return (f"{name}/{_NAME}",)
        return ()

    def groups(
        self,
        tables: tuple[str, ...],
        *,
        own: bool,  # noqa: ARG002  the protocol's
    ) -> tuple[Group, ...]:
        """One source."""
        return (Group("", "", self.name, tables),)

    def read(
        self,
        file: int,
        status: os.stat_result,
        name: str,  # noqa: ARG002  the protocol's
        layout: str,  # noqa: ARG002  the protocol's
        state: TableState,
    ) -> TableData:
        """All of it: the file is replaced, not written on."""
        content = read_json_object(file, status, _CONTENT)
        rows = _rows(content.get("log_history"))
        state = TableState(inode=status.st_ino, offset=status.st_size)
        return TableData(state, pieces=(rows,) if rows.count else ())

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:
        """The parameters that the state repeats; finished where it reached its last step."""
        content = json_object(read_small(folder, tables[0], MOST_WHOLE), _CONTENT)
        known = {name: content[name] for name in _PARAMETERS if isinstance(content.get(name), (int, float))}
        done, most = content.get("global_step"), content.get("max_steps")
        whole = isinstance(done, int) and isinstance(most, int) and 0 < most <= done
        return Description(known, "finished" if whole else None)


def _numbers(entry: dict[str, Any]) -> dict[str, float]:
    # At once, as most are; those that are too large for a float are left out one by one.
    with contextlib.suppress(OverflowError):
        return {name: float(value) for name, value in entry.items() if isinstance(value, (int, float))}
    numbers = {}
    for name, value in entry.items():
        if isinstance(value, (int, float)):
            with contextlib.suppress(OverflowError):
                numbers[name] = float(value)
    return numbers


def _rows(history: Any) -> Rows:
    """One row for each step: training and evaluation logged at one step share the row."""
    rows: dict[float, dict[str, float]] = {}
    odd = 0
    for entry in history if isinstance(history, list) else ():
        if not isinstance(entry, dict):
            odd += 1
            continue
        numbers = _numbers(entry)
        step = numbers.get(_STEP)
        if step is None:
            odd += 1
            continue
        rows.setdefault(step, {}).update(numbers)
    ordered = [rows[step] for step in sorted(rows)]
    names = dict.fromkeys(name for row in ordered for name in row)
    columns = {name: np.array([row.get(name, np.nan) for row in ordered]) for name in (_STEP, *names)}
    encodable = {
        name.encode("utf-8", "backslashreplace").decode(): values for name, values in columns.items()
    }
    present = {name: values for name, values in encodable.items() if not np.isnan(values).all()}
    return Rows(len(ordered), present if ordered else {}, Counter({"no_step": odd}) if odd else Counter())
