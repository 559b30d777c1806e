"""Several tables in a folder are sources of one run, or a run each; none is glued to another."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sml_viewer.columns.axes import ROW, TIMESTEPS
from sml_viewer.columns.choose import choose_pair
from sml_viewer.errors import ColumnError
from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.model.sources import File, Group, groups_of, sources_of
from sml_viewer.series.load import choose_x, load_series


def monitor(rows: str, start: float = 1.7e9, env: str = "CartPole-v1") -> str:
    return f'#{{"t_start": {start}, "env_id": "{env}"}}\nr,l,t\n{rows}'


def write(folder: Path, **tables: str) -> Path:
    """`progress="…"` becomes progress.csv; `__` in a name is a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in tables.items():
        (folder / f"{name.replace('__', '.')}.csv").write_text(content)
    return folder


def only(library: Library) -> Run:
    library.refresh()
    (run,) = library.runs()
    return run


def points(library: Library, run: Run, x: str, y: str) -> list[tuple[float, float]]:
    (series,) = load_series(library, [run], x, y)
    return list(zip(series.x.tolist(), series.y.tolist(), strict=True))


@pytest.fixture
def beside(logs: Path) -> Path:
    """A progress table beside the monitors of two environments, as Stable-Baselines3 leaves them."""
    return write(
        logs / "ppo",
        progress="steps,mean\n256,10\n512,20\n768,30\n",
        **{
            "0__monitor": monitor("10,10,1\n500,500,9\n"),
            "1__monitor": monitor("20,20,2\n30,30,3\n"),
        },
    )


def test_monitors_beside_a_progress_table_are_a_source_in_the_order_of_time(
    library: Library, beside: Path
) -> None:
    run = only(library)
    assert points(library, run, TIMESTEPS, "r") == [(10, 10), (30, 20), (60, 30), (560, 500)]
    assert points(library, run, ROW, "r") == [(0, 10), (1, 20), (2, 30), (3, 500)]
    assert points(library, run, "steps", "mean") == [(256, 10), (512, 20), (768, 30)]


def test_rows_are_those_of_the_main_table_and_the_last_episode_is_the_last_to_end(
    library: Library, beside: Path
) -> None:
    run = only(library)
    assert run.rows == 3
    assert [(source.name, source.rows) for source in run.sources] == [("", 3), ("monitor", 4)]
    assert run.last == {"steps": 768, "mean": 30, "r": 500, "l": 500, "t": 9}


def test_columns_of_different_sources_are_never_drawn_over_each_other(library: Library, beside: Path) -> None:
    run = only(library)
    assert load_series(library, [run], "steps", "r") == []
    assert load_series(library, [run], TIMESTEPS, "mean") == []
    assert run.beside("steps", "r") is None


def test_columns_asked_for_again_are_of_the_length_of_their_source(library: Library, beside: Path) -> None:
    run = only(library)
    for _ in range(2):
        (columns,) = library.columns([run], ["steps", "r"])
        assert {name: len(values) for name, values in columns.items()} == {"steps": 3, "r": 4}


def test_environments_that_started_at_another_time_are_ordered_by_the_clock(
    library: Library, logs: Path
) -> None:
    write(
        logs / "a",
        **{"0__monitor": monitor("1,1,100\n"), "1__monitor": monitor("2,1,1\n", start=1.7e9 + 200)},
    )
    run = only(library)
    assert library.columns([run], ["r"])[0]["r"].tolist() == [1, 2]
    assert run.last["r"] == 2


def test_a_clock_that_begins_anew_where_a_run_was_resumed_goes_on(library: Library, logs: Path) -> None:
    write(
        logs / "a",
        **{"0__monitor": monitor("1,1,10\n3,1,5\n"), "1__monitor": monitor("2,1,11\n4,1,6\n")},
    )
    assert library.columns([only(library)], ["r"])[0]["r"].tolist() == [1, 2, 3, 4]


def test_what_a_monitor_says_of_its_environment_is_a_fact_of_the_run(library: Library, beside: Path) -> None:
    assert only(library).facts == {"t_start": 1.7e9, "env_id": "CartPole-v1"}


def test_an_episode_that_ends_later_is_added_where_it_belongs(library: Library, beside: Path) -> None:
    only(library)
    with (beside / "1.monitor.csv").open("a") as file:
        file.write("40,40,4\n")
    library.refresh_known()
    (run,) = library.runs()
    assert points(library, run, TIMESTEPS, "r")[-2:] == [(100, 40), (600, 500)]


def test_train_and_eval_are_sources_of_one_run_each_with_its_own_steps(library: Library, logs: Path) -> None:
    write(
        logs / "a",
        train="frame,episode_reward\n1000,1\n2000,2\n3000,3\n",
        eval="frame,episode_reward\n0,10\n2000,20\n",
    )
    run = only(library)
    assert set(run.last) == {
        "train/frame",
        "train/episode_reward",
        "eval/frame",
        "eval/episode_reward",
    }
    assert run.rows == 3
    assert points(library, run, "train/frame", "eval/episode_reward") == [(0, 10), (2000, 20)]
    assert run.beside("frame", "eval/episode_reward") == "eval/frame"


