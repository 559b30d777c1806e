"""The immutable plan of an experiment: all its tasks, its shards, and their launch."""

from __future__ import annotations

import os
import shlex
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sml_config import Task
from sml_config.hashing import short_hash
from sml_config.tasks import tasks as task_files

from .arguments import folder, seconds, whole, words
from .backends import get_backend, plugin_errors
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
from .state.state_paths import StatePaths, write_lines
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
    """All tasks of an experiment, validated; `submit` starts a shard of them.

    >>> plan = Plan.from_grid(Grid("python main.py", exclusive_candidates={"seed": [1, 2, 3]}))
    >>> len(plan.tasks)
    3
    """

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
    def from_grid(cls, grid: Grid, directory: str | os.PathLike[str] = ".", **options: Any) -> Plan:
        """The plan of a grid that runs in `directory`; `options` are further fields of Experiment."""
        return cls.of(Experiment(grid, folder("directory", directory), **options))

    @cached_property
    def id(self) -> str:
        """Twelve hex digits that depend on the set of tasks only."""
        identities = "".join(sorted(task.id for task in self.tasks))
        return short_hash(identities, 12)

    @property
    def state_paths(self) -> StatePaths:
        """Paths below `.sml-launch/` of its directory."""
        return StatePaths.under(self.experiment.directory)

    def part(self, total: int = 1, index: int | str = 0) -> list[Task]:
        """The tasks of one machine, see `shard`; tasks keep the machine of an earlier deal."""
        dealt = read_deals(self.state_paths).get(total)
        return shard(self.tasks, total, index, self.experiment.shuffle_seed, dealt)

    def deal(self, total: int) -> dict[str, int]:
        """The machine of each task by its id; tasks keep the machine of an earlier deal."""
        return deal([task.id for task in self.tasks], total, read_deals(self.state_paths).get(total))

    def deal_id(self, total: int) -> str:
        """Id of the plan and its deal, which machines of a sweep compare before they start."""
        return self.id if total == 1 else deal_id(self.deal(total))

    def dealt_otherwise(self, total: int, index: int | str) -> dict[int, int]:
        """How many tasks of this shard belonged to another machine, by an earlier number of machines.

        They may have run there. Empty if this shard was dealt to `total` machines before.
        """
        deals = read_deals(self.state_paths)
        first, last = machines(total, index)
        part = [task.id for task in self.part(total, index)]
        if first == -1 or not set(part).isdisjoint(deals.get(total, {})):
            return {}
        moved = {
            earlier: sum(task_id in dealt and not first <= dealt[task_id] <= last for task_id in part)
            for earlier, dealt in deals.items()
            if earlier != total
        }
        return {earlier: count for earlier, count in moved.items() if count}

    def due(self, tasks: Sequence[Task], rerun: str | None = None) -> list[Task]:
        """The tasks to run: by default those that have not finished, in any spelling of their parameters.

        `rerun` is "failed", "all", "changed" (also those that finished in another spelling) or the prefix of
        a task id. Raises GridError if no task or several have that prefix.
        """
        journals = Journals(self.state_paths)
        journals.refresh()
        if rerun == RERUN_ALL:
            return list(tasks)
        if rerun == RERUN_FAILED:
            latest = journals.latest
            return [task for task in tasks if task.id in latest and latest[task.id].failed]
        if rerun not in (None, RERUN_CHANGED):
            matches = [task for task in tasks if task.id.startswith(rerun)]
            if len(matches) != 1:
                raise GridError(
                    f"invalid --rerun {rerun}, the prefix of {len(matches)} task ids; expected failed, "
                    "changed, all or the prefix of one task id, see sml-launch status --all"
                )
            return matches
        done = journals.done()
        if rerun is None:
            done |= {item.task.id for item in equivalents(self.state_paths, tasks, journals)}
        return [task for task in tasks if task.id not in done]

    def equivalents(self, tasks: Sequence[Task]) -> list[Equivalent]:
        """Tasks that have not finished as written, but in another spelling of their parameters."""
        journals = Journals(self.state_paths)
        journals.refresh()
        return equivalents(self.state_paths, tasks, journals)

    def record_equivalents(self, tasks: Sequence[Task]) -> None:
        """Record tasks that finished in another spelling as finished, for status and viewer."""
        for item in self.equivalents(tasks):
            self.state_paths.create_folders()
            reason = f"finished as task {item.result.task_id}: {item.difference}"
            record(self.state_paths, item.result._replace(task_id=item.task.id, attempt=1, reason=reason))

    def remember(self, total: int) -> None:
        """Save this deal, so that tasks keep their machine when the grid grows."""
        if total > 1:
            remember_deal(self.state_paths, total, self.deal(total))

    def save(self) -> Path:
        """Write the plan file, which is immutable, unless it exists; returns its path."""
        self.state_paths.create_folders()
        path = self.state_paths.plan(self.id)
        # A power failure leaves a file that was just written empty.
        if not path.is_file() or not path.stat().st_size:
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
        launch_options: Mapping[str, Any],
        backend_options: Mapping[str, Any],
        share: tuple[int, int | str] = (1, 0),
    ) -> Launch:
        """The launch of these tasks; nothing is saved or started. Raises GridError for an invalid option.

        `launch_options` holds gpus, per_gpu, max_parallel, retries, timeout (s), …; `backend_options` the
        backend's own; `share` the number of machines and the index of this one.
        """
        experiment = self.experiment
        backend = get_backend(backend_name)
        launch_options = _checked_options(launch_options)
        gpus = launch_options.get("gpus") or experiment.gpus if "gpus" in backend.launch_options else ()
        tasks = list(tasks)
        journals = Journals(self.state_paths)
        journals.refresh()
        parallel = min(launch_options.get("max_parallel") or experiment.max_parallel, max(len(tasks), 1))
        if launch_options.get("per_gpu") and not gpus:
            raise GridError("--per-gpu needs GPUs; add --gpus 0,1, or GPUS in the experiment file")
        spelling = self._spelling(tasks)
        slots = gpu_choice.slots(gpus, parallel, launch_options.get("per_gpu"))
        environment = backend.environment(experiment, backend_options)
        declared = (*experiment.carry_env, *launch_options.get("carry_env", ()))
        launch = Launch(
            self.id,
            str(experiment.directory),
            tuple(task.id for task in tasks),
            backend_name,
            environment=environment,
            setup=experiment.setup,
            gpus=tuple(gpus) if backend.shares_gpus else tuple(gpu for gpu in slots if gpu is not None),
            max_parallel=len(slots),
            per_gpu=launch_options.get("per_gpu"),
            retries=launch_options.get("retries") or 0,
            timeout=launch_options.get("timeout"),
            fail_fast=bool(launch_options.get("fail_fast") or experiment.fail_fast),
            rerun=bool(launch_options.get("rerun")),
            attempts=journals.attempts(task.id for task in tasks),
            equality_assign=experiment.equality_assign,
            sleep_before=experiment.sleep_before,
            sleep_after=experiment.sleep_after,
            interval=experiment.interval,
            options={**backend.defaults(experiment), **backend_options},
            spelling=spelling,
            total=share[0],
            index=str(share[1]),
            file=str(experiment.file or ""),
            notify=launch_options.get("notify", ()),
            shell=carried_environment(declared, environment, here=backend.runs_here),
            carry_env=declared,
            secrets=carried_secrets(declared, environment),
            python=launching_python(
                header_words(experiment.grid.start_up_header), environment, experiment.setup
            ),
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
        """Start a shard, or the passed tasks, and return at once.

        Args:
            backend_name: local, tmux, slurm, dask or a plugin's.
            total: number of machines.
            index: index of this machine, from 0, or a range such as "0-3".
            rerun: which finished tasks to run again, see `due`.
            tasks: tasks to start instead of a shard.
            options: of every backend: max_parallel, retries, timeout (s), fail_fast, carry_env; of those that
                bind GPUs: gpus, per_gpu; others are the backend's own.

        Raises:
            SmlLaunchError: for an invalid option, or if the backend cannot start; nothing runs then.
        """
        backend = get_backend(backend_name)
        launch_options, backend_options = backend.split_options(options)
        due = self.due(self.part(total, index) if tasks is None else tasks, rerun)
        launch = self.launch(
            due, backend_name, {**launch_options, "rerun": rerun is not None}, backend_options, (total, index)
        )
        check_declared(launch.carry_env, launch.environment)
        if backend.runs_here:
            check_start(launch, self.tasks[0].header)
        with plugin_errors(backend, "check"):
            backend.check(launch)
        if tasks is None:
            self.remember(total)
        if tasks is None and rerun is None:
            self.record_equivalents(self.part(total, index))
        self.save()
        launch.save()
        if due:
            with plugin_errors(backend, "submit"):
                backend.submit(launch, due)
        return Run(launch)

    def _spelling(self, tasks: Sequence[Task]) -> dict[str, dict[str, list[str]]]:
        """How the script parses True, False and None. Raises GridError for values that cannot be passed."""
        if self.experiment.equality_assign or not tasks:
            return {}
        spelling, faults, unknown = argument_spelling(tasks[0].header, self.experiment.directory, tasks)
        if faults:
            raise GridError("\n".join([*faults, "nothing was started"]))
        if unknown:
            warnings.warn(
                f"the script's sources do not show how it parses {', '.join(unknown)}: True is passed as "
                f"--{unknown[0]}, False and None are omitted",
                CommandLineWarning,
                stacklevel=4,
            )
        return spelling

    def _post_processed(self, launch: Launch, tasks: Iterable[Task]) -> dict[str, tuple[str, ...]]:
        """Commands that an old file's cmd_post_process changed, by task id."""
        process = self.experiment.post_process
        if process is None:
            return {}
        commands: dict[str, tuple[str, ...]] = {}
        for task in tasks:
            line = launch.command_text(task)
            new = process(line)
            if not isinstance(new, str):
                raise GridError(f"cmd_post_process returned {new!r} for {line}; expected the command as text")
            if new != line:
                # Written by the user, with any shell syntax.
                commands[task.id] = ("bash", "-c", new)
        return commands


def _checked_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Validated and converted options of a launch. Raises GridError."""
    given = {name: value for name, value in options.items() if value is not None}
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
        given["gpus"] = gpu_choice.parse_gpus(given["gpus"]) if text else words("gpus", given["gpus"])
    return given
