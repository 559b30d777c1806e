"""A grid turned into an immutable plan, and the plan into runs."""

from __future__ import annotations

import hashlib
import os
import shlex
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sml_config import Task
from sml_config.tasks import tasks as task_files

from .arguments import folder, seconds, whole, words
from .backends import backend
from .environment import carried_environment, carried_secrets, check_declared, patterns
from .errors import CommandLineWarning, GridError
from .experiment import Experiment, load_experiment
from .preflight import check_run_folders, check_start, check_words
from .process import gpus as gpu_choice
from .run import Run
from .shell_words import header_words
from .state.deals import read_deals, remember_deal
from .state.equivalents import Equivalent, equivalents
from .state.launch_file import Launch
from .state.results import Journals, record
from .state.state_paths import Places, write_lines
from .tasks.argument_styles import argument_spelling
from .tasks.grid import Grid
from .tasks.interpreter import launching_python
from .tasks.shards import deal, deal_id, machines, shard
from .tasks.task_encoding import TaskTexts

RERUN_FAILED = "failed"
RERUN_ALL = "all"
RERUN_CHANGED = "changed"


@dataclass(frozen=True)
class Plan:
    """All tasks of an experiment, checked; what is submitted is one of its shards."""

    experiment: Experiment
    tasks: tuple[Task, ...]
    swept: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, experiment: Experiment) -> Plan:
        """The plan of an experiment. Raises GridError, ParameterError; nothing is written or started."""
        grid = experiment.grid
        tasks = tuple(grid.tasks())
        check_words(tasks, experiment.environment)
        check_run_folders(experiment.directory, tasks)
        return cls(experiment, tasks, grid.swept() if grid.task_is_valid is None else ())

    @classmethod
    def from_file(cls, path: str | os.PathLike[str] | None = None) -> Plan:
        """The plan of an experiment file. Raises GridError, ParameterError."""
        return cls.of(load_experiment(path))

    @classmethod
    def from_grid(cls, grid: Grid, directory: str | os.PathLike[str] = ".", **how: Any) -> Plan:
        """The plan of a grid that runs in a directory; `how` are fields of Experiment."""
        return cls.of(Experiment(grid, folder("directory", directory), **how))

    @cached_property
    def id(self) -> str:
        """Twelve hex digits that depend on the tasks alone, not on their order."""
        identities = "".join(sorted(task.id for task in self.tasks))
        return hashlib.sha256(identities.encode()).hexdigest()[:12]

    @property
    def places(self) -> Places:
        """Where its files are."""
        return Places.under(self.experiment.directory)

    def part(self, total: int = 1, index: int | str = 0) -> list[Task]:
        """The tasks of one machine, see `shard`; those that were dealt here before stay where they are."""
        dealt = read_deals(self.places).get(total)
        return shard(self.tasks, total, index, self.experiment.shuffle_seed, dealt)

    def deal(self, total: int) -> dict[str, int]:
        """The machine of each task by its id, with what was dealt here before."""
        return deal([task.id for task in self.tasks], total, read_deals(self.places).get(total))

    def deal_id(self, total: int) -> str:
        """What machines of a sweep compare before they start: the same tasks, dealt alike."""
        return self.id if total == 1 else deal_id(self.deal(total))

    def dealt_otherwise(self, total: int, index: int | str) -> dict[int, int]:
        """By an earlier number of machines, how many tasks of this shard were another machine's then.

        They may have run there. Empty where this shard was dealt to `total` machines before, too.
        """
        deals = read_deals(self.places)
        first, last = machines(total, index)
        part = [task.id for task in self.part(total, index)]
        if first == -1 or not set(part).isdisjoint(deals.get(total, {})):
            return {}
        found = {
            earlier: sum(task_id in dealt and not first <= dealt[task_id] <= last for task_id in part)
            for earlier, dealt in deals.items()
            if earlier != total
        }
        return {earlier: count for earlier, count in found.items() if count}

    def due(self, tasks: Sequence[Task], rerun: str | None = None) -> list[Task]:
        """Those to run: by default what has not finished, under whatever spelling.

        `rerun` is "failed", "all", "changed" (what finished under another spelling, too) or a task's id.
        """
        journals = Journals(self.places)
        journals.refresh()
        if rerun == RERUN_ALL:
            return list(tasks)
        if rerun == RERUN_FAILED:
            latest = journals.latest
            return [task for task in tasks if task.id in latest and latest[task.id].failed]
        if rerun not in (None, RERUN_CHANGED):
            found = [task for task in tasks if task.id.startswith(rerun)]
            if len(found) != 1:
                raise GridError(
                    f"--rerun {rerun}: {len(found)} tasks have an id that begins so, expected one; "
                    "see sml-launch status --all, or use failed, changed or all"
                )
            return found
        done = journals.done()
        if rerun is None:
            done |= {item.task.id for item in equivalents(self.places, tasks, journals)}
        return [task for task in tasks if task.id not in done]

    def equivalents(self, tasks: Sequence[Task]) -> list[Equivalent]:
        """Those that have not finished as they are written, and have under another spelling."""
        journals = Journals(self.places)
        journals.refresh()
        return equivalents(self.places, tasks, journals)

    def record_equivalents(self, tasks: Sequence[Task]) -> None:
        """Record those as finished, so that status and viewer count them."""
        for item in self.equivalents(tasks):
            self.places.make()
            reason = f"finished as task {item.result.task_id}: {item.difference}"
            record(self.places, item.result._replace(task_id=item.task.id, attempt=1, reason=reason))

    def remember(self, total: int) -> None:
        """Keep this deal: a larger grid will leave its tasks where they are."""
        if total > 1:
            remember_deal(self.places, total, self.deal(total))

    def save(self) -> Path:
        """Write the plan file, which is never changed afterwards; returns its path."""
        self.places.make()
        path = self.places.plan(self.id)
        if not path.is_file():
            texts = TaskTexts(self.tasks[0].header)
            swept = self.swept or task_files.swept_parameters(task.parameters for task in self.tasks)
            head = {
                "format": task_files.FORMAT,
                "version": task_files.FORMAT_VERSION,
                "swept": list(swept),
            }
            write_lines(path, head, "tasks", map(texts.line, self.tasks))
        return path

    def launch(
        self,
        tasks: Iterable[Task],
        backend_name: str,
        how: Mapping[str, Any],
        own: Mapping[str, Any],
        share: tuple[int, int | str] = (1, 0),
    ) -> Launch:
        """What is to be started, not saved yet.

        `how` holds gpus, per_gpu, max_parallel, retries, timeout, …; `own` the backend's own options; `share`
        the number of machines and which of them this is.
        """
        made = self.experiment
        chosen = backend(backend_name)
        how = _checked(how)
        wanted = how.get("gpus") or made.gpus if "gpus" in chosen.launch_options else ()
        tasks = list(tasks)
        journals = Journals(self.places)
        journals.refresh()
        parallel = min(how.get("max_parallel") or made.max_parallel, max(len(tasks), 1))
        if how.get("per_gpu") and not wanted:
            raise GridError("--per-gpu counts tasks on a GPU, and none is named; add --gpus 0,1 or GPUS")
        spelling = self._spelling(tasks)
        slots = gpu_choice.slots(wanted, parallel, how.get("per_gpu"))
        environment = chosen.environment(made, own)
        declared = (*made.carry_env, *how.get("carry_env", ()))
        launch = Launch(
            self.id,
            str(made.directory),
            tuple(task.id for task in tasks),
            backend_name,
            environment=environment,
            setup=made.setup,
            gpus=tuple(wanted) if chosen.shares_gpus else tuple(gpu for gpu in slots if gpu is not None),
            max_parallel=len(slots),
            per_gpu=how.get("per_gpu"),
            retries=how.get("retries") or 0,
            timeout=how.get("timeout"),
            fail_fast=bool(how.get("fail_fast") or made.fail_fast),
            rerun=bool(how.get("rerun")),
            attempts=journals.attempts(task.id for task in tasks),
            equality_assign=made.equality_assign,
            sleep_before=made.sleep_before,
            sleep_after=made.sleep_after,
            interval=made.interval,
            options={**chosen.defaults(made), **own},
            spelling=spelling,
            total=share[0],
            index=str(share[1]),
            file=str(made.file or ""),
            notify=how.get("notify", ()),
            shell=carried_environment(declared, environment, here=chosen.runs_here),
            carry_env=declared,
            secrets=carried_secrets(declared, environment),
            python=launching_python(header_words(made.grid.start_up_header), environment, made.setup),
        )
        return replace(launch, commands=self._post_processed(launch, tasks))

    def submit(
        self,
        backend_name: str = "local",
        *,
        total: int = 1,
        index: int | str = 0,
        rerun: str | None = None,
        tasks: Sequence[Task] | None = None,
        **options: Any,
    ) -> Run:
        """Start a shard, or given tasks, and return at once. Raises SmlLaunchError; then nothing runs.

        Options of every backend: max_parallel, retries, timeout (s), fail_fast; where it binds GPUs:
        gpus, per_gpu. Others are the backend's own; an unknown one is answered with the valid ones.
        """
        chosen = backend(backend_name)
        how, own = chosen.split_options(options)
        due = self.due(self.part(total, index) if tasks is None else tasks, rerun)
        launch = self.launch(due, backend_name, {**how, "rerun": rerun is not None}, own, (total, index))
        check_declared(launch.carry_env, launch.environment)
        if chosen.runs_here:
            check_start(launch, self.tasks[0].header)
        chosen.check(launch)
        if tasks is None:
            self.remember(total)
        if tasks is None and rerun is None:
            self.record_equivalents(self.part(total, index))
        self.save()
        launch.save()
        if due:
            chosen.submit(launch, due)
        return Run(launch)

    def _spelling(self, tasks: Sequence[Task]) -> dict[str, dict[str, list[str]]]:
        """How the script takes True, False and None. Raises GridError for what it cannot be given."""
        if self.experiment.equality_assign or not tasks:
            return {}
        spelling, faults, unknown = argument_spelling(tasks[0].header, self.experiment.directory, tasks)
        if faults:
            raise GridError("\n".join([*faults, "nothing was started"]))
        if unknown:
            warnings.warn(
                f"the script's sources do not show how it takes {', '.join(unknown)}: True is given as "
                f"--{unknown[0]}, False and None are left out",
                CommandLineWarning,
                stacklevel=4,
            )
        return spelling

    def _post_processed(self, launch: Launch, tasks: Iterable[Task]) -> dict[str, tuple[str, ...]]:
        """What an old file's cmd_post_process makes of the commands, where it changes them."""
        process = self.experiment.post_process
        if process is None:
            return {}
        found: dict[str, tuple[str, ...]] = {}
        for task in tasks:
            line = launch.shown(task)
            new = process(line)
            if not isinstance(new, str):
                raise GridError(f"cmd_post_process returned {new!r} for {line}; expected the command as text")
            if new != line:
                # The text is the user's own, and may use all of the shell.
                found[task.id] = ("bash", "-c", new)
        return found


def _checked(how: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a launch as numbers and names, from what the command line or Python gives."""
    given = {name: value for name, value in how.items() if value is not None}
    for name, least in (("max_parallel", 1), ("per_gpu", 1), ("retries", 0)):
        if name in given:
            given[name] = whole(name, given[name], least)
    if isinstance(given.get("notify"), str):
        given["notify"] = tuple(shlex.split(given["notify"]))
    if "carry_env" in given:
        given["carry_env"] = patterns(given["carry_env"])
    if "timeout" in given:
        given["timeout"] = seconds("timeout", given["timeout"])
    if "gpus" in given:
        text = isinstance(given["gpus"], str)
        given["gpus"] = gpu_choice.chosen(given["gpus"]) if text else words("gpus", given["gpus"])
    return given
