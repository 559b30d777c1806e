"""Selection of a sweep of a folder by name, and of this machine's share of its tasks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sml_launch.errors import SmlLaunchError
from sml_launch.state.deals import read_deals
from sml_launch.state.launch_file import Launch, last_launch, launches
from sml_launch.state.state_paths import StatePaths
from sml_launch.tasks.shards import machines

if TYPE_CHECKING:
    from sml_launch.plan import Plan


def chosen_launch(paths: StatePaths, name: str | None) -> Launch:
    """The last launch here, or the last one of a sweep, by experiment file or prefix of an id.

    Raises SmlLaunchError, with the existing sweeps.
    """
    if name is None:
        return last_launch(paths)
    all_launches = launches(paths)
    file = Path(name).name
    matches = [
        launch
        for launch in all_launches
        if launch.plan_id.startswith(name)
        or launch.id.startswith(name)
        or (launch.file and file in (Path(launch.file).name, Path(launch.file).stem))
    ]
    if matches:
        return matches[-1]
    last_launch(paths)  # raises its error if nothing was launched here
    raise SmlLaunchError(f"unknown sweep {name!r}; expected one of: {', '.join(sweep_names(all_launches))}")


def plan_of_file(directory: Path, sweep: str | None) -> Plan:
    """The plan of a folder's experiment file, for folders that collect runs and launched nothing."""
    from sml_launch.experiment import default_file  # slow, and not needed by the other commands
    from sml_launch.plan import Plan

    return Plan.from_file(directory / sweep if sweep else default_file(directory))


def sweep_names(all_launches: Iterable[Launch]) -> list[str]:
    """A name for each plan, the newest first: its experiment file and id."""
    last = {launch.plan_id: launch for launch in all_launches}
    newest = sorted(last.values(), key=lambda launch: launch.created, reverse=True)
    return [
        f"{Path(launch.file).name} ({launch.plan_id})" if launch.file else launch.plan_id for launch in newest
    ]


def shard_ids(paths: StatePaths, launch: Launch, plan_ids: Iterable[str]) -> list[str] | None:
    """Ids of the tasks in this machine's share of a plan; None if that is all of them."""
    if launch.total == 1:
        return None
    first, last = machines(launch.total, launch.index)
    if first == -1:
        return None
    dealt = read_deals(paths).get(launch.total, {})
    return [task_id for task_id in plan_ids if first <= dealt.get(task_id, -1) <= last]
