"""A grid becomes every task once, and every machine a fair share."""

from __future__ import annotations

import pytest

from sml_launch import Grid, GridError, shard


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


def test_a_true_flag_stands_alone_and_a_false_one_is_absent() -> None:
    (task,) = Grid("python main.py", {"a": True, "b": False, "c": [1, 2], "d": "x y && z"}).tasks()
    assert task.command == ("python", "main.py", "--a", "--c", "1", "2", "--d", "x y && z")


def test_the_filter_keeps_what_it_accepts() -> None:
    tasks = grid(task_is_valid=lambda task: task["seed"] > 13).tasks()
    assert {task.parameters["seed"] for task in tasks} == {17, 23}


@pytest.mark.parametrize("total", range(1, 21))
def test_shards_are_the_whole_and_differ_by_at_most_one(total: int) -> None:
    tasks = grid().tasks()
    shards = [shard(tasks, total, index) for index in range(total)]
    assert sorted(task.id for part in shards for task in part) == sorted(task.id for task in tasks)
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_index_minus_one_is_the_whole() -> None:
    assert len(shard(grid().tasks(), 5, -1)) == 12


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exclusive_candidates": {"seed": []}}, "no task"),
        ({"exclusive_candidates": {"seed": [1, 1]}}, "are equal"),
        ({"aligned_candidates": {"a": [1, 2], "b": [1, 2, 3]}}, "equally long"),
        ({"start_up_header": "cd x && python main.py"}, "shell operators"),
    ],
)
def test_a_wrong_grid_is_one_clear_error(changes: dict, words: str) -> None:
    with pytest.raises(GridError, match=words):
        grid(**changes).tasks()


@pytest.mark.parametrize(("total", "index"), [(0, 0), (3, 3), (3, -2)])
def test_a_machine_outside_the_number_of_machines_is_an_error(total: int, index: int) -> None:
    with pytest.raises(GridError, match="expected"):
        shard(grid().tasks(), total, index)
