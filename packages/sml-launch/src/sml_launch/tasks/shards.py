"""Shards of a sweep: which machine runs which task.

Tasks are dealt by id, so the order in which a machine enumerates values or files does not matter. Tasks of
an earlier deal keep their machine: when a grid grows, only the new tasks are dealt.
"""

from __future__ import annotations

import heapq
import random
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sml_config import Task
from sml_config.hashing import short_hash
from sml_launch.errors import GridError

SHUFFLE_SEED = 42
_RANGE = re.compile(r"(\d+)-(\d+)")


def shard(
    tasks: Sequence[Task],
    total: int,
    index: int | str,
    seed: int | None = SHUFFLE_SEED,
    dealt: Mapping[str, int] | None = None,
) -> list[Task]:
    """The tasks of machine `index` (from 0) of `total`; -1 is all, "0-3" four machines' share.

    Args:
        tasks: all tasks of the sweep.
        total: number of machines.
        index: index of the machine, a range of them, or -1.
        seed: shuffles the order within the shard; None keeps the order of the grid.
        dealt: machine by task id of an earlier deal. Sizes of a first deal differ by at most one.

    Raises:
        GridError: for an invalid `index` or `total`.
    """
    first, last = machines(total, index)
    order = list(tasks)
    if seed is not None:
        order.sort(key=lambda task: task.id)
        random.Random(seed).shuffle(order)  # noqa: S311  a fair order, not a secret
    if first == -1 or total == 1:
        return order
    machine = deal([task.id for task in tasks], total, dealt)
    return [task for task in order if first <= machine[task.id] <= last]


def deal(task_ids: Collection[str], total: int, dealt: Mapping[str, int] | None = None) -> dict[str, int]:
    """The machine of each task by id, from 0 to `total` - 1: as `dealt`, new tasks to the smallest shard.

    Ids are hashes, so their order mixes slow and fast tasks.
    """
    known = dealt or {}
    machine_of = {task_id: known[task_id] for task_id in task_ids if known.get(task_id, total) < total}
    sizes = Counter(machine_of.values())
    smallest = [(sizes[machine], machine) for machine in range(total)]
    heapq.heapify(smallest)
    for task_id in sorted(set(task_ids) - machine_of.keys()):
        size, machine_of[task_id] = smallest[0]
        heapq.heapreplace(smallest, (size + 1, machine_of[task_id]))
    return machine_of


def deal_id(machine_of: Mapping[str, int]) -> str:
    """Twelve hex digits that are equal on machines with the same tasks and deal."""
    text = ",".join(f"{task_id}:{machine}" for task_id, machine in sorted(machine_of.items()))
    return short_hash(text, 12)


def machines(total: int, index: int | str) -> tuple[int, int]:
    """First and last machine of `-idx`; (-1, -1) for all. Raises GridError."""
    text = str(index).strip()
    match = _RANGE.fullmatch(text)
    if match:
        first, last = int(match[1]), int(match[2])
    elif re.fullmatch(r"-?\d+", text):
        first = last = int(text)
    else:
        first, last = 0, -2
    if total < 1 or not (first == last == -1 or 0 <= first <= last < total):
        expected = (
            f"-idx from 0 to {total - 1}, a range such as 0-{total - 1}, or -1 for all"
            if total > 0
            else "-tn"
        )
        message = f"-idx {index} of -tn {total}: expected {expected}"
        raise GridError(message if total > 0 else f"{message} of at least 1")
    return first, last
