"""States of tasks by their scheduler: queued, or ended without a result of their worker."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from sml_config.run_folder import read_json
from sml_config.tasks.states import QUEUED, REQUEUED, TO_RUN
from sml_launch.backends import get_backend, plugin_errors
from sml_launch.errors import SmlLaunchError, StateFileWarning
from sml_launch.state.launch_file import Launch, read_launch
from sml_launch.state.results import Journals
from sml_launch.state.state_paths import StatePaths


def scheduler_states(paths: StatePaths, journals: Journals) -> dict[str, str]:
    """Scheduler states of tasks by id, see `task_state`.

    Schedulers are queried only for launches that have tasks without a result.
    """
    known_states: dict[str, str] = {}
    for path in sorted(paths.launches.glob("*.handle")):
        handle = read_json(path)
        if not isinstance(handle, dict) or "jobs" not in handle:
            continue
        try:
            launch = read_launch(path.with_suffix(".json"))
        except SmlLaunchError:
            continue  # `launches` warns about it
        # A stopped launch has no task in the queue.
        if not paths.stop_mark(launch.id).exists() and any(
            _is_open(task_id, launch, journals) for task_id in launch.task_ids
        ):
            states = _states_of(launch)
            known_states |= {
                task_id: state
                for task_id, state in states.items()
                if not _result_supersedes(task_id, state, launch, journals, int(handle.get("per_job", 1)))
            }
    return known_states


def _states_of(launch: Launch) -> Mapping[str, str]:
    """What the scheduler of a launch reports; a backend that fails is named in a warning."""
    try:
        backend = get_backend(launch.backend)
        with plugin_errors(backend, "scheduled"):
            return backend.scheduled(launch)
    except SmlLaunchError as error:
        warnings.warn(
            f"launch {launch.id}: {error}; its queued tasks are counted as left",
            StateFileWarning,
            stacklevel=3,
        )
        return {}


def _is_open(task_id: str, launch: Launch, journals: Journals) -> bool:
    last = journals.latest.get(task_id)
    return last is None or last.launch != launch.id or last.retried or last.outcome in TO_RUN


def _result_supersedes(task_id: str, state: str, launch: Launch, journals: Journals, per_job: int) -> bool:
    """Whether the last result of a task is newer than the scheduler state."""
    last = journals.latest.get(task_id)
    if last is None:
        return False
    ours = last.launch == launch.id
    if state not in (QUEUED, REQUEUED):
        return ours or last.started >= launch.created
    # A requeued job of several tasks continues after failed ones; a job of one task runs it again.
    return ours and last.failed and not last.retried and (per_job > 1 or state == QUEUED)
