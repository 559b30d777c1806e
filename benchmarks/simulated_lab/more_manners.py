"""How newer code bases lay out their folders, and those of offline, multi-agent and supervised learning."""

from __future__ import annotations

import json
from typing import Any

from . import styles
from .book import Book, Claim, as_json, as_yaml, environment_key, environment_parameters, merged, nested
from .manners import hash_of
from .tables import Style
from .truth import GUESS, HIDDEN


def d3rlpy(book: Book) -> Claim:
    """`d3rlpy_logs/<Algo>_<dataset>_<seed>_<date>/`: a file per metric, neither data set nor seed noted."""
    study = book.study
    layout = book.random.choice(
        ["{a}_{e}_{s}_{d}{t}", "{a}_{e}_{s}_{d}{t}", "{e}/{a}_{s}_{d}{t}", "{a}_{d}{t}"]
    )
    bare = layout == "{a}_{d}{t}"
    for job in study.jobs:
        date, time = job.stamp
        folder = layout.format(a=job.method.name, e=job.environment, s=job.seed, d=date, t=time)
        parameters = merged(
            {
                "action_scaler": None,
                "actor_learning_rate": 3e-4,
                "batch_size": 256,
                "critic_learning_rate": 3e-4,
                "gamma": 0.99,
                "n_critics": 2,
                "n_frames": 1,
                "n_steps": 1,
                "tau": 0.005,
                "use_gpu": 0,
                "action_size": 6,
                "observation_shape": [17],
                "actor_optim_factory": {"optim_cls": "Adam", "betas": [0.9, 0.999], "eps": 1e-8},
            },
            dict(job.method.own),
            nested(dict(job.swept)),
            {"algorithm": job.method.name},
        )
        level = book.level(job)
        texts, scores = {}, {}
        for name, rising in (
            ("environment", True),
            ("actor_loss", False),
            ("critic_loss", False),
            ("time_step", False),
            ("time_sample_batch", False),
            ("time_algorithm_update", False),
        ):
            lines = []
            for epoch in range(1, book.rows + 1):
                value = (
                    level.low
                    + (level.high - level.low) * epoch / book.rows
                    + book.random.gauss(0, level.noise)
                    if rising
                    else book.random.uniform(0.001, 0.02)
                )
                lines.append(f"{epoch},{epoch * 1000},{value!r}\n")
                scores[name] = value
            texts[f"{name}.csv"] = "".join(lines)
        book.put(job, f"d3rlpy_logs/{folder}", texts, scores, {"params.json": as_json(parameters)})
    environments = HIDDEN if bare else GUESS
    return Claim(
        frozenset({"step", "epoch"}),
        frozenset({"environment"}),
        environments=environments,
        groups=HIDDEN if bare and len(study.environments) > 1 else "recorded",
        kinds=("seeds not in the parameters", "no environment in the parameters"),
    )


def hydra(book: Book) -> Claim:
    """`multirun/<day>/<time>/<number>/{.hydra/config.yaml, progress.csv}`."""
    study = book.study
    style = book.random.choice([styles.DRQ, styles.PEBBLE, styles.EVAL_TRAIN])
    key = environment_key(
        book.random, "env", "env.name", "task", "task_name", "env_id", "domain_name", "environment.name"
    )
    method_at = book.random.choice(["agent.name", "algo", "agent._target_"])
    multirun = study.chance(0.7)
    for job in study.jobs:
        date, time = job.stamp
        day = f"{date[:4]}.{date[4:6]}.{date[6:]}"
        folder = (
            f"exp/{day}/{time}_{job.method.name}_{job.environment}_{job.seed}"
            if not multirun
            else f"multirun/2021-05-01/12-00-00/{job.number}"
        )
        method = f"agents.{job.method.name}.Agent" if method_at == "agent._target_" else job.method.name
        parameters = merged(
            {
                "seed": job.seed,
                "device": "cuda",
                "discount": 0.99,
                "batch_size": 256,
                "num_train_steps": 500000,
                "save_video": False,
                "experiment": "bench",
                "agent": {"lr": 1e-4, "hidden_dim": 256},
            },
            environment_parameters(key, job.environment),
            nested({method_at: method}),
            nested(dict(job.method.own)),
            nested(dict(job.swept)),
            study.noted(job),
        )
        changed = [
            f"{key}={job.environment}",
            f"seed={job.seed}",
            *(f"{name}={value}" for name, value in job.swept.items()),
        ]
        hydra_file = {
            "hydra": {
                "run": {"dir": f"./{folder}"},
                "job": {"name": "train", "num": job.number, "id": f"{job.number}"},
            }
        }
        files = {
            ".hydra/config.yaml": as_yaml(parameters),
            ".hydra/overrides.yaml": "".join(f"- {one}\n" for one in changed),
            ".hydra/hydra.yaml": as_yaml(hydra_file),
        }
        table = book.table(job, style)
        book.put(job, folder, {"progress.csv": table.text()}, table.last(), files)
    return Claim.of(style)


