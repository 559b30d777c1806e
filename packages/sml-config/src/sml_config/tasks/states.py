"""How an attempt of a task ended, and where the task stands: one rule for launcher and viewer."""

from __future__ import annotations

# Outcomes of an attempt, as a launcher's journal has them.
FINISHED = "finished"
FAILED = "failed"
KILLED = "killed"  # by a signal that nobody here sent
OUT_OF_MEMORY = "oom"
TIMED_OUT = "timeout"
CANCELLED = "cancelled"  # on request: the task is left, not failed
PREEMPTED = "preempted"  # its job gave way to another one
REQUEUED = "requeued"  # stopped before its job's time limit; the job is queued again

# Of these the task has not failed by itself: it is to be run.
TO_RUN = frozenset({CANCELLED, PREEMPTED, REQUEUED})

# States of a task. QUEUED, REQUEUED and PREEMPTED are known of a scheduler's jobs alone.
RUNNING, QUEUED, DONE, LEFT = "running", "queued", "done", "left"
STATES = (RUNNING, QUEUED, REQUEUED, PREEMPTED, DONE, FAILED, TIMED_OUT, LEFT)
# Somebody will run the task, or does, without another call of the launcher.
UNDER_WAY = frozenset({RUNNING, QUEUED, REQUEUED})
# Nobody will run the task unless it is started.
TO_START = frozenset({LEFT, PREEMPTED})
# It ended badly by itself.
ENDED_BADLY = frozenset({FAILED, TIMED_OUT})


def has_failed(outcome: str) -> bool:
    """Whether an attempt with this outcome ended badly by itself."""
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

    `claimed`: a living launcher runs it. `has_results`: the run folder of its last attempt is there.
    `retried`: the launcher that recorded the attempt tries again. `scheduler`: what the scheduler's queue
    says of the task: QUEUED, REQUEUED, PREEMPTED, TIMED_OUT, or None if the queue does not have it.
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
