"""Outcomes of attempts and states of tasks; shared by launcher and viewer."""

from __future__ import annotations

# Outcomes of an attempt, as recorded in a launcher's journal.
FINISHED = "finished"
FAILED = "failed"
KILLED = "killed"  # by a signal that the launcher did not send
OUT_OF_MEMORY = "oom"
TIMED_OUT = "timeout"
CANCELLED = "cancelled"  # on request: the task is left, not failed
PREEMPTED = "preempted"  # its job was preempted by another one
REQUEUED = "requeued"  # stopped before its job's time limit; the job is queued again

# Outcomes after which the task has not failed and is to be run again.
TO_RUN = frozenset({CANCELLED, PREEMPTED, REQUEUED})

# States of a task. QUEUED, REQUEUED and PREEMPTED exist only for jobs of a scheduler.
RUNNING, QUEUED, DONE, LEFT = "running", "queued", "done", "left"
STATES = (RUNNING, QUEUED, REQUEUED, PREEMPTED, DONE, FAILED, TIMED_OUT, LEFT)
# The task is running, or will run without another call of the launcher.
UNDER_WAY = frozenset({RUNNING, QUEUED, REQUEUED})
# The task will not run unless it is started.
TO_START = frozenset({LEFT, PREEMPTED})
# The task failed.
ENDED_BADLY = frozenset({FAILED, TIMED_OUT})


def has_failed(outcome: str) -> bool:
    """Whether an attempt with this outcome failed."""
    return outcome != FINISHED and outcome not in TO_RUN


def task_state(
    outcome: str | None,
    *,
    claimed: bool = False,
    has_results: bool = True,
    retried: bool = False,
    scheduler: str | None = None,
) -> str:
    """The state of a task whose last attempt had this outcome, None if there was no attempt.

    `claimed`: a live launcher runs it. `has_results`: the run folder of its last attempt exists.
    `retried`: the launcher that recorded the attempt will retry. `scheduler`: the state in the scheduler's
    queue: QUEUED, REQUEUED, PREEMPTED, TIMED_OUT, or None if the task is not in the queue.
    """
    if claimed:
        return RUNNING
    if outcome == FINISHED and has_results:
        return DONE
    if outcome == PREEMPTED or scheduler == PREEMPTED:
        return PREEMPTED
    if scheduler is not None:
        return REQUEUED if scheduler == QUEUED and outcome == REQUEUED else scheduler
    if outcome is None or retried or not has_failed(outcome):
        return LEFT
    return TIMED_OUT if outcome == TIMED_OUT else FAILED
