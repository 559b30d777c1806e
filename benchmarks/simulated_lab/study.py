"""What a simulated researcher ran: methods, sweeps, environments, seeds, and what a run notes besides."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

_MOST_GROUPS = 10
_HOSTS = ("gpu01", "gpu02", "node-17", "lab-titan")
_PLACES: dict[str, tuple[str, ...]] = {
    "logdir": ("log_dir", "logdir", "output_dir", "save_path", "log_path", "results_dir", "tensorboard_dir"),
    "host": ("host", "hostname", "node", "machine"),
    "gpu": ("gpu", "gpu_id", "device", "cuda_device"),
    "pid": ("pid",),
    "port": ("port", "master_port"),
    "time": ("time", "start_time", "timestamp", "date", "datetime", "created_at"),
    "token": ("uuid", "run_id", "wandb_id", "job_id", "slurm_job_id", "unique_token"),
    "counter": ("ExpID", "exp_id", "trial", "repeat", "run"),
    "run name": ("run_name", "tb_log_name", "wandb_name"),
}


@dataclass(frozen=True)
class Method:
    """A method's name in the code base's own writing, and the parameters that only it has."""

    name: str
    own: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Field:
    """What a field of research chooses from. `sweeps` are parameters that people try several values of."""

    methods: Sequence[Method]
    environments: Sequence[str]
    sweeps: Mapping[str, Sequence[Any]]
    most_methods: int = 6
    most_environments: int = 6


@dataclass(frozen=True)
class Job:
    """One run as it was started; `number` counts all, `repeat` those of one group and environment."""

    method: Method
    swept: Mapping[str, Any]
    environment: str
    seed: int
    number: int
    repeat: int
    second: int

    @property
    def group(self) -> str:
        """Stands for the method and its hyper-parameters."""
        return " ".join([self.method.name, *(f"{name}={value}" for name, value in self.swept.items())])

    @property
    def stamp(self) -> tuple[str, str]:
        """Date and time of the start, digits only."""
        day, rest = divmod(self.second, 86400)
        hour, minute, second = rest // 3600, rest // 60 % 60, rest % 60
        return f"2021{1 + day // 28 % 12:02}{1 + day % 28:02}", f"{hour:02}{minute:02}{second:02}"


@dataclass(frozen=True)
class Study:
    """All jobs of a folder. `extras` are what each run notes besides, as (kind, key)."""

    random: Random
    jobs: tuple[Job, ...]
    methods: tuple[str, ...]
    sweeps: tuple[str, ...]
    environments: tuple[str, ...]
    seeds: int
    extras: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...]

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self.random.random() < probability

    def noted(self, job: Job) -> dict[str, Any]:
        """What this run notes of where, when and as which it ran: nothing that makes it another method."""
        return {key: _note(kind, key, job) for kind, key in self.extras}


def plan(random: Random, field_: Field, most_runs: int) -> Study:
    """A study of at most so many runs, and ten groups."""
    methods = random.sample(
        list(field_.methods), random.randint(1, min(field_.most_methods, len(field_.methods)))
    )
    environments = random.sample(
        list(field_.environments), random.randint(1, min(field_.most_environments, len(field_.environments)))
    )
    swept = random.choice([0, 0, 1, 1, 1, 2])
    names = random.sample(list(field_.sweeps), min(swept, len(field_.sweeps)))
    if len(methods) == 1 and not names:
        names = random.sample(list(field_.sweeps), 1)
    sweeps = {
        name: random.sample(list(field_.sweeps[name]), min(len(field_.sweeps[name]), random.randint(2, 3)))
        for name in names
    }
    seeds = random.choice([1, 2, 3, 3, 3, 4, 5, 5, 10])
    while _groups(methods, sweeps) > min(_MOST_GROUPS, most_runs) and len(methods) > 1:
        methods.pop()
    while _groups(methods, sweeps) * len(environments) * seeds > most_runs and (
        len(environments) > 1 or seeds > 1
    ):
        if len(environments) > 2 or (len(environments) > 1 and seeds < 3):
            environments.pop()
        else:
            seeds -= 1
    jobs, kinds = _jobs(random, methods, sweeps, environments, seeds)
    extras = [
        (kind, random.choice(_PLACES[kind]))
        for kind in random.sample(list(_PLACES), random.choice([0, 0, 1, 1, 2, 3]))
    ]
    return Study(
        random,
        tuple(jobs),
        tuple(method.name for method in methods),
        tuple(sweeps),
        tuple(environments),
        seeds,
        tuple(extras),
        (*kinds, *(f"notes its {kind}" for kind, _ in extras)),
    )


def _groups(methods: Sequence[Method], sweeps: Mapping[str, Sequence[Any]]) -> int:
    total = len(methods)
    for values in sweeps.values():
        total *= len(values)
    return total


def _jobs(
    random: Random,
    methods: Sequence[Method],
    sweeps: Mapping[str, Sequence[Any]],
    environments: Sequence[str],
    seeds: int,
) -> tuple[list[Job], list[str]]:
    combinations: list[dict[str, Any]] = [{}]
    for name, values in sweeps.items():
        combinations = [{**one, name: value} for one in combinations for value in values]
    kinds = ["one seed each"] if seeds == 1 else []
    numbering = random.choice(["from 0", "from 1", "hundreds", "drawn"])
    if numbering == "drawn":
        kinds.append("drawn seeds")
    gaps = seeds > 2 and random.random() < 0.2
    jobs: list[Job] = []
    second = random.randrange(10**6)
    for method in methods:
        for swept in combinations:
            for environment in environments:
                for repeat in range(seeds):
                    second += random.randint(40, 4000)
                    seed = {"from 0": repeat, "from 1": repeat + 1, "hundreds": 100 * (repeat + 1)}.get(
                        numbering, random.randrange(10**6, 2**31)
                    )
                    if gaps and repeat and random.random() < 0.15:
                        continue
                    jobs.append(Job(method, swept, environment, seed, len(jobs), repeat, second))
    if gaps:
        kinds.append("missing seeds")
    return jobs, kinds


def _note(kind: str, key: str, job: Job) -> Any:
    random = Random(f"{kind} {key} {job.number} {job.second}")
    date, time = job.stamp
    slug = f"{job.method.name}-{job.environment.replace('/', '_')}-s{job.seed}".lower()
    if kind == "logdir":
        return f"/home/anna/results/{date}_{time}_{slug}"
    if kind == "host":
        return random.choice(_HOSTS)
    if kind == "gpu":
        number = random.randrange(4)
        return f"cuda:{number}" if key == "device" else number
    if kind == "pid":
        return random.randrange(2000, 60000)
    if kind == "port":
        return random.randrange(10000, 60000)
    if kind == "time":
        if key in ("date", "datetime", "created_at"):
            return f"{date[:4]}-{date[4:6]}-{date[6:]} {time[:2]}:{time[2:4]}:{time[4:]}"
        return 1.6e9 + job.second + round(random.random(), 6)
    if kind == "token":
        if key in ("job_id", "slurm_job_id"):
            return 4_100_000 + 7 * job.number
        return (
            str(uuid.UUID(int=random.getrandbits(128), version=4))
            if key == "uuid"
            else f"{random.getrandbits(40):010x}"
        )
    if kind == "counter":
        return job.number if key in ("ExpID", "exp_id") else job.repeat
    return f"{job.environment}__{slug}__{job.seed}__{1_600_000_000 + job.second}"
