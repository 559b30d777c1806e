"""`evaluations.npz` of Stable-Baselines3's EvalCallback: at each evaluation the returns of some episodes."""

from __future__ import annotations

import io
import math
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from sml_viewer.arrays import Floats
from sml_viewer.i18n import Message
from sml_viewer.model.sources import Group

from .base import MOST_WHOLE, Listing, Rows, TableData, TableState, read_at

if TYPE_CHECKING:
    import zipfile

_NAME = "evaluations.npz"
_STEPS = "timesteps"
# The arrays, of shape (evaluations, episodes), and what SB3 itself calls their means.
_MEANS = {
    "results": "eval/mean_reward",
    "ep_lengths": "eval/mean_ep_length",
    "successes": "eval/success_rate",
}


class EvaluationsReader:
    """A row is an evaluation: the mean over its episodes, which are not seeds."""

    name = "evaluations"
    title = "evaluations of Stable-Baselines3"

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The one file."""
        return (_NAME,) if _NAME in listing.files else ()

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
        """The whole file, which is rewritten at each evaluation. Pickles are never loaded."""
        if status.st_size > MOST_WHOLE:
            raise ValueError(Message("larger than {most} MB", most=MOST_WHOLE // 1_000_000))
        rows = _rows(read_at(file, status.st_size, 0))
        state = TableState(inode=status.st_ino, offset=status.st_size)
        return TableData(state, pieces=(rows,) if rows.count else ())


def _rows(data: bytes) -> Rows:
    import zipfile  # late, as few runs have such a file

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            arrays = {name: _array(archive, f"{name}.npy") for name in (_STEPS, *_MEANS)}
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise ValueError(Message("not a whole archive of arrays ({error})", error=error)) from error
    steps = arrays.pop(_STEPS)
    if steps is None or steps.ndim != 1:
        raise ValueError(Message("it has no {name}, a number for each evaluation", name=_STEPS))
    columns: dict[str, Floats] = {_STEPS: steps.astype(np.float64)}
    for name, values in arrays.items():
        if values is not None and values.ndim in (1, 2) and len(values) == len(steps) and values.size:
            means = values.astype(np.float64)
            columns[_MEANS[name]] = means.mean(axis=1) if means.ndim == 2 else means
    present = {name: values for name, values in columns.items() if not np.isnan(values).all()}
    return Rows(len(steps), present, Counter())


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any] | None:
    """An array of numbers; None without one. Raises ValueError for what is larger than the file may be."""
    try:
        member = archive.getinfo(name)
    except KeyError:
        return None
    if member.file_size > MOST_WHOLE:
        raise ValueError(
            Message("{name} unpacks to more than {most} MB", name=name, most=MOST_WHOLE // 1_000_000)
        )
    with archive.open(member) as source:
        content = io.BytesIO(source.read(MOST_WHOLE))
    version = npy.read_magic(content)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = header(content)
    # Looked at before room is made for it.
    if dtype.kind not in "biuf" or math.prod(shape) * dtype.itemsize > member.file_size:
        return None
    content.seek(0)
    array: NDArray[Any] = npy.read_array(content, allow_pickle=False)
    return array
