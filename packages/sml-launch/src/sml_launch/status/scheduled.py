"""Tasks that are in a scheduler's queue, or that a scheduler ended without a word of their worker."""

from __future__ import annotations

from sml_config.run_folder import read_json
from sml_config.tasks.states import QUEUED, REQUEUED, TO_RUN
from sml_launch.backends import backend
from sml_launch.errors import SmlLaunchError
from sml_launch.state.launch_file import Launch, read_launch
from sml_launch.state.results import Journals
from sml_launch.state.state_paths import Places


def scheduler_states(places: Places, journals: Journals) -> dict[str, str]:
    """The state of each task that a scheduler has something to say of, see `task_state`.

    The scheduler is asked only about launches that have tasks without a result.
    """
    found: dict[str, str] = {}
    for path in sorted(places.launches.glob("*.handle")):
        handle = read_json(path)
        if not isinstance(handle, dict) or "jobs" not in handle:
            continue
        try:
            launch = read_launch(path.with_suffix(".json"))
        except SmlLaunchError:
            continue  # `launches` warns of it
        # `stop` takes the tasks of a launch out of the queue.
        if not places.stop_mark(launch.id).exists() and any(
            _is_open(task_id, launch, journals) for task_id in launch.task_ids
        ):
            states = backend(launch.backend).scheduled(launch)
            found |= {
                task_id: state
                for task_id, state in states.items()
                if not _is_known_better(task_id, state, launch, journals, int(handle.get("per_job", 1)))
            }
    return found


def _is_open(task_id: str, launch: Launch, journals: Journals) -> bool:
    last = journals.latest.get(task_id)
    return last is None or last.launch != launch.id or last.retried or last.outcome in TO_RUN


def _is_known_better(task_id: str, state: str, launch: Launch, journals: Journals, per_job: int) -> bool:
    """Whether a result tells more of the task than the state of its job does."""
    last = journals.latest.get(task_id)
    if last is None:
        return False
    ours = last.launch == launch.id
    if state not in (QUEUED, REQUEUED):
        return ours or last.started >= launch.created
    # A job of several tasks goes on behind those that failed; the job of one, queued again, runs it again.
    return ours and last.failed and not last.retried and (per_job > 1 or state == QUEUED)
