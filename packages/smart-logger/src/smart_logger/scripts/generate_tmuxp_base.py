"""`generate_tmuxp_file` and `make_cmd_array`: the launcher's functions of older releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smart_logger._missing import needs
from smart_logger._removed import removed

with needs("sml-launch"):
    from sml_launch.legacy.api import generate_tmuxp_file, make_cmd_array

__all__ = ["check_aligned_valid", "generate_tmuxp_file", "make_cmd_array"]

# Constants that scripts import.
MAX_SUBWINDOW = 6
MAX_PARALLEL = 3
MACHINE_NUM = 8
MACHINE_IDX = -1

_OWN = "call make_cmd_array(...) in your own script, like generate_parallel_tasks.py of the tutorial"

__getattr__ = removed(
    __name__,
    {
        **dict.fromkeys(("get_cmd_array", "main"), _OWN),
        "make_cmd": "use make_cmd_array(...), which returns the commands of all tasks",
        "cmd_post_process": "pass your own function to make_cmd_array(..., cmd_post_process=)",
    },
)


def check_aligned_valid(aligned_candidates: Mapping[str, Any]) -> int:
    """The common length of the lists of aligned candidates. Raises ValueError if lengths differ."""
    lengths = {key: len(values) for key, values in aligned_candidates.items() if isinstance(values, list)}
    if len(set(lengths.values())) != 1:
        shown = ", ".join(f"{key} has {length}" for key, length in lengths.items()) or "no list given"
        raise ValueError(f"aligned_candidates: expected lists of equal length; {shown}")
    return next(iter(lengths.values()))
