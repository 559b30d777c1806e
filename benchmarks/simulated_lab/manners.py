"""How code bases of reinforcement learning lay out their folders, the older ones first."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Mapping
from typing import Any

from . import styles
from .book import Book, Claim, as_json, environment_key, environment_parameters, merged, nested
from .study import Job
from .tables import Style
from .truth import GUESS, HIDDEN, RECORDED


def address(job: Job, salt: str) -> str:
    """An address in memory, another one in each process."""
    return f"0x7f{abs(hash_of(job, salt)):010x}"


def hash_of(job: Job, salt: str) -> int:
    """A number that is another one for each run."""
    return int.from_bytes(f"{salt}{job.number}{job.second}".encode()[-5:], "big") % 16**10


def spinning_up(book: Book, *, on_policy: bool) -> Claim:
    """`data/<exp_name>/<exp_name>_s<seed>/{config.json, progress.txt}`; the logger is a parameter."""
    study, style = book.study, styles.SPINNING_UP_ON if on_policy else styles.SPINNING_UP_OFF
    with_environment = len(study.environments) == 1 or study.chance(0.6)
    method_in = "exp_name" if study.chance(0.7) or not with_environment else "algo"
    dated = study.chance(0.3)
    for job in study.jobs:
        swept = "_".join(
            f"{name.split('.')[-1][:5]}{value}".replace(" ", "") for name, value in job.swept.items()
        )
        words = [job.method.name, *([swept] if swept else [])]
        words += [] if with_environment else [job.environment.lower().replace("-v2", "")]
        name = "_".join(words) if method_in == "exp_name" else "bench"
        slug = f"{name}_s{job.seed}" if not dated else f"{job.stamp[0]}_{job.stamp[1]}-{name}_s{job.seed}"
        folder = f"data/{name}-{job.environment.lower()}/{slug}"
        output = f"/home/anna/spinningup/{folder}"
        logger = f"<spinup.utils.logx.EpochLogger object at {address(job, 'l')}>"
        parameters: dict[str, Any] = {
            "actor_critic": "MLPActorCritic",
            "env_fn": f"<function <lambda> at {address(job, 'e')}>",
            "epochs": 100,
            "exp_name": name,
            "gamma": 0.99,
            "max_ep_len": 1000,
            "num_test_episodes": 10,
            "seed": job.seed,
            "steps_per_epoch": 4000,
            "logger_kwargs": {"exp_name": name, "output_dir": output},
            "logger": {
                logger: {
                    "epoch_dict": {},
                    "exp_name": name,
                    "first_row": True,
                    "log_headers": [],
                    "output_dir": output,
                    "output_file": {
                        f"<_io.TextIOWrapper name='{output}/progress.txt' mode='w' encoding='UTF-8'>": {
                            "mode": "w"
                        }
                    },
                }
            },
        }
        parameters = merged(
            parameters, nested(dict(job.method.own)), nested(dict(job.swept)), study.noted(job)
        )
        if method_in == "algo":
            parameters["algo"] = job.method.name
        if with_environment:
            parameters["env_name"] = job.environment
        table = book.table(job, style)
        book.put(
            job,
            folder,
            {"progress.txt": table.text("\t")},
            table.last(),
            {"config.json": as_json(parameters)},
        )
    return Claim.of(style, environments=RECORDED if with_environment else HIDDEN)


def rllab(book: Book) -> Claim:
    """`data/local/<prefix>/<prefix>_<date>_<number>/{params.json, progress.csv}`, with pickles in base64."""
    study, style = book.study, styles.RLLAB
    prefix = book.random.choice(["trpo-baselines", "first-test", "swimmer-sweep"])
    for job in study.jobs:
        date, time = job.stamp
        name = f"{prefix}_{date[:4]}_{date[4:6]}_{date[6:]}_{time[:2]}_{time[2:4]}_{time[4:]}_{job.number:04}"
        module = f"rllab.algos.{job.method.name.lower()}.{job.method.name}"
        environment = {"_name": f"rllab.envs.mujoco.{job.environment.lower()}.{job.environment}"}
        json_args = {
            "algo": {
                "_name": module,
                "batch_size": 5000,
                "discount": 0.99,
                "max_path_length": 500,
                "n_itr": 40,
                "step_size": 0.01,
            },
            "baseline": {"_name": "rllab.baselines.linear_feature_baseline.LinearFeatureBaseline"},
            "env": {"_name": "rllab.envs.normalized_env.NormalizedEnv", "env": environment},
            "policy": {
                "_name": "rllab.policies.gaussian_mlp_policy.GaussianMLPPolicy",
                "hidden_sizes": [32, 32],
            },
        }
        call = [module, environment["_name"], job.seed, dict(job.swept), address(job, "p")]
        parameters = {
            "args_data": base64.b64encode(pickle.dumps(call)).decode(),
            "exp_name": name,
            "json_args": merged(json_args, nested(dict(job.swept))),
            "log_dir": f"/home/anna/rllab/data/local/{prefix}/{name}",
            "log_tabular_only": False,
            "n_parallel": 4,
            "params_log_file": "params.json",
            "plot": False,
            "resume_from": None,
            "seed": job.seed,
            "snapshot_mode": "last",
            "tabular_log_file": "progress.csv",
            **study.noted(job),
        }
        table = book.table(job, style)
        book.put(
            job,
            f"data/local/{prefix}/{name}",
            {"progress.csv": table.text()},
            table.last(),
            {"params.json": as_json(parameters)},
        )
    return Claim.of(style)


def garage(book: Book) -> Claim:
    """`data/local/experiment/<name>_<number>/{variant.json, progress.csv}`."""
    study, style = book.study, styles.GARAGE
    key = environment_key(book.random, "env_name", "env_id", "env")
    for job in study.jobs:
        name = f"{job.method.name.lower()}_{job.environment.lower()}"
        parameters = {
            "exp_prefix": "benchmarks",
            "exp_name": f"{name}_{job.seed}" if study.seeds > 1 else name,
            "algo": job.method.name,
            "n_epochs": 100,
            "seed": job.seed,
            "snapshot_mode": "last",
            **job.method.own,
            **job.swept,
            **environment_parameters(key, job.environment),
            **study.noted(job),
        }
        table = book.table(job, style)
        folder = f"data/local/benchmarks/{name}_{job.number}"
        book.put(
            job, folder, {"progress.csv": table.text()}, table.last(), {"variant.json": as_json(parameters)}
        )
    return Claim.of(style)


def rlkit(book: Book) -> Claim:
    """`data/<prefix>/<prefix>_<date>_0000--s-<seed>/{variant.json, progress.csv}`; often the only seed."""
    study, style = book.study, styles.RLKIT
    key = environment_key(book.random, "env_name", "env_id", "env", "expl_env.env_id")
    seeded = study.chance(0.6)
    if not seeded:
        book.say("seeds not in the parameters")
    for job in study.jobs:
        date, time = job.stamp
        prefix = f"{job.method.name.lower()}-{job.environment}"
        parameters = {
            "algorithm": job.method.name,
            "algorithm_kwargs": {"batch_size": 256, "num_epochs": 500, "num_eval_steps_per_epoch": 5000},
            "buffer_filename": None,
            "layer_size": 256,
            "replay_buffer_size": 1_000_000,
            "version": "normal",
            **({"seed": job.seed} if seeded else {}),
            "trainer_kwargs": {
                "discount": 0.99,
                "policy_lr": 3e-4,
                "qf_lr": 3e-4,
                "soft_target_tau": 0.005,
                **job.method.own,
            },
        }
        parameters = merged(
            parameters,
            nested(dict(job.swept)),
            environment_parameters(key, job.environment),
            study.noted(job) if seeded else {},
        )
        table = book.table(job, style)
        name = (
            f"{prefix}_{date[:4]}_{date[4:6]}_{date[6:]}_{time[:2]}_{time[2:4]}_{time[4:]}_0000--s-{job.seed}"
        )
        book.put(
            job,
            f"data/{prefix}/{name}",
            {"progress.csv": table.text()},
            table.last(),
            {"variant.json": as_json(parameters)},
        )
    return Claim.of(style, kinds=() if seeded else ("seeds not in the parameters",))


def ray(book: Book) -> Claim:
    """`ray_results/<experiment>/<trial>/{params.json, result.json, progress.csv}`; repeats have no seed."""
    study = book.study
    style = book.random.choice([styles.RAY, styles.RAY, styles.RAY_EVALUATED, styles.RAY_NEW])
    seeded, files = study.chance(0.5), book.random.choice(["both", "both", "json", "csv"])
    if not seeded:
        book.say("seeds not in the parameters")
    for job in study.jobs:
        date, time = job.stamp
        tag = ",".join(f"{name}={value}".replace(" ", "") for name, value in job.swept.items())
        parameters = nested(
            {
                "env": job.environment,
                "framework": "torch",
                "lr": 5e-5,
                "num_gpus": 1,
                "num_workers": 8,
                "observation_filter": "NoFilter",
                "model.fcnet_hiddens": [256, 256],
                "seed": job.seed if seeded else None,
                **job.method.own,
                **job.swept,
            }
        )
        table = book.table(job, style)
        tables = {"result.json": table.json_lines(), "progress.csv": table.text()}
        tables = {name: text for name, text in tables.items() if files == "both" or name.endswith(files)}
        code = f"{hash_of(job, 't') % 16**5:05x}_{job.number:05}_{job.number}"
        trial = f"{job.method.name}_{job.environment}_{code}_{tag}_{date}_{time}"[:110]
        book.put(
            job,
            f"ray_results/{job.method.name.lower()}-exp/{trial}",
            tables,
            table.last(),
            {"params.json": as_json(parameters)},
        )
    return Claim.of(style, kinds=() if seeded else ("seeds not in the parameters",))


def zoo(book: Book) -> Claim:
    """`logs/<algo>/<env>_<number>/{0.monitor.csv, …, <env>/{args.yml, config.yml}}` with Python tags."""
    study = book.study
    processes = book.random.choice([1, 1, 2, 4])
    for job in study.jobs:
        known = {
            "learning_rate": 3e-4,
            "gamma": 0.99,
            "n_timesteps": 1e6,
            "policy": "MlpPolicy",
            "normalize": True,
            **job.method.own,
            **job.swept,
        }
        arguments = {
            "algo": job.method.name,
            "env": job.environment,
            "env_kwargs": None,
            "eval_episodes": 5,
            "eval_freq": 25000,
            "hyperparams": None,
            "log_folder": "logs",
            "n_timesteps": -1,
            "seed": job.seed,
            "tensorboard_log": "",
            "uuid": False,
            "verbose": 1,
            **study.noted(job),
        }
        folder = f"logs/{job.method.name}/{job.environment.replace('/', '-')}_{job.number + 1}"
        inner = job.environment.replace("/", "-")
        tables, score = monitors(book, job, processes)
        book.put(
            job,
            folder,
            tables,
            {"r": score},
            {f"{inner}/args.yml": _ordered(arguments), f"{inner}/config.yml": _ordered(known)},
        )
    return Claim(frozenset({"(timesteps)", "(row)"}), frozenset({"r"}))


def monitors(book: Book, job: Job, processes: int) -> tuple[dict[str, str], float]:
    """Monitors of parallel environments, and the mean of the last hundred episodes to end."""
    level = book.level(job)
    episodes: list[tuple[float, float]] = []
    texts = {}
    start = 1.6e9 + job.second + book.random.random()
    for process in range(processes):
        lines, clock = [], book.random.uniform(0, 2)
        for row in range(book.random.randint(60, 90)):
            clock += book.random.uniform(0.4, 2.5)
            value = round(
                level.low + (level.high - level.low) * row / 80 + book.random.gauss(0, level.noise), 6
            )
            episodes.append((round(clock, 6), value))
            lines.append(f"{value},{book.random.randint(50, 500)},{round(clock, 6)}\n")
        head = f"#{json.dumps({'t_start': start, 'env_id': job.environment})}\nr,l,t\n"
        texts[f"{process}.monitor.csv"] = head + "".join(lines)
    last = [value for _, value in sorted(episodes)][-100:]
    return texts, sum(last) / len(last)


def _ordered(parameters: Mapping[str, Any]) -> str:
    text = "!!python/object/apply:collections.OrderedDict\n"
    for number, (name, value) in enumerate(parameters.items()):
        shown = (
            "null"
            if value is None
            else "''"
            if value == ""
            else str(value).lower()
            if isinstance(value, bool)
            else str(value)
        )
        text += f"{'- - - ' if not number else '  - - '}{name}\n    - {shown}\n"
    return text


def sb3(book: Book) -> Claim:
    """`configure(folder, ["csv"])` and monitors, nothing noted: the folders' names tell what ran."""
    style = book.random.choice([styles.SB3, styles.SB3_EVALUATED])
    return _named_by_folders(book, style, book.random.choice(["table", "both", "both", "monitors"]))


