"""The experiment file is the user's program: what it does besides, and what is wrong with it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sml_config import read_plan
from sml_launch import Grid, GridError, Plan, load_experiment

LOCAL = ("--backend", "local")


def test_a_file_with_options_and_prints_of_its_own_is_read(project) -> None:
    project.sweep(
        "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--mine', default=3)\n"
        "print('mine is', parser.parse_args().mine)",
        exclusive_candidates={"seed": [1, 2]},
    )
    done = project.launch("-tn", "1", "-idx", "0", "--dry-run")
    assert done.returncode == 0
    assert "mine is 3" in done.stderr
    assert len(done.stdout.splitlines()) == 2, "only commands"


@pytest.mark.parametrize(
    "text",
    [
        "import sys; sys.exit('no gpu')",
        "import argparse; p = argparse.ArgumentParser(); p.add_argument('x'); p.parse_args()",
        "def get_cmd_array(total, index):\n    raise SystemExit(4)\n",
    ],
)
def test_a_file_that_exits_starts_nothing_and_that_is_said(project, text: str) -> None:
    (project.folder / "sweep.py").write_text(text + "\n")
    done = project.launch(*LOCAL)
    assert done.returncode == 2
    assert "sml-launch: sweep.py: " in done.stderr
    assert "exit" in done.stderr.lower()
    assert not (project.folder / ".sml-launch").exists()


def test_all_names_of_a_wrong_type_are_told_at_once_and_no_secret_with_them(project) -> None:
    project.sweep(
        environment_dict=["WANDB_API_KEY=s3cret"], GPUS=0, rnd_seed=[1], directory=5, MAX_PARALLEL=True
    )
    done = project.launch(*LOCAL)
    assert [line.split(" is ")[0].split()[-1] for line in done.stderr.splitlines()] == [
        "environment_dict",
        "directory",
        "GPUS",
        "MAX_PARALLEL",
        "rnd_seed",
    ]
    assert "s3cret" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"exclusive_candidates": {"text": ["a\0b"]}}, "parameter 'text': 'a\\x00b' cannot be passed"),
        (
            {"parameters_base": {"text": ["a", "\ud800"]}},
            "parameter 'text': ['a', '\\ud800'] cannot be passed",
        ),
        ({"parameters_base": {"x\0": 1}}, "parameter 'x\\x00': 1 cannot be passed"),
        ({"environment_dict": {"A=B": 1}}, "environment_dict: 'A=B' cannot be set"),
        ({"environment_dict": {"A": "s3\0cret"}}, "environment_dict: 'A' cannot be set"),
    ],
)
def test_what_no_process_can_be_given_starts_nothing(project, names: dict, words: str) -> None:
    project.sweep(**names)
    done = project.launch(*LOCAL)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (project.folder / ".sml-launch").exists()


def test_yaml_numbers_are_numbers_and_a_key_given_twice_is_an_error(project) -> None:
    file = project.folder / "sweep.yaml"
    file.write_text("start_up_header: python main.py\nexclusive_candidates: {lr: [1e-4, 3e-4]}\n")
    assert [task.parameters["lr"] for task in load_experiment(file).grid.tasks()] == [1e-4, 3e-4]
    file.write_text("start_up_header: x\nexclusive_candidates:\n  lr: [1]\n  lr: [2]\n")
    with pytest.raises(GridError, match=r"sweep.yaml:4: .*lr"):
        load_experiment(file)
    file.write_text("start_up_header: x\nexclusive_candidates: {lr: [1\n")
    with pytest.raises(GridError, match=r"sweep.yaml:\d: not valid YAML: .*close the bracket") as caught:
        load_experiment(file)
    assert "\n" not in str(caught.value)


def test_yaml_words_that_may_be_text_or_booleans_start_nothing_until_they_are_clear(project) -> None:
    file = project.folder / "sweep.yaml"
    file.write_text(
        "start_up_header: python main.py\nparameters_base: {id: 012, time: 1:30}\n"
        "exclusive_candidates:\n  country: [SE, NO]\n  light: on\n"
    )
    with pytest.raises(GridError) as caught:
        load_experiment(file)
    first, second = str(caught.value).splitlines()
    assert first.startswith(f"{file}:4: NO is false in YAML 1.1 and text in YAML 1.2; write false, or 'NO'")
    assert second.startswith(f"{file}:5: on is true in YAML 1.1")
    file.write_text(file.read_text().replace("NO", "'NO'").replace(": on", ": [true]"))
    first, second = (task.parameters for task in load_experiment(file).grid.tasks())
    assert first == {"id": 12, "time": "1:30", "country": "SE", "light": True}
    assert second["country"] == "NO"


def test_a_filter_uses_what_its_file_imports(project) -> None:
    (project.folder / "mine.py").write_text("LIMIT = 2\n")
    project.sweep(
        "import mine\ndef task_is_valid(task):\n    return task['seed'] < mine.LIMIT\n",
        exclusive_candidates={"seed": [0, 1, 2, 3]},
    )
    assert len(Plan.from_file().tasks) == 2


@pytest.mark.slow
def test_after_an_edit_of_the_grid_what_was_done_stays_done(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]})
    project.launch(*LOCAL)
    project.sweep(exclusive_candidates={"seed": [2, 3, 4]})
    assert "2 of 3 tasks have finished before" in project.launch(*LOCAL).stdout
    assert sorted(int(call["argv"][1]) for call in project.calls()) == [1, 2, 3, 4]
    assert project.status()["done"] == project.status()["total"] == 3
    project.sweep(exclusive_candidates={"seed": [1, 2, 3]})
    assert "3 of 3 tasks have finished before" in project.launch(*LOCAL).stdout
    assert project.status()["done"] == 3


def test_a_file_elsewhere_runs_in_its_own_folder(project, tmp_path, monkeypatch) -> None:
    project.sweep(exclusive_candidates={"seed": [1]}, name="sweep.py")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    from sml_launch import main

    path = f"../{project.folder.name}/sweep.py"
    assert main([path, *LOCAL]) == 0
    assert [call["cwd"] for call in project.calls()] == [str(project.folder)]
    assert main(["status", "-C", f"../{project.folder.name}", "--once"]) == 0
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_directory_of_its_own_is_where_tasks_run_and_where_their_state_is(project) -> None:
    (project.folder / "code").mkdir()
    (project.folder / "main.py").rename(project.folder / "code" / "main.py")
    project.sweep(exclusive_candidates={"seed": [1]}, directory="code")
    assert project.launch(*LOCAL).returncode == 0
    assert json.loads(project.launch("status", "--json", "-C", "code").stdout)["done"] == 1
    missed = project.launch("status")
    assert "nothing was launched in" in missed.stderr
    assert "pass it as -C" in missed.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--run",), "tmux is not installed: apt-get install tmux, or use --backend local"),
        (
            ("--backend", "slurm"),
            "sbatch is not installed on this machine; use a login node of the cluster, or",
        ),
        (("--backend", "dask", "-o", "scheduler=x"), "is not installed; pip install 'sml-launch[dask]'"),
    ],
)
def test_what_is_not_installed_is_named_with_its_remedy(
    project, words: tuple[str, ...], message: str
) -> None:
    project.sweep(exclusive_candidates={"seed": [1]})
    absent = project.folder / "absent"
    absent.mkdir()
    (absent / "distributed.py").write_text("raise ModuleNotFoundError('distributed')\n")
    done = project.launch(*words, PATH=str(absent), PYTHONPATH=str(absent))
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (project.folder / ".sml-launch").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("stat",),
            "no such experiment file or command; the commands are: status, logs, stop, retry, resume",
        ),
        ((*LOCAL, "--per-gpu", "2"), "--per-gpu needs GPUs; add --gpus 0,1"),
        (("--only-missing", "-d", ".", "--rerun", "all"), "both select tasks; pass only one of them"),
        (("--timeout", "nan"), "invalid duration 'nan'; expected e.g. 90, 30m, 2h or 1d"),
    ],
)
def test_an_option_that_would_do_nothing_is_an_error(project, words: tuple[str, ...], message: str) -> None:
    project.sweep(exclusive_candidates={"seed": [1]})
    done = project.launch(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (project.folder / ".sml-launch").exists()


def test_several_grids_in_a_file_are_one_sweep(tmp_path: Path) -> None:
    (tmp_path / "sweep.py").write_text(
        "start_up_header = 'python main.py'\n"
        "parameters_base = dict(steps=10)\n"
        "exclusive_candidates = dict(seed=[1, 2])\n"
        "grids = [\n"
        "    dict(exclusive_candidates=dict(clip=[0.1, 0.2]), parameters_base=dict(algo='ppo')),\n"
        "    dict(parameters_base=dict(algo='sac')),\n"
        "]\n"
    )
    plan = Plan.from_file(tmp_path / "sweep.py")
    tasks = [task.parameters for task in plan.tasks]
    assert len(tasks) == 2 * 2 + 2
    assert all(task["steps"] == 10 for task in tasks)
    assert {task["algo"] for task in tasks if "clip" not in task} == {"sac"}
    swept = read_plan(plan.save()).swept
    assert set(swept) == {"algo", "clip", "seed"}


def test_grids_that_overlap_or_have_unknown_names_are_named(tmp_path: Path) -> None:
    head = "start_up_header = 'python main.py'\nexclusive_candidates = dict(seed=[1])\n"
    for text, words in (
        ("grids = [dict(), dict()]", "are equal: .* overlap of two grids"),
        ("grids = [dict(seeds=[1])]", r"grids\[0\] is .*; expected a dict with parameters_base"),
        ("grids = [3]", r"grids\[0\] is 3; expected a dict"),
        ("grids = 3", "grids is 3; expected a list"),
    ):
        (tmp_path / "sweep.py").write_text(head + text + "\n")
        with pytest.raises(GridError, match=words):
            Plan.from_file(tmp_path / "sweep.py")


def test_a_filter_may_drop_what_a_method_does_not_have(tmp_path: Path) -> None:
    (tmp_path / "sweep.py").write_text(
        "start_up_header = 'python main.py'\n"
        "exclusive_candidates = dict(algo=['ppo', 'sac'], clip=[0.1, 0.2])\n"
        "def task_is_valid(task):\n"
        "    if task['algo'] != 'ppo':\n"
        "        task.pop('clip')\n"
        "    return True\n"
    )
    tasks = [task.parameters for task in Plan.from_file(tmp_path / "sweep.py").tasks]
    assert sorted(map(str, tasks)) == [
        "{'algo': 'ppo', 'clip': 0.1}", "{'algo': 'ppo', 'clip': 0.2}", "{'algo': 'sac'}",
    ]  # fmt: skip


def test_a_run_tells_the_result_and_the_run_folder_of_each_task(tmp_path: Path) -> None:
    script = "from sml_logger import Logger\nLogger(log_name='r', backup_code=False).close()\n"
    grid = Grid(f"{sys.executable} main.py", exclusive_candidates={"seed": [1]})
    (tmp_path / "main.py").write_text(script.replace("import Logger\n", "import Logger\nimport sys\n"))
    run = Plan.from_grid(grid, tmp_path).submit("local")
    run.wait(60)
    (result,) = run.results().values()
    assert result.outcome == "finished"
    assert Path(result.run_folder or "").is_dir()
