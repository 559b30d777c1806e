"""Runs that recorded nothing are named by their folders, as a guess, and never averaged over methods."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sml_viewer.analysis.curves import Curves
from sml_viewer.model.results import ScoreTable
from sml_viewer.naming.folder_names import METHODS, guess_from_folders

Told = tuple[str, str | None, str | None]


def told(*names: str) -> list[Told]:
    return [(one.rest, one.environment, one.seed) for one in guess_from_folders(names)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ppo_CartPole-v1_3", ("ppo", "CartPole-v1", "3")),
        ("HalfCheetah-v2/sac/seed_2", ("sac", "HalfCheetah-v2", "2")),
        ("Exp1-s10", ("Exp1", None, "10")),
        ("CQL_hopper-medium-v0_1_20220511120001", ("CQL", "hopper-medium-v0", "1")),
        ("sac-hopper-v2-seed3", ("sac", "hopper-v2", "3")),
        ("PPO/BreakoutNoFrameskip-v4/2024-01-05_12-30-00/seed=7", ("PPO", "BreakoutNoFrameskip-v4", "7")),
        ("sac_gamma0.95-MiniGrid-DoorKey-5x5-v0-seed2", ("sac_gamma0.95", "MiniGrid-DoorKey-5x5-v0", "2")),
        ("PPO-Ant-v4-s1", ("PPO", "Ant-v4", "1")),
        ("walker2d/td3/1", ("td3", "walker2d", "1")),
        ("HalfCheetah-v4/sac/0/240131-134501", ("sac", "HalfCheetah-v4", "0")),
        ("ours/run", ("ours/run", None, None)),
        ("exp-v2", ("exp-v2", None, None)),
        ("ppo-v1", ("ppo-v1", None, None)),
        ("PPO seed 3", ("PPO", None, "3")),
        ("基线_种子3", ("基线", None, "3")),
        ("algo=mine/env=Maze/seed=3", ("algo=mine", "Maze", "3")),
        ("algo=mine,task_name=maze_big,seed=3", ("algo=mine", "maze_big", "3")),
        ("env=Maze_lr=0.1_seed=3", ("lr=0.1", "Maze", "3")),
        ("lr=0.1,seed=3", ("lr=0.1", None, "3")),
        ("results/roberta/sst2/seed_3", ("roberta", "sst2", "3")),
        ("resnet_cifar10/seed3", ("resnet", "cifar10", "3")),
    ],
)
def test_a_folder_tells_method_environment_and_seed(name: str, expected: Told) -> None:
    other = name.replace("seed2", "seed1").replace("3", "2").replace("seed_2", "seed_1")
    assert told(name, other)[0] == expected


def test_bare_numbers_are_seeds_only_if_they_count() -> None:
    assert [seed for _, _, seed in told("sac_1", "sac_2", "td3_1")] == ["1", "2", "1"]
    assert [seed for _, _, seed in told("sac_64", "sac_128", "sac_256")] == [None] * 3
    assert [seed for _, _, seed in told("sac_Ant-v2_674778063", "sac_Ant-v2_88412")] == ["674778063", "88412"]
    assert [seed for _, _, seed in told("sac_100000", "sac_500000")] == [None] * 2
    assert [seed for _, _, seed in told("job_1", "job_2", "job_3")] == [None] * 3
    assert [
        seed for _, _, seed in told("multirun/2024-01-05/12-00-00/0", "multirun/2024-01-05/12-00-00/1")
    ] == [None] * 2


@pytest.mark.parametrize(
    "names",
    [
        ("ppo_layers_1", "ppo_layers_2", "ppo_layers_3"),
        ("ppo_lr_1e-3", "ppo_lr_1e-4"),
        ("sac-level-1", "sac-level-2"),
        ("Hopper-v4_delay_0", "Hopper-v4_delay_1"),
        ("ablation_1", "ablation_2"),
        ("dqn_dueling_1", "dqn_dueling_2"),
        ("sac_noisy_1", "sac_noisy_2", "td3_noisy_1", "td3_noisy_2"),
        ("ppo_0_1", "ppo_0_2", "ppo_1_1", "ppo_1_2"),
        ("ppo/1/layers_3", "ppo/2/layers_3"),
    ],
)
def test_the_number_of_a_setting_is_no_seed(names: tuple[str, ...]) -> None:
    assert [seed for _, _, seed in told(*names)] == [None] * len(names)


@pytest.mark.parametrize(
    ("names", "rests"),
    [
        (("ppo/run1/logs", "ppo/run2/logs", "sac/run1/logs", "sac/run2/logs"), ["ppo", "ppo", "sac", "sac"]),
        (("sac/1", "sac/2", "mine/1", "mine/2"), ["sac", "sac", "mine", "mine"]),
        (("qmix_3m_1", "qmix_3m_2"), ["qmix_3m", "qmix_3m"]),
        (("td3_big_1", "td3_big_2", "td3_1", "td3_2"), ["td3_big", "td3_big", "td3", "td3"]),
    ],
)
def test_numbers_of_repeats_are_seeds_of_all_methods(names: tuple[str, ...], rests: list[str]) -> None:
    assert told(*names) == [(rest, None, str(1 + index % 2)) for index, rest in enumerate(rests)]


def test_tasks_of_the_control_suite_are_environments_whichever_folder_follows_the_seed() -> None:
    names = [f"logs/{task}/{seed}/default" for task in ("walker-run", "dog-walk") for seed in (1, 2)]
    assert told(*names) == [
        ("logs", "walker-run", "1"),
        ("logs", "walker-run", "2"),
        ("logs", "dog-walk", "1"),
        ("logs", "dog-walk", "2"),
    ]
    assert told("dmc_cheetah_run_3", "dmc_cheetah_run_4")[0] == ("", "dmc_cheetah_run", "3")


def test_two_numbers_that_may_be_seeds_are_none() -> None:
    assert told("s1_ppo_s2", "s2_ppo_s1")[0] == ("s1_ppo_s2", None, None)


def test_the_common_folders_are_left_out() -> None:
    assert [rest for rest, _, _ in told("logs/exp/ppo", "logs/exp/sac")] == ["ppo", "sac"]
    assert [rest for rest, _, _ in told("old/1", "old/2")] == ["old/1", "old/2"]
    assert [rest for rest, _, _ in told("exp/cnn/run", "exp/mlp/run")] == ["cnn", "mlp"]
    assert [rest for rest, _, _ in told("s1/exp/mine", "s2/exp/mine")] == ["mine", "mine"]


NAMES = st.lists(
    st.text("abcs013_-/. *vV\u00e9", min_size=1, max_size=24), min_size=1, max_size=8, unique=True
)


@given(NAMES)
def test_guesses_never_make_two_names_one_without_a_seed(names: list[str]) -> None:
    found = guess_from_folders(names)
    assert len(found) == len(names)
    without = [one for one in found if one.seed is None]
    assert len(set(without)) == len(without)
    assert all(one.seed is None or one.seed.isdigit() for one in found)


@given(
    st.sampled_from(sorted(METHODS)),
    st.sampled_from(["CartPole-v1", "HalfCheetah-v4", "PongNoFrameskip-v4", "Walker2d-v2"]),
    st.integers(0, 9999),
    st.permutations(["method", "env", "seed"]),
    st.sampled_from(["_", "/"]),
    st.sampled_from(["seed", "seed_", "s", "seed-"]),
)
def test_the_three_parts_are_told_in_any_order(
    method: str, env: str, seed: int, order: list[str], between: str, prefix: str
) -> None:
    parts = {"method": method, "env": env, "seed": f"{prefix}{seed}"}
    names = [between.join(parts[part] for part in order), "other/run"]
    assert told(*names)[0] == (method, env, str(seed))


def test_runs_without_parameters_are_never_one_mean(make_run, table: Callable[..., ScoreTable]) -> None:
    for name, value in (("logs/ppo", 30), ("logs/sac", -30)):
        make_run(name, f"step,eval/mean_reward\n0,0\n1,{value}\n")
    cells = {algorithm: (cell.mean, cell.n) for _, algorithm, cell in table().cells()}
    assert cells == {"folder=ppo": (30, 1), "folder=sac": (-30, 1)}
    assert "2 runs are named by their folders" in table().caption


def test_guessed_seeds_are_averaged_and_marked(make_run, table: Callable[..., ScoreTable]) -> None:
    for method in ("ppo", "sac"):
        for seed in (1, 2, 3):
            make_run(f"{method}_Ant-v4_{seed}", f"step,reward\n0,0\n1,{seed}\n")
    found = table()
    assert found.titles == ("Ant-v4",)
    assert [(name, cell.mean, cell.n) for _, name, cell in found.cells()] == [
        ("folder=ppo", 2, 3),
        ("folder=sac", 2, 3),
    ]
    assert all(cell.text.endswith("‡") for _, _, cell in found.cells())
    assert "‡ 6 runs without parameters are guessed to be repeats" in found.caption


def test_of_no_run_nothing_is_guessed() -> None:
    assert guess_from_folders([]) == []


def test_folders_that_name_methods_separate_runs_of_equal_parameters(
    make_run, curves: Callable[..., Curves]
) -> None:
    for method in ("ppo", "sac"):
        for number in (1, 2):
            make_run(f"{method}/r{number}", f"step,reward\n0,0\n1,{number}{len(method)}\n", lr=0.1)
    assert [(curve.algorithm, len(curve.runs)) for curve in curves().panels[0].curves] == [
        ("folder=ppo", 2),
        ("folder=sac", 2),
    ]


def test_trials_that_record_no_method_are_named_by_their_folders(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for method, own in (("PPO", {"clip_param": 0.2}), ("IMPALA", {"broadcast_interval": 5})):
        for number in (1, 2):
            make_run(
                f"{method}_Pong_0000{number}",
                f"step,reward\n0,0\n1,{number}\n",
                env="Pong",
                seed=number,
                **own,
            )

    assert [(name, cell.n) for _, name, cell in table().cells()] == [("folder=impala", 2), ("folder=ppo", 2)]


@pytest.mark.parametrize("name", ["{version}/s{seed}", "{version}/run{seed}", "{version}_seed{seed}"])
def test_folders_that_each_have_a_run_of_every_seed_stand_for_something(
    make_run, table: Callable[..., ScoreTable], name: str
) -> None:
    for value, version in ((1, "with_aug"), (5, "no_aug")):
        for seed in (1, 2, 3):
            folder = name.format(version=version, seed=seed)
            make_run(folder, f"step,reward\n0,0\n1,{value}{seed}\n", lr=0.1, seed=seed)
    found = table()
    assert {algorithm: cell.text for _, algorithm, cell in found.cells()} == {
        "folder=no_aug": "52.00 ± 0.58 (n=3)",
        "folder=with_aug": "12.00 ± 0.58 (n=3)",
    }
    assert "6 runs are named by their folders, which is a guess" in found.caption


@pytest.mark.parametrize(
    "names",
    [
        ("with_bn", "no_bn"),
        ("lr_0.1", "lr_0.01"),
        ("lr1e-3", "lr1e-4"),
        ("exp/large", "exp/small"),
        ("bs32", "bs64"),
        ("fold_0", "fold_1"),
        ("task_a", "task_b"),
        ("resnet18", "resnet50"),
        ("bert-base-1", "roberta-base-1"),
    ],
)
def test_runs_of_equal_parameters_whose_folders_say_something_else_are_no_repeats(
    make_run, table: Callable[..., ScoreTable], names: tuple[str, ...]
) -> None:
    for number, name in enumerate(names):
        make_run(name, f"step,reward\n0,0\n1,{number}\n", lr=0.5)
    assert [cell.n for _, _, cell in table().cells()] == [1, 1]
    assert "named by their folders, which is a guess" in table().caption


@pytest.mark.parametrize(
    "names",
    [
        ("run1", "run2"),
        ("node1/run", "node2/run"),
        ("gpu0", "gpu1"),
        ("r1", "r2_resumed"),
        ("exp/7", "exp/12"),
        ("2024-01-05_12-00-00", "2024-01-06_12-00-00"),
        ("Jan05_12-00-00_node", "Jan06_12-00-00_node"),
        ("bert-5f3a2", "bert-a1b2c3"),
        ("version_0", "version_1"),
        ("trial_000001", "trial_000002"),
    ],
)
def test_runs_of_equal_parameters_whose_folders_count_them_are_repeats(
    make_run, table: Callable[..., ScoreTable], names: tuple[str, ...]
) -> None:
    for number, name in enumerate(names):
        make_run(name, f"step,reward\n0,0\n1,{number}\n", lr=0.5)
    assert [cell.n for _, _, cell in table().cells()] == [2]


def test_names_that_mlflow_draws_say_nothing(logs: Path, table: Callable[..., ScoreTable]) -> None:
    for number, name in enumerate(("glad-sun-12", "brave-tree-13")):
        run = logs / "mlruns" / "1" / f"{number:032x}"
        for file, text in {
            "meta.yaml": f"run_id: {number:032x}\nrun_name: {name}\nstatus: 3\nlifecycle_stage: active\n",
            "metrics/acc": f"1700000000000 {number} 1\n",
            "params/lr": "0.1",
        }.items():
            (run / file).parent.mkdir(parents=True, exist_ok=True)
            (run / file).write_text(text)
    (logs / "mlruns" / "1" / "meta.yaml").write_text(
        "experiment_id: '1'\nname: sk\nlifecycle_stage: active\n"
    )
    assert [cell.n for _, _, cell in table().cells()] == [2]


def test_each_seed_of_two_kinds_of_runs_is_no_repeat_of_the_other(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for kind, terrain in enumerate(("rough", "flat")):
        for seed in (1, 2):
            name = f"2024-05-0{seed}_12-00-00_{terrain}"
            make_run(name, f"step,reward\n0,0\n1,{10 * kind + seed}\n", lr=0.5, seed=seed)
    assert {name: cell.n for _, name, cell in table().cells()} == {"folder=rough": 2, "folder=flat": 2}


def test_folders_of_method_and_data_set_make_a_table_of_both(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for offset, model in ((0, "small"), (10, "large")):
        for task in ("cola", "sst2"):
            for seed in (1, 2):
                make_run(
                    f"{model}/{task}/seed_{seed}",
                    f"epoch,val_acc\n0,0\n1,{offset + seed}{len(task)}\n",
                    lr=0.1,
                )
    cells = [(title, name, cell.n) for title, name, cell in table().cells()]
    assert cells == [
        (task, f"folder={model}", 2) for task in ("cola", "sst2") for model in ("large", "small")
    ]


def test_copies_of_runs_without_seeds_in_another_folder_name_none(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for folder in ("bert", "backup/bert"):
        for number in (1, 2):
            make_run(f"{folder}/run{number}", f"step,reward\n0,0\n1,{number}\n", lr=0.1)
    assert [(algorithm, cell.n) for _, algorithm, cell in table().cells()] == [("all runs", 2)]


def test_one_seed_of_two_kinds_of_runs_is_no_repeat(make_run, table: Callable[..., ScoreTable]) -> None:
    for kind, terrain in enumerate(("rough", "flat")):
        make_run(f"go2_{terrain}", f"step,reward\n0,0\n1,{kind}\n", lr=0.5, seed=1)
    assert [cell.n for _, _, cell in table().cells()] == [1, 1]


def test_a_copy_of_all_runs_in_another_folder_names_none(make_run, table: Callable[..., ScoreTable]) -> None:
    for rows in ("0,0\n1,{seed}\n2,3\n", "0,0\n1,{seed}\n"):  # copied before the last row
        for seed in (1, 2, 3):
            make_run(f"{len(rows)}/s{seed}", "step,reward\n" + rows.format(seed=seed), lr=0.1, seed=seed)
    assert [(algorithm, cell.n) for _, algorithm, cell in table().cells()] == [("all runs", 3)]


def test_runs_with_parameters_among_runs_named_by_folders_are_the_others(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for seed in (1, 2):
        make_run(f"trained/{seed}", f"step,reward\n0,0\n1,{seed}\n", lr=0.1, seed=seed)
    for method in ("ppo", "sac"):
        make_run(f"old/{method}_Ant-v4_1", "step,reward\n0,0\n1,5\n")
    names = {(title, name) for title, name, _ in table().cells()}
    assert ("other runs", "other runs") in names
    assert not any(text.startswith("no folder") for name in names for text in name)
