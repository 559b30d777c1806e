"""Projects of their own: the columns of many code bases, keys as people choose them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from . import styles
from .book import Book, Claim, as_json, as_yaml, environment_key, environment_parameters, merged, nested
from .manners import hash_of
from .study import Job
from .tables import Style

_FILES = ("config.json", "config.yaml", "params.json", "variant.json", "args.yaml")


def plain(book: Book, choices: Sequence[Style]) -> Claim:
    """`results/<number>/{config.json, progress.csv}` with the columns of one of many code bases."""
    study = book.study
    style = book.random.choice(list(choices))
    key = environment_key(book.random) if choices is styles.OTHERS else "dataset"
    method_at = book.random.choice(["algo", "agent", "method", "model", "algorithm.name"])
    name_of_file = book.random.choice(["config.json", "config.yaml", "params.json", "variant.json"])
    for job in study.jobs:
        parameters = nested(
            {
                method_at: job.method.name,
                "seed": job.seed,
                "total_steps": 1_000_000,
                "notes": "",
                **job.method.own,
                **job.swept,
            }
        )
        parameters = merged(parameters, environment_parameters(key, job.environment), study.noted(job))
        text = as_yaml(parameters) if name_of_file.endswith("yaml") else as_json(parameters)
        table = book.table(job, style)
        book.put(
            job,
            f"results/{job.number:03}",
            {"progress.csv": table.text()},
            table.last(),
            {name_of_file: text},
        )
    return Claim.of(style)


def own_project(book: Book) -> Claim:
    """`experiments/<run>/{args.yaml, progress.csv}`: what argparse knows, and more of where, when and how."""
    study = book.study
    supervised = study.chance(0.4)
    style: Style = book.random.choice(
        [*styles.SUPERVISED, *styles.OTHERS_SUPERVISED] if supervised else [*styles.OURS, *styles.OTHERS]
    )
    own, data = (
        ("environment_name", "env_kwargs.id", "env.env_name", "level_name"),
        ("dataset_name", "data.name", "data.dataset"),
    )
    key = environment_key(book.random, *(data if supervised else own))
    seed_at = book.random.choice(["seed", "torch_seed", "manual_seed", "train.seed", "train_seed", "np_seed"])
    method_at = book.random.choice(
        ["alg", "trainer", "agent_type", "learner", "model.arch", "strategy", "policy_class"]
    )
    notes = book.random.sample(_NOTES, book.random.choice([0, 1, 2, 3]))
    name_of_file = book.random.choice(_FILES)
    for kind in notes:
        book.say(f"notes its {kind}")
    for job in study.jobs:
        parameters = nested(
            {seed_at: job.seed, method_at: job.method.name, "debug": False, **job.method.own, **job.swept}
        )
        noted = {name: value for kind in notes for name, value in _noted(kind, job).items()}
        parameters = merged(parameters, environment_parameters(key, job.environment), noted)
        text = as_yaml(parameters) if name_of_file.endswith("yaml") else as_json(parameters)
        table = book.table(job, style)
        folder = f"experiments/{hash_of(job, 'f') % 16**8:08x}"
        book.put(job, folder, {"progress.csv": table.text()}, table.last(), {name_of_file: text})
    return Claim.of(style)


_NOTES = (
    "command",
    "second seed",
    "folder of checkpoints",
    "machine",
    "devices",
    "start",
    "hash",
    "number",
    "name of the run",
)


def _noted(kind: str, job: Job) -> dict[str, Any]:
    date, time = job.stamp
    day, clock = f"{date[:4]}-{date[4:6]}-{date[6:]}", f"{time[:2]}-{time[2:4]}-{time[4:]}"
    words = ["python", "train.py", "--alg", job.method.name, "--seed", str(job.seed)]
    words += [f"--{name}={value}" for name, value in job.swept.items()]
    slug = f"{day}_{clock}_{job.method.name}_s{job.seed}"
    notes: dict[str, dict[str, Any]] = {
        "command": {"command": shlex.join([*words, job.environment])},
        "second seed": {"env_seed": job.seed + 1000, "eval_seed": job.seed + 2000},
        "folder of checkpoints": {
            "ckpt_dir": f"/scratch/anna/ckpt/{slug}",
            "work_dir": f"/scratch/anna/{slug}",
        },
        "machine": {"machine_name": f"node{hash_of(job, 'm') % 5:02}"},
        "devices": {"gpu_ids": [hash_of(job, "g") % 4], "CUDA_VISIBLE_DEVICES": str(hash_of(job, "g") % 4)},
        "start": {"started_at": f"{day} {clock.replace('-', ':')}", "launch_time": 1.6e9 + job.second},
        "hash": {
            "run_hash": f"{hash_of(job, 'h') ** 3 % 16**12:012x}",
            "wandb_run_id": f"{hash_of(job, 'w') ** 3 % 36**5:x}",
        },
        "number": {"run_number": job.number + 17},
        "name of the run": {"experiment_name": slug},
    }
    return notes[kind]
