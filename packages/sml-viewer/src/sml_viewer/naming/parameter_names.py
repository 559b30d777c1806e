"""What a parameter is, as far as its name tells: a seed, a method, an environment, a place, a counter."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable

# The names of the environment in the field, the plainest first. Several of the first kind say the same.
_ENVIRONMENT = (
    "env_name",
    "env_id",
    "env",
    "environment",
    "environment_name",
    "environment_id",
    "env.name",
    "env.id",
    "environment.name",
    "environment.id",
    "env._name",
    "env._target_",
    "env.type",
    "env.class",
    "gym_id",
    "gym_env",
)
_PARTS = (
    "domain_name",
    "task_name",
    "task",
    "task.name",
    "game",
    "map_name",
    "scenario",
    "scenario_name",
    "level",
    "level_name",
    "dataset",
    "dataset_name",
    "dataset.name",
    "data.name",
)
_ORDER = {name: place for place, name in enumerate((*_ENVIRONMENT, *_PARTS))}
_METHODS = """
    algo alg alg_name algo_name algo_type algorithm agent agent_type method model model_name model_type
    exp_name policy policy_name
"""
_RUN_NAMES = """
    exp_name run_name name experiment experiment_name exp run run_tag tag wandb_name trial_name wandb job_name
    log_name tb_log_name session_name full_name display_name
"""
_MACHINES = """
    host hostname host_name node nodename node_name machine machine_name server server_name ip port gpu gpu_id
    gpu_ids device device_name cuda cuda_visible_devices
"""
_IDENTITIES = """
    pid ppid uuid uid guid run_id run_uuid run_hash run_key run_token wandb_id wandb_run_id wandb_run job_id
    job_hash slurm_job_id slurm_id trial_id experiment_key unique_token
"""
_RESOURCES = "num_gpus num_workers n_jobs num_threads num_cpus num_processes"
_NUMBER = r"[_-]?(?:id|idx|index|no|nr|num|number)?"
# A repeated measurement by its name, whether or not anything else is a seed.
_REPEATS = re.compile(
    rf"(?:.*\.)?(?:(?:run|exp|experiment|job|seed|current)_)?"
    rf"(?:rep|repeat|repetition|replica|replicate|trial){_NUMBER}",
    re.IGNORECASE,
)
_COUNTED = "exp experiment run job session sweep array_task process"
_COUNTERS = re.compile(
    rf"(?:.*\.)?(?:{'|'.join(_COUNTED.split())}){_NUMBER}|counter|id|idx|index", re.IGNORECASE
)
# When a run was written; a cutoff_date or a train_time is something else.
_BEGUN = "start run launch log begin submit exp job wandb current"
_MOMENTS = re.compile(
    rf"(?:.*\.)?(?:(?:{'|'.join(_BEGUN.split())})_?)?(?:time|timestamp|date|datetime)"
    r"|(?:.*\.)?(?:started|created)(?:_at)?|(?:.*\.)?now",
    re.IGNORECASE,
)
# random_seed, algo.seed and randomSeed too; seed_interval and num_seed are none.
_SEED = re.compile(
    r"(?!(?:.*\.)?(?:n|num|max|use|fix|fixed|is|with)_)(?:.*[._])?(?:[sS]eed|SEED)|.*[a-z]Seed|(?:.*[._])?(?:random_state|rng)"
)
_WRITES = """
    log logs logging out output outputs save saving result results work working run exp experiment tb
    tensorboard monitor video snapshot
    checkpoint ckpt artifact wandb hydra job session base root tmp temp local
"""
_PLACE = "(?:dir|directory|folder|path|root|file)"
_WRITTEN = re.compile(
    rf"(?:.*[._])?(?:{'|'.join(_WRITES.split())})?_?{_PLACE}|(?:.*[._])?(?:logs?|output|workdir|logger)",
    re.IGNORECASE,
)
_READS = """
    data corpus model pretrain load resume init source src demo expert train test eval valid map scene asset
    robot urdf xml policy teacher vocab token embed config script code
