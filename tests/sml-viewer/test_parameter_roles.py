"""A group is seeds only if nothing but a seed differs; what may be methods is never averaged."""

from __future__ import annotations

import base64
import json
import pickle
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sml_viewer.library import Library
from sml_viewer.model.results import ScoreTable
from sml_viewer.naming import parameter_names as names
from sml_viewer.naming.value_masks import is_pickle, without_named_seed, without_numbers, without_seed

Cells = dict[tuple[str, str], tuple[float, int]]


@pytest.fixture
def write(logs: Path) -> Callable[..., Path]:
    """Writes a foreign run that ends at a value: `write("ppo/1", 30, algo="ppo", seed=1)`."""

    def make(name: str, end: float, parameters: dict[str, Any] | None = None, **more: Any) -> Path:
        folder = logs / name
        folder.mkdir(parents=True)
        (folder / "progress.csv").write_text(f"step,episode_return\n0,0\n10,{end / 2}\n20,{end}\n")
        given = {**(parameters or {}), **more}
        if given:
            (folder / "params.json").write_text(json.dumps(given))
        return folder

    return make


@pytest.fixture
def cells(table: Callable[..., ScoreTable]) -> Callable[..., Cells]:
    """Mean and number of runs by sub-figure and algorithm, of all runs or those of a query."""

    def found(where: str = "", **options: Any) -> Cells:
        return {
            (title, algorithm): (round(cell.mean, 6), cell.n)
            for title, algorithm, cell in table(where, **options).cells()
        }

    return found


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("model_name", ["acme/bert-small", "acme/bert-large", "zeta/llm-7b"]),
        ("data", ["data/cifar10", "data/svhn", "data/imagenet"]),
        ("branch", ["feat/a", "feat/b", "fix/c"]),
        ("dataset_version", ["2024-01-05", "2024-02-07", "2025-03-01"]),
        ("cutoff_date", ["2024-01-05", "2024-02-07", "2025-03-01"]),
        ("commit", ["3f9a7b2c", "8812ab9f", "0c4d5e6f"]),
        ("prompt", [f"{word}, then write the answer down in full, now" for word in ("Read", "Ask", "Do")]),
        ("total_timesteps", [200_000_000, 400_000_000, 800_000_000]),
        ("n_parameters", [125_000_000, 350_000_000, 1_300_000_000]),
        ("model.id", ["org/a", "org/b", "org/c"]),
        ("expert_id", [0, 1, 2]),
        ("train_time", [0.5, 1.5, 2.5]),
        ("clip.ip", [0.1, 0.2, 0.3]),
        ("port", [8001, 8002, 8003]),
        ("host", ["a", "b", "c"]),
        ("lora_rank", [4, 8, 16]),
        ("n_layers", [2, 4, 8]),
        ("variant", ["v0", "v1", "v2"]),
        ("logdir", ["logs/ppo", "logs/sac", "logs/td3"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", [{"seed": 1}, {}])
def test_a_value_of_each_run_separates_whatever_it_looks_like(
    write, cells, name: str, values: list[Any], seed: dict[str, int]
) -> None:
    for number, value in enumerate(values):
        write(f"r{number}", 10 * (number + 1), {"env_name": "E", name: value, **seed})
    assert sorted(cells().values()) == [(10, 1), (20, 1), (30, 1)]


@pytest.mark.parametrize(
    "name",
    ["algo", "alg", "alg_name", "algorithm", "agent", "method", "model", "exp_name", "policy", "train.algo"],
)
def test_methods_of_one_seed_each_have_their_names(write, cells, name: str) -> None:
    for number, algo in enumerate(("ppo", "sac", "td3")):
        write(
            algo,
            300 * (number + 1),
            {"env": "Hopper-v4", name: algo, "lr": 0.001 * number, "seed": 11 + number},
        )
    assert cells() == {("Hopper-v4", f"{name}={algo}"): (300 * (number + 1), 1)
                       for number, algo in enumerate(("ppo", "sac", "td3"))}  # fmt: skip


def test_a_query_changes_neither_names_nor_numbers(write, cells) -> None:
    for number, algo in enumerate(("ppo", "sac", "td3")):
        for env, scale in (("Ant-v4", 300), ("Hopper-v4", 100)):
            write(
                f"{algo}_{env}", scale * (number + 1), env=env, algo=algo, lr=0.001 * number, seed=11 + number
            )
    everything = cells()
    assert everything["Ant-v4", "algo=sac"] == (600, 1)
    for where in ("env = Ant-v4", "algo = sac", "seed = 11 env = Hopper-v4", "seed < 13"):
        part = cells(where)
        assert part.items() <= everything.items()
        assert part


def test_other_runs_change_no_name_of_those_that_are_drawn(write, cells) -> None:
    for seed in (1, 2, 3):
        for algo in ("ac", "dqn"):
            write(
                f"{algo}/{seed}",
                30 + seed,
                exp_name=algo,
                seed=seed,
                env_name="C",
                logdir=f"/me/{algo}_C/{seed}",
            )
    before = cells()
    assert before == {("C", "exp_name=ac"): (32, 3), ("C", "exp_name=dqn"): (32, 3)}
    for number in (1, 2):
        write(f"old/{number}", 80 + number)
    assert before.items() <= cells().items()
    assert sorted(set(cells().values()) - set(before.values())) == [(81, 1), (82, 1)]


def test_addresses_of_objects_name_nothing(write, cells) -> None:
    for algo in ("ddpg", "td3"):
        for seed in range(3):
            address = f"0x7f00{seed}92b5c{len(algo)}"
            folder = f"/data/{algo}/{algo}_s{seed}"
            write(
                f"{algo}/{algo}_s{seed}",
                20 + seed,
                exp_name=algo,
                env_fn=f"<function <lambda> at {address}>",
                logger={f"<logx.EpochLogger object at {address}>": {"output_dir": folder, "first_row": True}},
                logger_kwargs={"exp_name": algo, "output_dir": folder},
                seed=seed,
            )
    assert cells() == {("", "exp_name=ddpg"): (21, 3), ("", "exp_name=td3"): (21, 3)}


def test_functions_at_addresses_are_told_apart_by_their_names(write, cells) -> None:
    for seed in range(2):
        for name in ("relu", "tanh"):
            write(f"{name}{seed}", 10, act=f"<function {name} at 0x7f{seed}{len(name)}00>", seed=seed, k=name)
    assert set(cells(DATA_MERGER=["k"]).values()) == {(10, 2)}
    assert len(cells()) == 2


@pytest.mark.parametrize(
    "twin",
    [
        lambda env, seed: 0 * env + seed,
        lambda env, seed: 3 * env + seed,
        lambda env, seed: seed - env * 0 - 1,
    ],
)
def test_a_counter_beside_the_seed_is_no_algorithm(write, cells, twin) -> None:
    for env in range(12):
        for seed in (1, 2, 3):
            write(f"e{env}_{seed}", seed, env_name=f"E{env}", seed=seed, ExpID=twin(env, seed), lr=0.1)
    assert set(cells().values()) == {(2, 3)}
    assert len(cells()) == 12


@pytest.mark.parametrize(
    "more",
    [
        {"logdir": "/scratch/me/tmp{random}"},
        {"log_dir": "/home/me/runs/{seed}", "pid": 4000},
        {"node": "gpu0{seed}"},
        {"output_dir": "out/2024-01-0{seed}_12-00-00", "host": "node{seed}"},
        {"datetime": "2024-01-01 12:0{seed}:00", "host": "node{odd}"},
        {"start_time": 1.7e9, "port": 8000, "gpu": "cuda:{odd}"},
        {"run_name": "HalfCheetah__{seed}__17000000{moment}", "wandb_id": "3f9a{random}"},
        {"run_hash": "3f9a{random}", "machine_name": "node{odd}"},
        {"exp_name": "ppo_s{seed}"},
        {"exp_name": "ppo_seed{seed}_2024-01-01_12-00-{moment}"},
        {"run_name": "fuzzy-{random}-1{seed}"},
    ],
)
def test_places_times_and_names_of_runs_leave_seeds_together(write, cells, more: dict[str, Any]) -> None:
    for lr in (0.1, 0.2):
        for seed in (1, 2, 3):
            random = ("qwkjx", "zbvmp", "lhrtn")[seed - 1] + ("a" if lr == 0.1 else "b")
            given = {
                name: value.format(seed=seed, random=random, odd=seed % 2, moment=int(100 * lr) + seed)
                if isinstance(value, str)
                else value + seed + 10 * lr
                if isinstance(value, float)
                else value + seed + int(100 * lr)
                for name, value in more.items()
            }
            write(f"{lr}_{seed}", 10 * lr + seed, lr=lr, seed=seed, **given)
    assert cells() == {("", "lr=0.1"): (3, 3), ("", "lr=0.2"): (4, 3)}


def test_a_hash_that_reads_as_a_number_is_one_all_the_same(write, cells) -> None:
    for lr in (0.1, 0.2):
        for seed, code in ((1, "a0b1"), (2, "9f77"), (3, 3e93)):
            write(f"{lr}_{seed}", seed, lr=lr, seed=seed, run_id=code if lr == 0.1 else f"{code}{seed}")

    assert cells() == {("", "lr=0.1"): (2, 3), ("", "lr=0.2"): (2, 3)}


def test_two_seeds_with_a_folder_each_are_seeds(write, cells) -> None:
    for seed in (1, 2):
        write(f"r{seed}", seed, seed=seed, lr=0.1, logdir=f"/data/abc{seed}")
    assert cells() == {("", "all runs"): (1.5, 2)}


def test_folders_that_name_methods_separate_also_where_seeds_differ(write, cells) -> None:
    for seed, algo in enumerate(("ppo", "sac")):
        write(f"r{seed}", seed, seed=seed, logdir=f"/data/{algo}/x{seed}")
    assert [n for _, n in cells().values()] == [1, 1]


def test_a_name_of_runs_that_holds_seed_and_method_names_the_method(write, cells) -> None:
    for algo in ("ppo", "sac"):
        for seed in (1, 2, 3):
            write(f"{algo}{seed}", seed, exp_name=f"{algo}_s{seed}", seed=seed)
    assert cells() == {("", "exp_name=ppo_s*"): (2, 3), ("", "exp_name=sac_s*"): (2, 3)}


def test_hosts_that_were_compared_with_the_same_seeds_separate(write, cells) -> None:
    for host in ("a", "b"):
        for seed in (1, 2, 3):
            write(f"{host}{seed}", seed + (host == "b"), host=host, seed=seed)
    assert cells() == {("", "host=a"): (2, 3), ("", "host=b"): (3, 3)}


def test_a_copy_of_a_run_changes_no_name(write, cells, logs: Path) -> None:
    for lr in (0.1, 0.2):
        for seed in (1001, 4242):
            write(
                f"{lr}_{seed}",
                10 * lr + seed,
                lr=lr,
                seed=seed,
                pid=int(100 * lr) + seed,
                run_name=f"Pong__ppo-s{seed}__{seed}__16003893{int(100 * lr)}",
            )
    before = cells()
    assert before == {("", "lr=0.1"): (2622.5, 2), ("", "lr=0.2"): (2623.5, 2)}
    shutil.copytree(logs / "0.1_1001", logs / "copy")
    assert cells() == before


@pytest.mark.parametrize("pack", [b"", zlib.compress(b"x" * 200)])
@pytest.mark.parametrize("encode", [lambda data: base64.b64encode(data).decode(), bytes.hex])
def test_short_pickles_and_compressed_data_name_nothing(write, cells, pack: bytes, encode) -> None:
    for lr in (0.1, 0.2):
        for seed in (0, 1):
            data = encode(pack or pickle.dumps({"seed": seed, "lr": lr}))
            write(f"{lr}-{seed}", lr, state=f"{data}", lr=lr, seed=seed)
    assert set(cells()) == {("", "lr=0.1"), ("", "lr=0.2")}


def test_addresses_in_lists_name_nothing(write, cells) -> None:
    for algo in ("ppo", "sac"):
        for seed in (0, 1):
            hooks = [f"<bound method A.f of <A object at 0x7f{seed}{ord(algo[0])}>>"]
            write(f"{algo}{seed}", seed, hooks=hooks, kind=algo, seed=seed)
    assert set(cells()) == {("", "kind=ppo"), ("", "kind=sac")}


def test_a_recorded_name_of_the_algorithm_counts_more_than_the_folder(write, cells) -> None:
    for algo in ("a2c", "ppo"):
        for seed in (0, 1):
            write(f"{algo}-{seed}", seed, {"algo": {"name": algo, "gamma": 0.9}, "seed": seed})
    assert set(cells()) == {("", "algo.name=a2c"), ("", "algo.name=ppo")}


def test_pickles_name_nothing_and_runs_without_parameters_are_named_by_their_folder(write, cells) -> None:
    for number in (1, 2):
        packed = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX" * 6 + f"{number}AA="
        write(
            f"exp_{number}",
            3 * number,
            args_data=packed,
            json_args={"algo": {"batch_size": 4000 * number}},
            exp_name=f"exp_{number}",
        )
    write("exp_3", 9)
    key = "json_args.algo.batch_size"
    assert cells() == {("", f"{key}=4000"): (3, 1), ("", f"{key}=8000"): (6, 1), ("", "folder=exp_3"): (9, 1)}


def test_secrets_separate_nothing_and_are_said_where_they_differ(write, table) -> None:
    for number in (1, 2):
        write(f"r{number}", number, api_key=f"k{number}", seed=number)
    (cell,) = table().rows[0]
    assert cell.n == 2


def test_numbers_in_step_with_a_repeated_seed_are_the_seed_again(write, cells) -> None:
    for env in ("A", "B"):
        for seed in (1, 2, 3):
            write(f"{env}{seed}", seed, env=env, seed=seed, rng_stream=seed + 100)
    assert set(cells().values()) == {(2, 3)}


def test_free_names_of_one_run_each_may_be_methods(write, cells) -> None:
    for seed, name in enumerate(("small", "medium", "large")):
        write(f"r{seed}", seed, run_name=name, seed=seed)
    assert [n for _, n in cells().values()] == [1, 1, 1]


def test_a_sweep_whose_seed_differs_with_it_is_not_averaged(write, cells, table) -> None:
    for number, lr in enumerate((0.1, 0.2, 0.3)):
        write(f"r{number}", number, lr=lr, layers=number + 1, seed=number)
    assert [n for _, n in cells().values()] == [1, 1, 1]
    assert "No two runs differ in the seed alone, so they are kept apart by lr" in table().caption


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("seed", True), ("random_seed", True), ("random-seed", True),
        ("trainer.seed_everything", True), ("algo.seed", True), ("randomSeed", True), ("random_state", True),
        ("seed_value", True), ("train.seed_number", True), ("num_seeds", False),
        ("seed_interval", False), ("seeds_per_env", False), ("unseeded", False),
    ],
)  # fmt: skip
def test_what_a_seed_is_called(name: str, expected: bool) -> None:
    assert names.is_seed(name) is expected