def offline_kit(book: Book) -> Claim:
    """`log/<task>/<algo>/seed_<n>&timestamp_<…>/record/{hyper_param.json, policy_training_progress.csv}`."""
    study, style = book.study, styles.OFFLINE_KIT
    for job in study.jobs:
        date, time = job.stamp
        parameters = {
            "algo_name": job.method.name,
            "task": job.environment,
            "seed": job.seed,
            "hidden_dims": [256, 256],
            "actor_lr": 1e-4,
            "critic_lr": 3e-4,
            "gamma": 0.99,
            "tau": 0.005,
            "epoch": 1000,
            "step_per_epoch": 1000,
            "eval_episodes": 10,
            "batch_size": 256,
            "device": "cuda",
            "real_ratio": 0.05,
            **job.method.own,
            **job.swept,
            **study.noted(job),
        }
        table = book.table(job, style)
        tables = {"policy_training_progress.csv": table.text()}
        if job.method.name in ("mopo", "combo", "rambo"):
            tables["dynamics_training_progress.csv"] = book.table(job, styles.DYNAMICS).text()
            book.say("two tables in a folder")
        top = (
            f"log/{job.environment}/{job.method.name}/seed_{job.seed}&timestamp_{date[2:4]}-{date[4:]}-{time}"
        )
        book.put(job, f"{top}/record", tables, table.last(), {"hyper_param.json": json.dumps(parameters)})
    return Claim.of(style)


def ours(book: Book) -> Claim:
    """`logfile/<name>-<signature>/{progress.csv, config/{parameter.json, run_config.json}}`."""
    study = book.study
    style: Style = book.random.choice(styles.OURS)
    key = environment_key(book.random)
    other = environment_key(book.random, "env_name", "env_id", "gym_id") if study.chance(0.15) else key
    method_at = book.random.choice(
        ["algo", "alg_name", "algorithm", "method", "model", "agent", "policy", "exp_name"]
    )
    seed_at = book.random.choice(["seed", "seed", "seed", "random_seed", "rng_seed"])
    if other != key:
        book.say("two keys for the environment")
    for job in study.jobs:
        parameters = nested(
            {
                seed_at: job.seed,
                method_at: job.method.name,
                "policy_lr": 3e-4,
                "gamma": 0.99,
                "batch_size": 256,
                "information": "bench",
                "max_step": 3_000_000,
                "use_layer_norm": True,
                "backup_code": False,
                **job.method.own,
                **job.swept,
            }
        )
        parameters = merged(
            parameters,
            environment_parameters(other if job.number % 2 else key, job.environment),
            study.noted(job),
        )
        place = job.environment.replace("/", "-")
        short = f"{place}_{method_at}_{job.method.name}_seed_{job.seed}-EXP{job.number}"
        run_config = {
            "run_id": f"{hash_of(job, 'r'):010x}",
            "commit_id": f"{hash_of(job, 'c'):040x}",
            "host": "lab",
            "pid": 100 + job.number,
        }
        table = book.table(job, style)
        files = {"config/parameter.json": as_json(parameters), "config/run_config.json": as_json(run_config)}
        book.put(job, f"logfile/{short}", {"progress.csv": table.text()}, table.last(), files)
    return Claim.of(style)


