"""`all_results.json` and relatives of Hugging Face's Trainer: values that were measured once, at the end."""

from __future__ import annotations

import os
import re
from collections import Counter

import numpy as np

from sml_viewer.model.sources import Group
from sml_viewer.readers.base import MOST_WHOLE, Description, Listing, Rows, TableData, TableState
from sml_viewer.readers.file_io import read_small
from sml_viewer.readers.json_object import json_object, numbers_in, read_json_object
from sml_viewer.safe_open import Held

# The first has what all others have, if it is there.
_ALL = "all_results.json"
_NAMES = (_ALL, "train_results.json", "eval_results.json", "test_results.json", "predict_results.json")
_CHECKPOINT = re.compile(r"checkpoint-\d+")
_PREFIXES = ("eval_", "train_", "test_", "predict_")
_LARGEST = 65_536
_TRAINED = "train_runtime"  # written once training has ended


class TrainerResultsReader:
    """One row: the last epoch, and each value by the name that the Trainer gave it."""

    name = "trainer_results"
    title = "results of Hugging Face's Trainer"
    tells_state = True
    written_at_end = True
    described_bytes = MOST_WHOLE

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The results of all stages, else those of each."""
        if listing.files.isdisjoint(_NAMES):
            return ()
        files = tuple(name for name in _NAMES if name in listing.files)
        if _CHECKPOINT.fullmatch(listing.path.rpartition("/")[2]):
            return ()
        files = files[:1] if files[0] == _ALL else files
        return tuple(name for name in files if _are_results(listing.head(name, _LARGEST)))

    def groups(
        self,
        tables: tuple[str, ...],
        *,
        own: bool,  # noqa: ARG002  the protocol's
    ) -> tuple[Group, ...]:
        """A source for each file; their names have the stage before them."""
        return tuple(
            Group("" if index == 0 else name.partition("_")[0], "", self.name, (name,))
            for index, name in enumerate(tables)
        )

    def read(
        self,
        file: int,
        status: os.stat_result,
        name: str,  # noqa: ARG002  the protocol's
        layout: str,  # noqa: ARG002  the protocol's
        state: TableState,
    ) -> TableData:
        """All of it: the file is replaced, not written on."""
        numbers = numbers_in(read_json_object(file, status))
        rows = Rows(1, {name: np.array([value]) for name, value in numbers.items()}, Counter())
        state = TableState(inode=status.st_ino, offset=status.st_size)
        return TableData(state, pieces=(rows,) if numbers else ())

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:
        """Finished where the duration of the whole training is among the results."""
        contents = (json_object(read_small(folder, table, MOST_WHOLE)) for table in tables)
        return Description(state="finished" if any(_TRAINED in content for content in contents) else None)


def _are_results(data: bytes) -> bool:
    try:
        content = json_object(data)
    except ValueError:
        return False
    return any(
        isinstance(value, (int, float)) and name.startswith(_PREFIXES) for name, value in content.items()
    )