@pytest.mark.parametrize(
    "name", ["data_dir", "model_path", "pretrained_dir", "load_dir", "dataset.root", "env_dir"]
)
def test_where_a_run_reads_is_no_place_of_writing(name: str) -> None:
    assert not names.is_written(name) or name == "env_dir"


def test_what_is_masked_in_texts() -> None:
    assert without_seed(["Hopper-v1_1", "Hopper-v1_2"], [["1"], ["2"]], named=False) == ["Hopper-v1_*"] * 2
    assert without_seed(["a_1", "a_7"], [["1"], ["2"]], named=False) is None
    assert without_seed(["resnet18"], [["18"]], named=True) is None
    assert without_named_seed("ppo_seed3") == "ppo_*"
    assert without_named_seed("sac_v3") == "sac_v3"
    assert without_numbers("/data/ppo/3f9a1b2c/run_12") == without_numbers("/data/ppo/aa01bb02/run_3")
    assert without_numbers("logs/ppo") != without_numbers("logs/sac")
    assert not is_pickle("Think step by step before you give the final answer now. " * 3)


@pytest.mark.usefixtures("write")
def test_a_list_of_runs_shows_what_differs_and_no_places(write, library: Library) -> None:
    from sml_viewer.run_views.snapshot import take_snapshot

    for seed in (1, 2, 3):
        write(f"r{seed}", seed, seed=seed, lr=0.1 * seed, logdir=f"/data/{seed}", pid=400 + seed)
    library.refresh()
    assert take_snapshot(library).distinguishing == ["lr", "seed"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("gpu", ["a100", "h100", "t4"]),
        ("gpu", [1, 2, 4]),
        ("data.date", ["2021-01-01", "2022-01-01", "2023-01-01"]),
        ("action_repeat", [1, 2, 4]),
        ("num_trial", [1, 5, 10]),
        ("n_node", [10, 20, 30]),
        ("server", ["fedavg", "fedprox", "scaffold"]),
    ],
)
def test_what_sounds_like_a_place_or_a_repetition_and_is_none_separates(
    write, cells, name: str, values: list[Any]
) -> None:
    for seed, value in enumerate(values):
        write(f"r{seed}", seed, {name: value}, seed=seed)
    assert [n for _, n in cells().values()] == [1, 1, 1]