"""
_READ = re.compile(rf".*(?:{'|'.join(_READS.split())})", re.IGNORECASE)
_BARE = re.compile(f"_?{_PLACE}", re.IGNORECASE)
# env_kwargs.id is env.id.
_SETTINGS = re.compile(r"(?<=env|ent)_?(?:kwargs|config|cfg|args|params|settings|spec)$")
# The text of an object of Python, as the key of another.
_OBJECT = re.compile(r"<.*>| at 0x", re.DOTALL)


# What the first line of a monitor tells.
ENVIRONMENT_FACT = "env_id"
# Guesses from a run's folder are parameters too, under names that say where they come from.
FOLDER = "folder"
FOLDER_ENVIRONMENT = f"{FOLDER}.env"
FOLDER_SEED = f"{FOLDER}.seed"
GUESSED = frozenset((FOLDER, FOLDER_ENVIRONMENT, FOLDER_SEED))


def _one_of(words: str) -> Callable[[str], bool]:
    pattern = re.compile(rf"(?:.*[._])?(?:{'|'.join(words.split())})", re.IGNORECASE)
    return functools.lru_cache(4096)(lambda name: pattern.fullmatch(name) is not None)


is_algorithm = _one_of("algo alg alg_name algo_name algorithm algorithm_name agent agent_name method")
is_method = _one_of(_METHODS)
is_run_name = _one_of(_RUN_NAMES)
is_machine = _one_of(_MACHINES)
is_identity = _one_of(_IDENTITIES)
is_resource = _one_of(_RESOURCES)


@functools.lru_cache(4096)  # asked of every parameter of every run
def is_seed(name: str) -> bool:
    """Whether a parameter is a random seed, which nobody compares."""
    return _SEED.fullmatch(name) is not None


@functools.lru_cache(4096)
def is_repeat(name: str) -> bool:
    """Whether a parameter counts repetitions, such as `trial` or `repeat_id`; `action_repeat` does not."""
    return _REPEATS.fullmatch(name) is not None


@functools.lru_cache(4096)
def is_counter(name: str) -> bool:
    """Whether a parameter may count the runs, such as `ExpID`; `expert_id` does not."""
    return _COUNTERS.fullmatch(name) is not None or is_repeat(name)


@functools.lru_cache(4096)
def is_moment(name: str) -> bool:
    """Whether a parameter may say when a run was written, such as `start_time`; `data.date` does not."""
    return _MOMENTS.fullmatch(name) is not None and _READ.match(name.rpartition(".")[0]) is None


@functools.lru_cache(4096)
def is_written(name: str) -> bool:
    """Whether a parameter says where a run writes, such as `logdir`; `data_dir` says where it reads."""
    before, _, last = name.rpartition(".")
    if _WRITTEN.fullmatch(last) is None or _READ.match(last) is not None:
        return False
    return _BARE.fullmatch(last) is None or _READ.match(before) is None


@functools.lru_cache(4096)
def is_object(name: str) -> bool:
    """Whether a name holds the text of an object, as of a logger that was written among the parameters."""
    return _OBJECT.search(name) is not None


@functools.lru_cache(4096)
def environment_rank(name: str) -> tuple[int, int] | None:
    """Where a parameter stands among the names of an environment; None for any other.

    The plainest name first, nested ones after those at the top: `env_name`, `task.env_name`.
    """
    if is_object(name):
        return None
    parts = [_SETTINGS.sub("", part) for part in name.lower().split(".")]
    for length in (2, 1):
        place = _ORDER.get(".".join(parts[-length:]))
        if place is not None and len(parts) >= length:
            return place, len(parts) - length
    return None


def _wrapped(name: str) -> str:
    before, _, last = name.rpartition(".")
    return f"{before}.env.{last}"


def names_environment(name: str) -> bool:
    """Whether a parameter is the environment's own name; a task, a data set or a map may come on top."""
    rank = environment_rank(name)
    return rank is not None and rank[0] < len(_ENVIRONMENT)


def environments_among(names: Iterable[str]) -> list[str]:
    """Those of some parameters that tell environments apart, the plainest name first.

    Of a wrapper and what it wraps, `env.name` and `env.env.name`, what is wrapped.
    """
    named = set(names)
    wrappers = {name for name in named if _wrapped(name) in named}
    ranked = [(rank, name) for name in named - wrappers if (rank := environment_rank(name)) is not None]
    return [name for _, name in sorted(ranked)]