def test_a_table_named_train_alone_is_data_and_no_run(library: Library, logs: Path) -> None:
    write(logs / "a", train="x,y\n1,2\n")
    library.refresh()
    assert library.runs() == []


@pytest.fixture
def metrics(logs: Path) -> Path:
    folder = write(
        logs / "CQL_hopper",
        actor_loss="1,1000,0\n2,2000,1\n",
        environment="1,1000,101\n2,2000,102\n3,3000,103\n",
    )
    (folder / "params.json").write_text('{"algorithm": "CQL"}')
    return folder


def test_a_file_for_each_metric_is_a_source_with_epochs_and_steps_of_its_own(
    library: Library, metrics: Path
) -> None:
    run = only(library)
    assert tuple(run.last) == ("epoch", "step", "actor_loss", "environment")
    assert points(library, run, "step", "environment") == [(1000, 101), (2000, 102), (3000, 103)]
    assert points(library, run, "epoch", "actor_loss") == [(1, 0), (2, 1)]
    (series,) = load_series(library, [run], "step", "actor_loss")
    assert series.notes == ()


@pytest.mark.parametrize("seconds", [(0.011, 0.012, 0.013), (1.1, 2.2, 3.4), (1, 2, 4), (0.5, 900, 1_000)])
def test_a_file_of_seconds_per_step_is_no_axis_of_other_files(
    library: Library, logs: Path, seconds: tuple[float, ...]
) -> None:
    values = {"actor_loss": (3, 2, 1), "environment": (101, 102, 103), "time_step": seconds}
    for metric, column in values.items():
        write(logs / "a", **{metric: "".join(f"{n + 1},{n}00,{v}\n" for n, v in enumerate(column))})
    (logs / "a" / "params.json").write_text("{}")
    library.refresh()
    chosen = choose_pair(library, library.runs())
    assert (chosen.x, chosen.y, chosen.other_x) == ("step", "environment", ("epoch",))


def test_a_known_layout_without_headers_is_no_news(library: Library, metrics: Path) -> None:
    assert only(library).notes == ()


def test_tables_of_the_same_columns_that_begin_at_the_start_are_runs(library: Library, logs: Path) -> None:
    steps = range(1, 6)
    write(
        logs / "results",
        progress_a="n_updates,reward\n" + "".join(f"{step},{step}\n" for step in steps),
        progress_b="n_updates,reward\n" + "".join(f"{step},{100 + step}\n" for step in steps),
    )
    library.refresh()
    runs = library.runs()
    assert [(run.name, run.rows, run.last["reward"]) for run in runs] == [
        ("results/progress_a", 5, 5),
        ("results/progress_b", 5, 105),
    ]
    assert len({run.id for run in runs}) == len({run.key for run in runs}) == 2
    assert all("several runs in this folder" in run.notes[0] for run in runs)


def test_the_table_of_the_usual_name_stays_the_run_of_its_folder(library: Library, logs: Path) -> None:
    rows = "step,reward\n1,1\n2,2\n"
    write(logs / "a", progress=rows, progress_old=rows.replace(",2\n", ",9\n"))
    library.refresh()
    assert [(run.name, run.tables) for run in library.runs()] == [
        ("a", ("progress.csv",)),
        ("a/progress_old", ("progress_old.csv",)),
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # Told apart by what was measured; by where they begin; by their columns.
        ({"progress_train": "step,r\n1,1\n2,2\n"}, {"progress_eval": "step,r\n1,5\n2,6\n"}),
        ({"progress_1": "step,r\n1,1\n2,2\n"}, {"progress_2": "step,r\n3,5\n4,6\n"}),
        ({"progress": "step,r\n1,1\n2,2\n"}, {"progress_more": "step,loss\n1,5\n2,6\n"}),
    ],
)
def test_tables_that_belong_together_are_one_run(
    library: Library, logs: Path, first: dict[str, str], second: dict[str, str]
) -> None:
    write(logs / "a", **first, **second)
    run = only(library)
    assert run.rows == 2
    assert len(run.sources) == 2
    (columns,) = library.columns([run], list(run.columns))
    assert all(len(values) == 2 and not np.isnan(values).any() for values in columns.values())


def test_runs_of_one_folder_come_and_go_with_their_tables(library: Library, logs: Path) -> None:
    folder = write(logs / "r", progress_a="step,y\n1,1\n2,2\n", progress_b="step,y\n1,3\n2,4\n")
    library.refresh()
    assert [run.last["y"] for run in library.runs()] == [2, 4]
    with (folder / "progress_b.csv").open("a") as file:
        file.write("3,5\n")
    library.refresh_known()
    assert [run.last["y"] for run in library.runs()] == [2, 5]
    (folder / "progress_b.csv").unlink()
    library.refresh_known()
    assert [run.last["y"] for run in library.runs()] == [2]