def baselines(book: Book) -> Claim:
    """`OPENAI_LOGDIR=logs/…`: progress.csv without parameters, one style per folder."""
    style = book.random.choice([styles.PPO2, styles.PPO2, styles.TRPO_MPI, styles.DDPG, styles.DEEPQ])
    return _named_by_folders(book, style, "table")


# What people call their folders: method, environment, seed; a number of the experiment; a date.
_LAYOUTS = (
    "{a}_{e}_{s}",
    "{e}/{a}/seed_{s}",
    "{a}/{e}-s{s}",
    "{a}-{e}-seed{s}",
    "{e}_{a}_seed{s}",
    "Exp{x}-s{s}",
    "openai-{d}-{t}-{n}",
)


def _named_by_folders(book: Book, style: Style, files: str) -> Claim:
    study = book.study
    layout = book.random.choice(_LAYOUTS)
    groups = list(dict.fromkeys(f"{job.group} {job.environment}" for job in study.jobs))
    for job in study.jobs:
        date, time = job.stamp
        folder = layout.format(
            a=job.method.name
            + "".join(f"_{name.split('.')[-1]}{value}" for name, value in job.swept.items()),
            e=job.environment.replace("/", "-"),
            s=job.seed,
            x=1 + groups.index(f"{job.group} {job.environment}"),
            d=f"{date[:4]}-{date[4:6]}-{date[6:]}",
            t=f"{time[:2]}-{time[2:4]}-{time[4:]}",
            n=100000 + job.number * 37,
        )
        table = book.table(job, style)
        episodes, score = monitors(book, job, 2) if files != "table" else ({}, 0.0)
        scores = {**(table.last() if files != "monitors" else {}), **({"r": score} if episodes else {})}
        tables = {"progress.csv": table.text()} if files != "monitors" else {}
        book.put(job, f"logs/{folder}", {**tables, **episodes}, scores)
    told = "{a}" in layout
    kinds = (f"no parameters, {'a table and monitors' if files == 'both' else files}, folders like {layout}",)
    environments = GUESS if told else RECORDED if files != "table" else HIDDEN
    groups_told = HIDDEN if "{n}" in layout else GUESS
    x, y = frozenset(style.x), frozenset(style.y)
    if files == "monitors":
        x, y = frozenset({"(timesteps)", "(row)"}), frozenset({"r"})
    elif files == "both" and "eval/mean_reward" not in y:
        x, y = x | {"(timesteps)"}, y | {"r"}
    return Claim(x, y, environments=environments, groups=groups_told, kinds=kinds, apart="{x}" in layout)
