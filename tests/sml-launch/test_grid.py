"""A grid becomes every task once, every machine gets a fair share, and a wrong grid is one clear error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sml_config import Task, read_plan
from sml_launch import Experiment, Grid, GridError, Plan, UnknownOptionError, load_experiment, shard
from sml_launch.process.gpus import slots
from sml_launch.shell_words import expanded, header_words, without_quotes
from sml_launch.tasks.task_encoding import TaskTexts


def grid(**changes: object) -> Grid:
    parts: dict = {
        "start_up_header": "python main.py ",
        "parameters_base": {"backing_log": True, "seed": 1},
        "exclusive_candidates": {"env_name": ["A", "B"], "seed": [13, 17, 23]},
        "aligned_candidates": {"information": ["x", "y"], "value_lr": [1e-3, 1e-4]},
    }
    return Grid(**{**parts, **changes})


def test_the_product_is_crossed_with_the_aligned_steps() -> None:
    tasks = grid().tasks()
    assert len(tasks) == 2 * 3 * 2
    assert {(task.parameters["information"], task.parameters["value_lr"]) for task in tasks} == {
        ("x", 1e-3),
        ("y", 1e-4),
    }


def test_a_candidate_overrides_the_base() -> None:
    assert {task.parameters["seed"] for task in grid().tasks()} == {13, 17, 23}


def test_a_single_aligned_value_goes_with_every_step() -> None:
    tasks = grid(aligned_candidates={"a": [1, 2], "b": ["x"], "c": "y"}).tasks()
    assert {(task.parameters["a"], task.parameters["b"], task.parameters["c"]) for task in tasks} == {
        (1, "x", "y"),
        (2, "x", "y"),
    }


def test_the_filter_keeps_what_it_accepts_and_identity_is_taken_after_it() -> None:
    def valid(task: dict) -> bool:
        task["layers"].append(task["seed"])
        task["extra"] = 1
        return task["seed"] > 13

    filtered = grid(parameters_base={"layers": [1]}, task_is_valid=valid)
    tasks = filtered.tasks()
    assert {task.parameters["seed"] for task in tasks} == {17, 23}
    assert {tuple(task.parameters["layers"]) for task in tasks} == {(1, 17), (1, 23)}
    assert all(task.id == Task(task.header, task.parameters).id for task in tasks)
    assert filtered.parameters_base == {"layers": [1]}, "the filter is given a copy"


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.integers() | st.text(), max_size=3)
)


@given(st.lists(st.dictionaries(st.text(min_size=1), VALUES, max_size=4), min_size=1, max_size=6))
def test_quick_tasks_are_the_tasks_of_sml_config_and_their_lines_its_format(rows: list[dict]) -> None:
    texts = TaskTexts(("python", "main.py"))
    for row in [*rows, *rows]:
        task = texts.task(row)
        plain = Task(("python", "main.py"), row)
        assert task.id == plain.id
        read = json.loads(texts.line(task))
        assert Task(tuple(read["header"]), read["parameters"]).id == plain.id


@pytest.mark.parametrize("total", range(1, 21))
@pytest.mark.parametrize("seed", [42, None])
def test_shards_are_the_whole_and_differ_by_at_most_one(total: int, seed: int | None) -> None:
    tasks = grid().tasks()
    shards = [shard(tasks, total, index, seed) for index in range(total)]
    assert sorted(task.id for part in shards for task in part) == sorted(task.id for task in tasks)
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_a_range_of_shards_is_their_union_and_minus_one_is_the_whole() -> None:
    tasks = grid().tasks()
    united = {task.id for index in range(4) for task in shard(tasks, 5, index)}
    assert {task.id for task in shard(tasks, 5, "0-3")} == united
    assert len(shard(tasks, 5, -1)) == 12
    assert shard(tasks, 1, -1, None) == tasks


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"exclusive_candidates": {"seed": []}},
            "exclusive_candidates: seed is an empty list, so the grid has no task",
        ),
        ({"exclusive_candidates": {"env_name": "Ant"}}, "env_name is 'Ant'; expected a list of candidates"),
        (
            {"exclusive_candidates": {"seed": [1, 1]}},
            "tasks 0 and 2 of the grid are equal: {'backing_log': True",
        ),
        (
            {"aligned_candidates": {"a": [1, 2], "b": [1, 2, 3]}},
            "equally long, or of length 1: a has 2, b has 3",
        ),
        ({"aligned_candidates": {"a": []}}, "aligned_candidates: a is an empty list"),
        (
            {"task_is_valid": lambda task: task["nothing"]},
            "task_is_valid raised KeyError: 'nothing' for the task {",
        ),
        ({"task_is_valid": lambda _: False}, "task_is_valid rejects all"),
        (
            {"exclusive_candidates": {name: list(range(100)) for name in "abcdef"}},
            "the grid has 2,000,000,000,000 tasks, more than 1,000,000; remove candidates",
        ),
        ({"start_up_header": " "}, "start_up_header is empty"),
        ({"start_up_header": "python 'main.py"}, "No closing quotation"),
        ({"start_up_header": "A=1 python main.py"}, "contains 'A=1'; expected one command"),
        *(
            ({"start_up_header": f"python main.py {operator} x"}, f"contains {operator!r}; expected one")
            for operator in ("&&", "||", ";", "|", "&", ">", ">>", "<", "`", "$(")
        ),
        ({"start_up_header": "cd x;python main.py"}, "contains ';'"),
    ],
)
def test_a_wrong_grid_is_one_clear_error(changes: dict, words: str) -> None:
    with pytest.raises(GridError) as caught:
        grid(**changes).tasks()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_quoted_operator_is_a_word() -> None:
    assert header_words("python -c 'a && b' \"c;d\" e\\;f") == ("python", "-c", "a && b", "c;d", "e;f")


@pytest.mark.parametrize(
    ("total", "index"), [(0, 0), (3, 3), (3, -2), (3, "0-3"), (3, "2-1"), (3, "x"), (3, ""), (-1, -1)]
)
def test_a_machine_outside_the_number_of_machines_is_an_error(total: int, index: int | str) -> None:
    with pytest.raises(GridError, match=f"-idx {index} of -tn {total}: expected"):
        shard(grid().tasks(), total, index)


SETTINGS = "IMPORTANT_CONFIGS: [env_name, seed]\n"


def test_tasks_that_would_share_a_run_folder_are_an_error_with_the_line_to_add(tmp_path: Path) -> None:
    (tmp_path / "common_config").mkdir()
    file = tmp_path / "common_config" / "experiment_config.yaml"
    file.write_text(SETTINGS)
    assert len(Plan.from_grid(grid(), tmp_path).tasks) == 12, "information tells them apart"
    alone = grid(aligned_candidates={"value_lr": [1, 2]})
    with pytest.raises(GridError) as caught:
        Plan.from_grid(alone, tmp_path)
    assert str(caught.value) == (
        "tasks would share a run folder: they differ only in value_lr, which is neither in "
        f"IMPORTANT_CONFIGS nor in information. Add to IMPORTANT_CONFIGS in {file}:\n- value_lr"
    )
    file.write_text("IMPORTANT_CONFIGS: [env_name, seed, value_lr]\n")
    assert len(Plan.from_grid(alone, tmp_path).tasks) == 12
    file.write_text("IMPORTANT_CONFIG: [x]\n")
    with pytest.raises(GridError, match="did you mean IMPORTANT_CONFIGS"):
        Plan.from_grid(alone, tmp_path)


def test_the_plan_file_is_that_of_sml_config_and_never_changes(tmp_path: Path) -> None:
    plan = Plan.from_grid(grid(), tmp_path)
    path = plan.save()
    read = read_plan(path)
    assert read.tasks == plan.tasks
    assert read.swept == ("env_name", "seed", "information", "value_lr")
    before = path.stat().st_mtime_ns
    assert Plan.from_grid(grid(), tmp_path).save() == path
    assert path.stat().st_mtime_ns == before
    assert Plan.from_grid(grid(parameters_base={}), tmp_path).save() != path


def test_an_experiment_in_yaml_is_the_one_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sweep.yaml").write_text(
        "start_up_header: python main.py\nexclusive_candidates: {seed: [1, 2]}\nMAX_PARALLEL: 3\n"
        "environment_dict: {OMP_NUM_THREADS: 1}\nGPUS: [0, 1]\nsetup: [module load cuda]\nsession_name: s\n"
    )
    monkeypatch.chdir(tmp_path)
    experiment = load_experiment(None)
    assert len(experiment.grid.tasks()) == 2
    assert (experiment.max_parallel, experiment.gpus, experiment.session_name) == (3, ("0", "1"), "s")
    assert (experiment.environment, experiment.setup) == ({"OMP_NUM_THREADS": "1"}, ("module load cuda",))
    assert experiment.directory == tmp_path
    (tmp_path / "sweep.yaml").write_text("start_up_header: x\nMAX_PARALEL: 3\n")
    with pytest.raises(UnknownOptionError, match="unknown key 'MAX_PARALEL'; expected one of: MAX_PARALLEL"):
        load_experiment(None)
    (tmp_path / "sweep.py").write_text("start_up_header = 'python other.py'\n")
    assert load_experiment(None).grid.start_up_header == "python other.py", "sweep.py comes before sweep.yaml"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("MAX_PARALLEL = 0", "MAX_PARALLEL is 0; expected a number of at least 1"),
        ("MAX_PARALLEL = '3'", "MAX_PARALLEL is '3'; expected a whole number"),
        ("GPUS = '0'", "GPUS is '0'; expected a list"),
        ("exclusive_candidates = [1]", "exclusive_candidates is [1]; expected a dict"),
    ],
)
def test_a_name_of_the_wrong_type_is_said(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "sweep.py").write_text(f"start_up_header = 'x'\n{line}\n")
    with pytest.raises(GridError) as caught:
        load_experiment(tmp_path / "sweep.py")
    assert words in str(caught.value)


def test_values_written_for_a_shell_lose_their_quotes_and_names_are_expanded() -> None:
    assert [without_quotes(text) for text in ('""', "'0,1'", "a", 1, '"a')] == ["", "0,1", "a", "1", '"a']
    assert expanded("$A/${B}:$C", {"A": "1", "B": "2"}) == "1/2:"


def test_slots_spread_gpus_evenly_and_obey_the_limit() -> None:
    assert slots((), 3) == [None, None, None]
    assert slots(("0", "1"), 5) == ["0", "1", "0", "1", "0"]
    assert slots(("0", "1"), 5, per_gpu=1) == ["0", "1"]
    assert slots(("0", "1"), 3, per_gpu=4) == ["0", "1", "0"]


def test_tasks_of_one_plan_may_have_different_headers(tmp_path: Path) -> None:
    tasks = tuple(Task(("python", name), {"seed": 1}) for name in ("a.py", "b.py"))
    plan = Plan(Experiment(grid(), tmp_path), tasks)
    assert read_plan(plan.save()).tasks == tasks