@pytest.mark.parametrize("name", ["action_repeat", "frame_repeat", "num_trial", "num_seed", "fix_seed"])
def test_settings_with_the_name_of_a_repetition_separate_without_a_seed(write, cells, name: str) -> None:
    for value in (1, 2, 4):
        write(f"r{value}", value, {name: value})
    assert [n for _, n in cells().values()] == [1, 1, 1]


def test_an_algorithm_of_one_environment_alone_has_its_name(write, cells) -> None:
    for algo, env in (("ppo", "Ant"), ("sac", "Hopper")):
        for seed in (1, 2):
            write(f"{algo}{seed}", seed, algo=algo, env=env, seed=seed)
    assert cells() == {("Ant", "algo=ppo"): (1.5, 2), ("Hopper", "algo=sac"): (1.5, 2)}


@pytest.mark.parametrize(
    ("folders", "marked"),
    [
        (["logs/with_bn", "logs/without_bn", "logs/big_lr"], True),
        (["logs/ant_s1", "logs/ant_s2", "logs/ant_s3"], False),
        (["/data/2026-01-02_10-11-12_a1b2c3d4", "/data/2026-01-02_10-11-13_0f9e8d7c", "/data/3"], False),
    ],
)
def test_seeds_whose_log_folders_have_other_words_are_marked(
    make_run, table: Callable[..., ScoreTable], folders: list[str], marked: bool
) -> None:
    for seed, folder in enumerate(folders):
        make_run(f"r{seed}", f"step,reward\n0,0\n1,{seed}\n", logdir=folder, seed=seed)
    ((_, _, cell),) = table().cells()
    assert cell.n == 3
    assert (cell.mixed is not None) == marked
