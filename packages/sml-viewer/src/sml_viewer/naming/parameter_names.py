"""Classify parameters by name: seed, method, environment, output path, counter, machine, time."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from sml_config.tasks.parameter_names import environment_rank as environment_rank
from sml_config.tasks.parameter_names import environments_among as environments_among
from sml_config.tasks.parameter_names import is_object as is_object
from sml_config.tasks.parameter_names import is_seed as is_seed
from sml_config.tasks.parameter_names import names_environment as names_environment

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
# Names of repetitions, whether or not there is another seed.
_REPEATS = re.compile(
    rf"(?:.*\.)?(?:(?:run|exp|experiment|job|seed|current)_)?"
    rf"(?:rep|repeat|repetition|replica|replicate|trial){_NUMBER}",
    re.IGNORECASE,
)
_COUNTED = "exp experiment run job session sweep array_task process"
_COUNTERS = re.compile(
    rf"(?:.*\.)?(?:{'|'.join(_COUNTED.split())}){_NUMBER}|counter|id|idx|index", re.IGNORECASE
)
# Times at which a run was written; not a cutoff_date or a train_time.
_BEGUN = "start run launch log begin submit exp job wandb current"
_MOMENTS = re.compile(
    rf"(?:.*\.)?(?:(?:{'|'.join(_BEGUN.split())})_?)?(?:time|timestamp|date|datetime)"
    r"|(?:.*\.)?(?:started|created)(?:_at)?|(?:.*\.)?now",
    re.IGNORECASE,
)
_WRITES = """
    log logs logging out output outputs save saving result results work working run exp experiment tb
    tensorboard monitor video snapshot
    checkpoint ckpt artifact wandb hydra job session base root tmp temp local
"""
_PATH_WORD = "(?:dir|directory|folder|path|root|file)"
_WRITTEN = re.compile(
    rf"(?:.*[._])?(?:{'|'.join(_WRITES.split())})?_?{_PATH_WORD}|(?:.*[._])?(?:logs?|output|workdir|logger)",
    re.IGNORECASE,
)
_READS = """
    data corpus model pretrain load resume init source src demo expert train test eval valid map scene asset
    robot urdf xml policy teacher vocab token embed config script code
"""
_READ = re.compile(rf".*(?:{'|'.join(_READS.split())})", re.IGNORECASE)
_PATH_ALONE = re.compile(f"_?{_PATH_WORD}", re.IGNORECASE)


# Guesses from a run's folder become parameters under these names.
FOLDER = "folder"
FOLDER_ENVIRONMENT = f"{FOLDER}.env"
FOLDER_SEED = f"{FOLDER}.seed"
GUESSED = frozenset((FOLDER, FOLDER_ENVIRONMENT, FOLDER_SEED))


_KINDS_OF_TASK = """
    detect detection segment segmentation classify classification regress regression pose obb generation
    translation summarization pretrain pretraining finetune finetuning recognition
"""


def is_kind_of_task(value: object) -> bool:
    """Whether a value of `task` says what is learned, such as `detect`, not where: it titles no figure."""
    words = re.split(r"[^a-z]+", str(value).lower())
    return words[-1] in _KINDS_OF_TASK.split()


def _one_of(words: str) -> Callable[[str], bool]:
    pattern = re.compile(rf"(?:.*[._])?(?:{'|'.join(words.split())})", re.IGNORECASE)
    return functools.lru_cache(4096)(lambda name: pattern.fullmatch(name) is not None)


is_algorithm = _one_of("algo alg alg_name algo_name algorithm algorithm_name agent agent_name method")
_is_method = _one_of(_METHODS)
# `algo.name` and `algo._target_` say which one, as `algo_name` does.
_OF_METHOD = re.compile(
    r"(?:.*\.)?(algo|alg|algorithm|agent|policy)\._?(?:name|type|kind|id|class|target)_?", re.IGNORECASE
)
is_run_name = _one_of(_RUN_NAMES)
is_machine = _one_of(_MACHINES)
is_identity = _one_of(_IDENTITIES)
is_resource = _one_of(_RESOURCES)


@functools.lru_cache(4096)
def is_method(name: str) -> bool:
    """Whether a parameter may name a method, such as `algo`, `model_name` or `agent._target_`."""
    return _is_method(name) or _OF_METHOD.fullmatch(name) is not None


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
    return _PATH_ALONE.fullmatch(last) is None or _READ.match(before) is None
