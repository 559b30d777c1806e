"""What this machine remembers of earlier deals: which machine got which task, for each number of machines."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from typing import Any

from sml_config.run_folder import read_json, write_whole
from sml_launch.errors import warn_passed_over

from .state_paths import Places

FORMAT = "sml-deals"
FORMAT_VERSION = 1

# The machine of each task by its id, by the number of machines.
Deals = dict[int, dict[str, int]]


def read_deals(places: Places) -> Deals:
    """The deals that were made here; none if there is no file, or none that can be read (a warning)."""
    if not places.deals.is_file():
        return {}
    content = read_json(places.deals)
    if not _is_deals(content):
        warn_passed_over(places.deals, "not a file of deals that this version can read")
        return {}
    return {int(total): dealt for total, dealt in content["machines"].items()}


def remember_deal(places: Places, total: int, machine_of: Mapping[str, int]) -> None:
    """Add a deal to `total` machines to those remembered; tasks that are known keep their machine."""
    places.make()
    with (places.root / "deals.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        deals = read_deals(places)
        before = deals.get(total, {})
        if machine_of.keys() <= before.keys():
            return
        deals[total] = {**machine_of, **before}
        content = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "machines": {str(number): dict(sorted(dealt.items())) for number, dealt in deals.items()},
        }
        write_whole(places.deals, json.dumps(content, indent=0) + "\n")


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