def pymarl(book: Book) -> Claim:
    """`results/<map>/<name>__<date>/{config.json, progress.csv}` with a token that names everything."""
    study, style = book.study, styles.PYMARL
    for job in study.jobs:
        date, time = job.stamp
        token = f"{job.method.name}__{date[:4]}-{date[4:6]}-{date[6:]}_{time[:2]}-{time[2:4]}-{time[4:]}"
        parameters = merged(
            {
                "name": job.method.name,
                "seed": job.seed,
                "env": "sc2",
                "env_args": {"map_name": job.environment, "seed": job.seed, "difficulty": "7"},
                "agent": "rnn",
                "label": "default_label",
                "lr": 0.0005,
                "gamma": 0.99,
                "t_max": 2_050_000,
                "local_results_path": "results",
                "unique_token": token,
                "use_cuda": True,
                "runner": "episode",
            },
            dict(job.method.own),
            dict(job.swept),
            study.noted(job),
        )
        table = book.table(job, style)
        folder = f"results/{job.environment}/{token}_{job.number}"
        book.put(
            job, folder, {"progress.csv": table.text()}, table.last(), {"config.json": as_json(parameters)}
        )
    return Claim.of(style)


def cleanrl(book: Book) -> Claim:
    """`runs/<env>__<exp>__<seed>__<time>/`: argparse's namespace and a CSV of the scalars."""
    study, style = book.study, styles.CLEANRL
    key = environment_key(book.random, "env_id", "gym_id", "env_id")
    as_text = study.chance(0.5)
    for job in study.jobs:
        place = job.environment.replace("/", "_")
        name = f"{place}__{job.method.name}__{job.seed}__{1_600_000_000 + job.second}"
        parameters = {
            "exp_name": job.method.name,
            "seed": job.seed,
            "torch_deterministic": True,
            "cuda": True,
            "track": False,
            "wandb_project_name": "cleanRL",
            "wandb_entity": None,
            "capture_video": False,
            key: job.environment,
            "learning_rate": 2.5e-4,
            "num_envs": 8,
            "total_timesteps": 10_000_000,
            "run_name": name,
            **job.method.own,
            **job.swept,
            **study.noted(job),
        }
        table = book.table(job, style)
        files = {"args.yaml": as_yaml(parameters)} if as_text else {"config.json": as_json(parameters)}
        book.put(job, f"runs/{name}", {"progress.csv": table.text()}, table.last(), files)
    return Claim.of(style)


def supervised(book: Book, *, language: bool) -> Claim:
    """`outputs/<model>/<run>/{args.yaml, progress.csv}`; the data set is the environment."""
    study = book.study
    style: Style = book.random.choice(styles.LANGUAGE if language else styles.SUPERVISED)
    key = environment_key(book.random, "dataset", "dataset", "task_name")
    model_at = book.random.choice(
        ["model", "model_name", "model.name", "arch"]
        if not language
        else ["model_name", "model_name_or_path", "model"]
    )
    seed_at = book.random.choice(["seed", "seed", "random_seed", "trainer.seed"])
    name_of_file = book.random.choice(["args.yaml", "config.yaml", "params.json", "config.json"])
    for job in study.jobs:
        parameters = nested(
            {
                model_at: job.method.name,
                key: job.environment,
                seed_at: job.seed,
                "epochs": 90,
                "batch_size": 256,
                "num_workers": 8,
                "lr": 0.01,
                "amp": True,
                **job.method.own,
                **job.swept,
            }
        )
        parameters = merged(parameters, study.noted(job))
        text = as_yaml(parameters) if name_of_file.endswith("yaml") else as_json(parameters)
        date, time = job.stamp
        table = book.table(job, style)
        book.put(
            job,
            f"outputs/train/{date}-{time}-{job.number}",
            {"progress.csv": table.text()},
            table.last(),
            {name_of_file: text},
        )
    return Claim.of(style)


def tune(book: Book) -> Claim:
    """A supervised model under Ray Tune: `params.json` and `result.json`, the data set and model within."""
    study, style = book.study, styles.TUNE
    for job in study.jobs:
        parameters: dict[str, Any] = nested(
            {
                "model": job.method.name,
                "dataset": job.environment,
                "seed": job.seed,
                "epochs": 10,
                **job.swept,
            }
        )
        parameters = merged(parameters, study.noted(job))
        table = book.table(job, style)
        code = f"{hash_of(job, 't') % 16**5:05x}_{job.number:05}_{job.number}"
        trial = f"train_{code}_{job.stamp[0]}_{job.stamp[1]}"
        tables = {"result.json": table.json_lines(), "progress.csv": table.text()}
        book.put(
            job, f"ray_results/train/{trial}", tables, table.last(), {"params.json": as_json(parameters)}
        )
    return Claim.of(style)
