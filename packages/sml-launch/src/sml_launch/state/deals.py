"""Saved deals: the machine of each task, for each number of machines that the sweep was started on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from sml_config.files import locked
from sml_config.run_folder import read_json, write_atomic
from sml_launch.errors import warn_passed_over

from .state_paths import StatePaths

FORMAT = "sml-deals"
FORMAT_VERSION = 1

# The machine of each task by its id, by the number of machines.
Deals = dict[int, dict[str, int]]


def read_deals(paths: StatePaths) -> Deals:
    """The saved deals; {} without a file, and with a warning if it cannot be read."""
    if not paths.deals.is_file():
        return {}
    content = read_json(paths.deals)
    if not _is_deals(content):
        warn_passed_over(paths.deals, "not a file of deals that this version can read")
        return {}
    return {int(total): dealt for total, dealt in content["machines"].items()}


def remember_deal(paths: StatePaths, total: int, machine_of: Mapping[str, int]) -> None:
    """Save a deal for `total` machines; tasks of an earlier deal keep their machine."""
    paths.create_folders()
    with locked(paths.root / "deals.lock", math.inf):
        deals = read_deals(paths)
        before = deals.get(total, {})
        if machine_of.keys() <= before.keys():
            return
        deals[total] = {**machine_of, **before}
        content = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "machines": {str(number): dict(sorted(dealt.items())) for number, dealt in deals.items()},
        }
        write_atomic(paths.deals, json.dumps(content, indent=0) + "\n")


def _is_deals(content: Any) -> bool:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return False
    version, by_total = content.get("version"), content.get("machines")
    if not isinstance(version, int) or version > FORMAT_VERSION or not isinstance(by_total, dict):
        return False
    return all(
        total.isdecimal()
        and isinstance(dealt, dict)
        and all(isinstance(machine, int) and 0 <= machine < int(total) for machine in dealt.values())
        for total, dealt in by_total.items()
    )