def test_a_column_that_a_source_before_has_too_is_named_after_its_own() -> None:
    main, monitors = Group("", "", "table", ()), Group("monitor", "", "monitor", ())
    first, second = sources_of(
        [
            File("progress.csv", main, 3, ("step", "t")),
            File("0.monitor.csv", monitors, 4, ("r", "l", "t")),
            File("1.monitor.csv", monitors, 5, ("r", "l", "t")),
        ]
    )
    assert first.columns == ("step", "t")
    assert second.columns == ("r", "l", "monitor/t")
    assert (second.column("t"), second.local("monitor/t"), second.rows) == ("monitor/t", "t", 9)


def test_a_clash_of_names_costs_neither_source_its_values(library: Library, logs: Path) -> None:
    write(
        logs / "a",
        progress="step,t\n1,7\n2,8\n",
        **{"0__monitor": monitor("10,10,1\n30,30,3\n"), "1__monitor": monitor("20,20,2\n")},
    )
    run = only(library)
    (columns,) = library.columns([run], ["t", "monitor/t", "r"])
    assert columns["t"].tolist() == [7, 8]
    assert columns["monitor/t"].tolist() == [1, 2, 3]
    assert columns["r"].tolist() == [10, 20, 30]
    assert run.summary["monitor/t"].last == 3


def test_the_groups_of_usual_folders() -> None:
    def told(*tables: str) -> list[tuple[str, str, str]]:
        return [group[:3] for group in groups_of(tables)]

    assert told("progress.csv") == [("", "", "table")]
    assert told("policy_training_progress.csv", "dynamics_training_progress.csv") == [
        ("", "", "table"),
        ("dynamics_training_progress", "dynamics_training_progress/", "table"),
    ]
    assert told("0.monitor.csv", "1.monitor.csv") == [("", "", "monitor")]
    assert told("results.csv", "learning.csv") == [("", "", "table"), ("learning", "learning/", "table")]
    assert groups_of(("progress.csv",), own=True)[0].layout == "own"


def test_a_value_that_was_not_measured_is_nowhere(library: Library, beside: Path) -> None:
    run = only(library)
    (columns,) = library.columns([run], list(run.columns))
    assert not any(math.isnan(value) for values in columns.values() for value in values.tolist())


def test_tables_of_one_run_of_several_in_a_folder_stay_together(library: Library, logs: Path) -> None:
    rows = {"a_train": 1, "a_eval": 2, "b_train": 3, "b_eval": 4}
    write(logs / "r", **{f"progress_{name}": f"step,y\n1,0\n2,{last}\n" for name, last in rows.items()})
    library.refresh()
    assert [sorted(run.last.values()) for run in library.runs()] == [[1, 2, 2, 2], [2, 2, 3, 4]]


@pytest.mark.parametrize("second", ["step,y\n", "", "step,y\n1,2"])
def test_a_table_without_a_row_is_no_run_of_its_own_yet(library: Library, logs: Path, second: str) -> None:
    write(logs / "r", progress_a="step,y\n1,1\n2,2\n", progress_b=second)
    assert only(library).rows == 2


def test_another_name_of_a_table_is_no_run_of_its_own(library: Library, logs: Path) -> None:
    folder = write(logs / "a", progress="step,y\n1,1\n2,2\n")
    (folder / "best_progress.csv").symlink_to("progress.csv")
    assert only(library).rows == 2


def test_what_is_odd_of_several_files_alike_is_one_note(library: Library, logs: Path) -> None:
    write(logs / "a", **{f"{number}__monitor": f"{number},1,{number}\n" for number in range(4)})
    assert only(library).notes == (
        "0.monitor.csv, 1.monitor.csv and 2 more: has no header; its columns are named by their place",
    )


def test_an_x_by_its_name_in_the_files_is_that_of_each_metrics_own_table(
    library: Library, logs: Path
) -> None:
    write(logs / "a", train="frame,y\n1000,1\n2000,2\n", eval="frame,y\n0,10\n3000,20\n")
    run = only(library)
    assert choose_x(library, [run], "frame") == "frame"
    assert points(library, run, "frame", "train/y") == [(1000, 1), (2000, 2)]
    assert points(library, run, "frame", "eval/y") == [(0, 10), (3000, 20)]
    with pytest.raises(ColumnError, match="no run has a column 'frames'"):
        choose_x(library, [run], "frames")


def test_runs_of_one_folder_need_no_header(library: Library, logs: Path) -> None:
    write(logs / "r", progress_a="1,0.5\n2,0.6\n", progress_b="1,7.5\n2,7.6\n")
    library.refresh()
    assert [run.last["column 2"] for run in library.runs()] == [0.6, 7.6]


def test_a_table_in_two_formats_is_one_run(library: Library, logs: Path) -> None:
    folder = write(logs / "a", progress="step,y\n1,1\n2,2\n")
    (folder / "progress.txt").write_text("step\ty\n1\t1\n2\t2\n")
    assert only(library).rows == 2
