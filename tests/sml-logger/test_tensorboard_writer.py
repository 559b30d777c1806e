"""`SummaryWriter` in the place of torch's and tensorboardX's: rows joined by step, media, and event files."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorboardX
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from tensorboard.compat.proto.summary_pb2 import Summary

from sml_logger import Logger, MetricTypeError
from sml_logger.tensorboard import SummaryWriter

Read = Callable[[Path | str], list[dict[str, str]]]
HYPERPARAMETERS = "|param|value|\n|-|-|\n|seed|1|\n|env_id|Hopper-v4|\n|lr|0.0003|\n|cuda|True|"


def events(folder: Path) -> EventMultiplexer:
    """Everything that TensorBoard finds below a folder."""
    multiplexer = EventMultiplexer(
        size_guidance={"scalars": 0, "images": 0, "histograms": 0, "tensors": 0, "audio": 0}
    )
    multiplexer.AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    return multiplexer


def test_scalars_of_one_step_are_one_row_and_tensorboard_shows_the_same(project: Path, table: Read) -> None:
    with SummaryWriter(project / "runs" / "one") as writer:
        for step in range(0, 300, 100):
            writer.add_scalar("losses/policy", step + 0.5, step)
            writer.add_scalar("losses/value", np.float32(step), np.int64(step))
            if step:
                writer.add_scalar("charts/return", step, step)
    assert writer.get_logdir() == writer.log_dir == str(project / "runs" / "one")
    assert [list(row.values()) for row in table(project / "runs" / "one")] == [
        ["0", "0.5", "0.0", ""],
        ["100", "100.5", "100.0", "100"],
        ["200", "200.5", "200.0", "200"],
    ]
    run = events(project / "runs").GetAccumulator("one/tbfile")
    assert [(event.step, event.value) for event in run.Scalars("losses/policy")] == [
        *((0, 0.5), (100, 100.5), (200, 200.5)),
    ]
    assert [event.step for event in run.Scalars("charts/return")] == [100, 200]


def test_a_second_value_of_a_tag_and_step_is_a_row_of_its_own(project: Path, table: Read) -> None:
    with SummaryWriter("runs/a") as writer:
        for value in (1.0, 2.0):
            writer.add_scalar("return", value, 7)
        writer.add_scalar("loss", 3.0, 7)
    assert [list(row.values()) for row in table("runs/a")] == [["7", "1.0", ""], ["7", "2.0", "3.0"]]


def test_many_rows_alike_are_whole_in_any_order_of_tags(project: Path, table: Read) -> None:
    with SummaryWriter("runs/a") as writer:
        for step in range(200):
            for tag in range(6):
                if (step, tag) not in {(50, 3), (51, 5), (120, 0)}:
                    writer.add_scalar(f"m{tag}", step + tag / 8, step)
            if step % 60 == 59:
                writer.add_scalar("eval", step, step)
                for tag in (2, 1):
                    writer.add_scalar(f"m{tag}", -1.0, step + 1000)
    rows = table("runs/a")
    main = [row for row in rows if int(row["step"]) < 1000]
    assert [int(row["step"]) for row in main] == list(range(200))
    for step, row in enumerate(main):
        expected = {f"m{tag}": str(step + tag / 8) for tag in range(6)}
        for lacking in {(50, 3), (51, 5), (120, 0)}:
            if lacking[0] == step:
                expected[f"m{lacking[1]}"] = ""
        assert row == {"step": str(step), **expected, "eval": str(step) if step % 60 == 59 else ""}
    assert [(row["m1"], row["m2"], row["m0"]) for row in rows if int(row["step"]) >= 1000] == [
        ("-1.0", "-1.0", "")
    ] * 3
    scalars = events(Path("runs")).GetAccumulator("a/tbfile")
    assert [event.step for event in scalars.Scalars("m4")] == list(range(200))
    assert [event.value for event in scalars.Scalars("m5")] == [s + 5 / 8 for s in range(200) if s != 51]


def test_each_call_after_a_pause_is_in_the_table_when_it_returns(project: Path) -> None:
    child = os.fork()
    if child == 0:
        writer = SummaryWriter("runs/a")
        for step in range(40):
            for tag in range(3):
                writer.add_scalar(f"m{tag}", 1.5, step)
        threading.Event().wait(0.01)
        writer.add_scalar("m0", 2.5, 40)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    lines = Path("runs/a/progress.csv").read_text().splitlines()
    assert lines[-1] == "40,2.5,"
    assert lines[-2] == "39,1.5,1.5,1.5"


def test_everything_else_is_stored_and_shown(project: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    rng = np.random.default_rng(0)
    with SummaryWriter("runs/a") as writer:
        writer.add_image("image", rng.random((3, 4, 5)), 1)
        writer.add_image("last", rng.random((4, 5, 3)), 1, dataformats="HWC")
        writer.add_images("images", rng.random((10, 3, 4, 5)), 1)
        writer.add_image_with_boxes("boxes", np.zeros((3, 8, 8)), np.array([[1, 1, 5, 5]]), 1, labels=["a"])
        writer.add_histogram("histogram", rng.normal(size=100), 1)
        writer.add_histogram_raw("raw", 0, 1, 2, 1, 1, [0.5, 1.0], [1, 1], 1)
        writer.add_text("text", "hello", 1)
        writer.add_audio("audio", rng.random(100), 1)
        writer.add_video("video", rng.random((1, 3, 3, 8, 8)), 1)
        figure = pyplot.figure()
        writer.add_figure("figure", figure, 1)
        assert not pyplot.fignum_exists(figure.number)
    folder = Path("runs/a/media")
    index = [json.loads(line) for line in (folder / "index.jsonl").read_text().splitlines()]
    assert [entry["key"] for entry in index] == [
        *("image", "last", "images", "boxes", "histogram", "raw", "text", "audio", "video", "figure"),
    ]
    sizes = {entry["key"]: (entry.get("width"), entry.get("height")) for entry in index}
    assert (sizes["image"], sizes["last"], sizes["images"]) == ((5, 4), (5, 4), (40, 8))
    run = events(Path("runs")).GetAccumulator("a/tbfile")
    assert {"image", "last", "images", "boxes", "figure", "video"} <= set(run.Tags()["images"])
    assert (run.Tags()["histograms"], run.Tags()["audio"]) == (["histogram", "raw"], ["audio"])
    assert list(run.Histograms("raw")[0].histogram_value.bucket) == [1, 1]


def test_several_scalars_of_one_chart_are_columns_and_one_chart(project: Path, table: Read) -> None:
    with SummaryWriter("runs/a") as writer:
        for step in range(2):
            writer.add_scalars("accuracy", {"train": step, "val": step / 2}, step)
    assert [list(row.values()) for row in table("runs/a")] == [["0", "0", "0.0"], ["1", "1", "0.5"]]
    runs = events(Path("runs")).Runs()
    assert runs["a/tbfile/accuracy_train"]["scalars"] == ["accuracy"]
    assert runs["a/tbfile/accuracy_val"]["scalars"] == ["accuracy"]
    assert runs["a/tbfile"]["scalars"] == []


def test_hyperparameters_become_the_runs_parameters(project: Path, table: Read) -> None:
    with SummaryWriter("runs/a") as writer:
        writer.add_text("hyperparameters", HYPERPARAMETERS)
        writer.add_text("other", "|no|table|")
        writer.add_hparams({"lr": 0.1, "decay": True}, {"hparam/accuracy": 0.5})
    saved = json.loads(Path("runs/a/config/parameter.json").read_text())
    assert saved == {"seed": 1, "env_id": "Hopper-v4", "lr": 0.1, "cuda": True, "decay": True}
    assert table("runs/a")[0]["hparam/accuracy"] == "0.5"
    tensors = events(Path("runs")).GetAccumulator("a/tbfile").SummaryMetadata("_hparams_/session_start_info")
    assert tensors.plugin_data.plugin_name == "hparams"


def test_a_run_is_continued_and_purged_from_a_step_on(project: Path, table: Read) -> None:
    for begin, purge in ((0, None), (3, None), (2, 2)):
        with SummaryWriter("runs/a", purge_step=purge) as writer:
            for step in range(begin, begin + 3):
                writer.add_scalar("x", begin + step / 10, step)
    assert [list(row.values()) for row in table("runs/a")] == [
        *(["0", "0.0"], ["1", "0.1"], ["2", "2.2"], ["3", "2.3"], ["4", "2.4"]),
    ]
    (superseded,) = Path("runs/a").glob("progress.superseded-*.csv")
    assert superseded.read_text().count("\n") == 5
    run = events(Path("runs")).GetAccumulator("a/tbfile")
    assert [event.step for event in run.Scalars("x")] == [0, 1, 2, 3, 4]


def test_writers_of_one_folder_share_the_run_and_others_have_their_own(project: Path, table: Read) -> None:
    first, again, other = SummaryWriter("runs/a"), SummaryWriter(logdir="runs/a"), SummaryWriter("runs/b")
    first.add_scalar("x", 1.0, 0)
    again.add_scalar("y", 2.0, 0)
    other.add_scalar("z", 3.0, 0)
    first.close()
    again.add_scalar("x", 4.0, 1)
    again.close()
    other.close()
    other.add_scalar("z", 5.0, 1)  # TensorBoard's writers go on after close(), too
    other.close()
    assert [list(row.values()) for row in table("runs/a")] == [["0", "1.0", "2.0"], ["1", "4.0", ""]]
    assert [row["z"] for row in table("runs/b")] == ["3.0", "5.0"]
    assert json.loads(Path("runs/a/config/status.json").read_text())["state"] == "finished"


def test_a_folder_that_another_process_writes_is_left_to_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import sys\nfrom sml_logger.tensorboard import SummaryWriter\n"
        "writer = SummaryWriter('runs/a')\nprint('ready', flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while "ready" not in process.stdout.readline():
            pass
        with SummaryWriter("runs/a") as writer:
            assert writer.log_dir.endswith("runs/a-2")
        assert "is being written by another process" in capsys.readouterr().out
        process.communicate("")


def test_what_is_not_kept_is_accepted_and_named_once(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["add_graph", "add_onnx_graph", "add_embedding", "add_mesh", "add_pr_curve", "add_custom_scalars"]
    with SummaryWriter("runs/a") as writer:
        for name in names * 2:
            getattr(writer, name)("tag", np.zeros(3), global_step=1)
    shown = capsys.readouterr().out
    assert [shown.count(f"WARNING: {name} is not kept; ") for name in names] == [1] * len(names)


def test_the_whole_public_interface_of_tensorboardx_is_there() -> None:
    for name, theirs in inspect.getmembers(tensorboardX.SummaryWriter, inspect.isfunction):
        if name.startswith("_") and name != "__init__":
            continue
        ours = inspect.signature(getattr(SummaryWriter, name)).parameters
        takes_all = any(kind.kind is inspect.Parameter.VAR_KEYWORD for kind in ours.values())
        names = set(inspect.signature(theirs).parameters) - {"args", "kwargs", "self"}
        assert takes_all or names <= set(ours), (name, names - set(ours))


def test_summaries_that_a_script_has_built_go_to_the_event_file(project: Path) -> None:
    with SummaryWriter("runs/a") as writer:
        summary = Summary(value=[Summary.Value(tag="own", simple_value=3.0)])
        writer.file_writer.add_summary(summary, 4)
        writer._get_file_writer().add_summary(summary.SerializeToString(), 5)
    run = events(Path("runs")).GetAccumulator("a/tbfile")
    assert [event.step for event in run.Scalars("own")] == [4, 5]


def test_without_a_step_it_is_0_or_that_of_the_block(project: Path, table: Read) -> None:
    with SummaryWriter("runs/a") as writer:
        writer.add_scalar("x", 1.0)
        with writer.use_metadata(global_step=9):
            writer.add_scalar("x", 2.0)
            writer.flush()
            writer.add_scalar("y", 3.0)
    assert [list(row.values()) for row in table("runs/a")] == [["0", "1.0", ""], ["9", "2.0", "3.0"]]


def test_the_default_folder_has_time_host_and_comment_and_none_is_written_if_so_asked(project: Path) -> None:
    SummaryWriter(comment="-x").close()
    (folder,) = [path for path in Path("runs").iterdir() if not path.name.startswith(".")]
    assert folder.name.endswith("-x")
    silent = SummaryWriter("runs/silent", write_to_disk=False)
    silent.add_scalar("x", 1.0, 0)
    silent.add_graph(None)
    silent.close()
    assert not Path("runs/silent").exists()


def test_a_text_as_a_scalar_is_an_error(project: Path) -> None:
    with SummaryWriter("runs/a") as writer, pytest.raises(MetricTypeError, match="add_text"):
        writer.add_scalar("x", "1", 0)


def test_the_code_archive_holds_no_runs(project: Path) -> None:
    import tarfile

    for name in ("a", "b"):
        SummaryWriter(f"runs/{name}").close()
    with tarfile.open("runs/b/coders.tar") as archive:
        assert not [name for name in archive.getnames() if "runs/" in name]


def test_threads_may_share_a_writer(project: Path, table: Read) -> None:
    with SummaryWriter("runs/a") as writer:

        def log(number: int) -> None:
            for step in range(200):
                for tag in range(3):
                    writer.add_scalar(f"m{number}/{tag}", float(step), step)

        threads = [threading.Thread(target=log, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    rows = table("runs/a")
    for number in range(3):
        for tag in range(3):
            cells = [
                (float(row[f"m{number}/{tag}"]), int(row["step"])) for row in rows if row[f"m{number}/{tag}"]
            ]
            assert sorted(cells) == [(float(step), step) for step in range(200)]


def test_a_signal_handler_may_log_in_between(project: Path, table: Read) -> None:
    with SummaryWriter("runs/a") as writer:
        calls = 0

        def handler(*_: object) -> None:
            nonlocal calls
            calls += 1
            writer.add_scalar("signal", calls, -calls)

        before = signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        try:
            for step in range(3000):
                for tag in range(4):
                    writer.add_scalar(f"m{tag}", float(step), step)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    rows = table("runs/a")
    assert sorted(int(row["signal"]) for row in rows if row["signal"]) == list(range(1, calls + 1))
    for tag in range(4):
        cells = [(float(row[f"m{tag}"]), int(row["step"])) for row in rows if row[f"m{tag}"]]
        assert sorted(cells) == [(float(step), step) for step in range(3000)]


def test_a_forked_child_adds_nothing(project: Path, table: Read) -> None:
    writer = SummaryWriter("runs/a")
    for step in range(30):
        for tag in range(3):
            writer.add_scalar(f"m{tag}", float(step), step)
    child = os.fork()
    if child == 0:
        for tag in range(3):
            writer.add_scalar(f"m{tag}", 9.0, 30)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    writer.close()
    assert len(table("runs/a")) == 30


def test_silent_ranks_write_nothing_and_do_not_wait(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sml_logger.run_folder.ranks._WAIT_SECONDS", 1e9)
    with SummaryWriter("runs/a") as writer:
        writer.add_scalar("x", 1.0, 0)
        writer.add_scalars("m", {"y": 1.0}, 0)
        writer.add_hparams({"lr": 0.1}, {"z": 1.0})
        writer.add_text("hyperparameters", HYPERPARAMETERS)
        writer.add_image("i", np.zeros((1, 2, 2)))
        writer.flush()
    assert not Path("runs/a").exists()


def test_importing_the_logger_loads_none_of_this(project: Path) -> None:
    code = (
        "import sys\nfrom sml_logger import Logger\n"
        "names = {'sml_logger.tensorboard', 'sml_logger.media.recorder', 'numpy', 'PIL', 'tensorboardX'}\n"
        "assert not names & set(sys.modules), names & set(sys.modules)\n"
        "from sml_logger.tensorboard import SummaryWriter\n"
        "SummaryWriter('runs/x').add_scalar('a', 1.0, 0)\n"
        "assert not {'numpy', 'PIL', 'tensorboardX', 'torch', 'google.protobuf'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=project)


@pytest.fixture(autouse=True)
def _in_project(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)
    yield
    if Logger.logger is not None:
        Logger.logger.close()
