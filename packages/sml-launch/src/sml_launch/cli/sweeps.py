"""Which of the sweeps of a folder a command speaks of, and which of its tasks are this machine's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sml_launch.errors import SmlLaunchError
from sml_launch.state.deals import read_deals
from sml_launch.state.launch_file import Launch, last_launch, launches
from sml_launch.state.state_paths import Places
from sml_launch.tasks.shards import machines

if TYPE_CHECKING:
    from sml_launch.plan import Plan


def chosen_launch(places: Places, name: str | None) -> Launch:
    """The last launch here, or the last one of a sweep: by experiment file, or the beginning of an id.

    Raises SmlLaunchError, with the sweeps that are there.
    """
    if name is None:
        return last_launch(places)
    every = launches(places)
    file = Path(name).name
    found = [
        launch
        for launch in every
        if launch.plan_id.startswith(name)
        or launch.id.startswith(name)
        or (launch.file and file in (Path(launch.file).name, Path(launch.file).stem))
    ]
    if found:
        return found[-1]
    last_launch(places)  # or its error, that nothing was launched here
    raise SmlLaunchError(f"no sweep {name!r} here; there are: {', '.join(sweep_names(every))}")


def plan_of_file(directory: Path, sweep: str | None) -> Plan:
    """The plan of a folder's experiment file, where nothing was launched: the runs came home there."""
    from sml_launch.experiment import default_file  # the other commands need little, and are to be quick
    from sml_launch.plan import Plan

    return Plan.from_file(directory / sweep if sweep else default_file(directory))


def sweep_names(every: Iterable[Launch]) -> list[str]:
    """A name for each plan, the newest first: its file, with the plan's id where several have that name."""
    last = {launch.plan_id: launch for launch in every}
    newest = sorted(last.values(), key=lambda launch: launch.created, reverse=True)
    return [
        f"{Path(launch.file).name} ({launch.plan_id})" if launch.file else launch.plan_id for launch in newest
    ]


def shard_ids(places: Places, launch: Launch, plan_ids: Iterable[str]) -> list[str] | None:
    """Ids of the tasks that are this machine's share of a plan; None if all are."""
    if launch.total == 1:
        return None
    first, last = machines(launch.total, launch.index)
    if first == -1:
        return None
    dealt = read_deals(places).get(launch.total, {})
    return [task_id for task_id in plan_ids if first <= dealt.get(task_id, -1) <= last]
