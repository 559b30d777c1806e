"""What a run uses of the system is sampled into `system.csv`, and never costs or delays a row."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sml_config
from sml_config import CommonConfig, ExperimentConfig, RunFolder, Settings
from sml_logger import Logger
from sml_logger.system_metrics import process_tree, psutil_tree, vendor_tools
from sml_logger.system_metrics.monitor import SystemMonitor
from sml_logger.system_metrics.sampler import Sampler
from sml_logger.system_metrics.system_file import SystemFile

FAKE_DRIVER = Path(__file__).parent / "children" / "fake_nvml.c"
SPIN = "data = bytearray(80_000_000)\nprint('ready', flush=True)\nwhile True: pass"

# As the tools print them; the serial numbers are made up.
NVIDIA = """0, GPU-4a1c2f0e-0000-0000-0000-000000000000, 87, 40536, 301.52, 61
1, GPU-77aa2f0e-0000-0000-0000-000000000001, 0, 4, [N/A], 33
"""
ROCM = """{"card0": {"Unique ID": "0xd47f", "Temperature (Sensor edge) (C)": "42.0",
"Temperature (Sensor junction) (C)": "44.0", "Average Graphics Package Power (W)": "38.0",
"GPU use (%)": "12",
"VRAM Total Memory (B)": "34342961152", "VRAM Total Used Memory (B)": "6623232"},
"card1": {"Unique ID": "0x77f0", "Temperature (Sensor junction) (C)": "51.0",
"Current Socket Graphics Package Power (W)": "170.0", "GPU use (%)": "99",
"VRAM Total Used Memory (B)": "1073741824"}, "system": {"Driver version": "6.7.0"}}
"""
NPU = """+------------------------------------------------------------------------------------------------+
| npu-smi 23.0.rc2                 Version: 23.0.rc2                                              |
+---------------------------+---------------+----------------------------------------------------+
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| Chip                      | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |
+===========================+===============+====================================================+
| 0     910B2               | OK            | 89.5        44                0    / 0             |
| 0                         | 0000:C1:00.0  | 7           0    / 0          3400 / 65536         |
+===========================+===============+====================================================+
| 1     910B2               | OK            | 90.1        45                0    / 0             |
| 0                         | 0000:C2:00.0  | 0           0    / 0          3391 / 65536         |
+===========================+===============+====================================================+
+---------------------------+---------------+----------------------------------------------------+
| NPU     Chip              | Process id    | Process name             | Process memory(MB)      |
+===========================+===============+====================================================+
| No running processes found in NPU 0                                                            |
+===========================+===============+====================================================+
"""


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a program on the PATH that prints a text; no variable chooses devices."""
    for name in ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def put(name: str, text: str) -> None:
        (folder / f"{name}.txt").write_text(text)
        (folder / name).write_text(f"#!/bin/sh\ncat '{folder / name}.txt'\n")
        (folder / name).chmod(0o755)

    return put


@pytest.fixture
def busy_child() -> Iterator[subprocess.Popen[str]]:
    """A child that holds 80 MB and computes."""
    process = subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def sampled(project: Path, seconds: float = 0.05, **more: object) -> Logger:
    """A logger that samples at this interval."""
    sml_config.set_settings(
        Settings(CommonConfig(SYSTEM_METRICS_SECONDS=seconds), ExperimentConfig(), project)
    )
    return Logger(log_name="a", backup_code=False, **more)  # type: ignore[arg-type]


def rows_of(run: str | Path, *, at_least: int = 1) -> list[dict[str, str]]:
    """The rows of `system.csv`, once there are so many."""
    path = Path(run, "system.csv")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            if len(rows) >= at_least:
                return rows
        time.sleep(0.02)
    raise AssertionError(f"{path} has fewer than {at_least} rows")


def test_the_processes_below_a_process_count(busy_child: subprocess.Popen[str]) -> None:
    use = process_tree.tree_use(os.getpid())
    assert {os.getpid(), busy_child.pid} <= use.pids
    assert use.rss_bytes > process_tree.tree_use(busy_child.pid).rss_bytes > 80_000_000
    assert use.threads > len(use.pids) - 1


def test_the_time_of_a_child_that_has_ended_stays_in_the_sum(busy_child: subprocess.Popen[str]) -> None:
    time.sleep(0.3)
    used = process_tree.tree_use(busy_child.pid).cpu_seconds
    busy_child.kill()
    busy_child.wait()
    after = process_tree.tree_use(os.getpid())
    assert busy_child.pid not in after.pids
    assert after.cpu_seconds >= used > 0


def test_kernels_that_list_no_children_give_the_same_processes(busy_child: subprocess.Popen[str]) -> None:
    assert sorted(process_tree._descendants_by_parent(os.getpid())) == sorted(
        process_tree._descendants(os.getpid())
    )


def test_psutil_and_proc_agree(busy_child: subprocess.Popen[str]) -> None:
    by_psutil, by_proc = (module.tree_use(busy_child.pid) for module in (psutil_tree, process_tree))
    assert by_psutil.pids == by_proc.pids == {busy_child.pid}
    assert by_psutil.threads == by_proc.threads == 1
    assert by_psutil.rss_bytes == pytest.approx(by_proc.rss_bytes, rel=0.02)
    assert by_psutil.cpu_seconds == pytest.approx(by_proc.cpu_seconds, abs=0.2)
    assert (psutil_tree.network_bytes() or (0, 0))[0] >= (process_tree.network_bytes() or (0, 0))[0] > 0


def test_a_run_samples_its_use_and_records_the_peaks(
    project: Path, busy_child: subprocess.Popen[str]
) -> None:
    logger = sampled(project)
    logger.log_tabular("loss", 1.0)
    logger.dump_tabular()
    before = len(rows_of(logger.output_dir))
    rows = rows_of(logger.output_dir, at_least=before + 2)
    logger.close()
    assert rows[-1]["step"] == "1"
    assert abs(float(rows[-1]["wall_time"]) - time.time()) < 60
    assert float(rows[-1]["rss_bytes"]) > 80_000_000
    assert float(rows[-1]["cpu_percent"]) > 5
    assert int(rows[-1]["processes"]) >= 2
    record = json.loads(RunFolder(Path(logger.output_dir)).run_config.read_text())
    peaks = record["system_peaks"]
    assert peaks["rss_bytes"] == max(float(row["rss_bytes"]) for row in rows_of(logger.output_dir))
    assert peaks.keys() & {"wall_time", "step"} == set()
    assert record["run_id"]


def test_zero_seconds_switch_the_samples_off(project: Path) -> None:
    logger = sampled(project, 0)
    time.sleep(0.2)
    logger.close()
    run = RunFolder(Path(logger.output_dir))
    assert not run.system.exists()
    assert "system_peaks" not in json.loads(run.run_config.read_text())


def test_a_short_run_leaves_no_file_of_samples(project: Path) -> None:
    logger = sampled(project, 15)
    logger.close()
    assert not RunFolder(Path(logger.output_dir)).system.exists()


def test_a_resumed_run_appends_and_keeps_the_higher_peaks(project: Path) -> None:
    first = sampled(project)
    rows_of(first.output_dir)
    first.close()
    run = RunFolder(Path(first.output_dir))
    count = len(rows_of(run.path))
    sml_config.run_folder.update_json(run.run_config, system_peaks={"rss_bytes": 10**15, "cpu_percent": 0})
    second = sampled(project, resume=True)
    rows_of(run.path, at_least=count + 1)
    second.close()
    peaks = json.loads(run.run_config.read_text())["system_peaks"]
    assert peaks["rss_bytes"] == 10**15
    assert peaks["cpu_percent"] >= 0


def test_columns_of_another_machine_are_kept_and_a_torn_row_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "system.csv"
    path.write_text("wall_time,gpu0_percent\n1,50\n2,6")
    file = SystemFile(path, ("wall_time", "rss_bytes"))
    file.write({"wall_time": 3, "rss_bytes": 1.5})
    file.close()
    assert path.read_text() == "wall_time,gpu0_percent,rss_bytes\n1,50,\n3,,1.5\n"


def test_samples_that_cost_much_are_taken_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sample(self: Sampler) -> dict[str, float | None]:
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        return {"threads": 1}

    monkeypatch.setattr(Sampler, "sample", sample)
    monitor = SystemMonitor(RunFolder(tmp_path), 0.01, lambda: 0, print)
    rows_of(tmp_path)
    time.sleep(0.5)
    assert len(rows_of(tmp_path)) == 1  # the next is due after 20 s
    (tmp_path / "config").mkdir()
    monitor.stop()


def test_the_end_of_a_run_does_not_wait_for_a_hanging_tool(
    project: Path, tool: Callable[[str, str], None], tmp_path: Path
) -> None:
    tool("nvidia-smi", NVIDIA)
    (tmp_path / "bin" / "nvidia-smi").write_text("#!/bin/sh\nexec sleep 5\n")
    logger = sampled(project)
    time.sleep(0.2)
    begin = time.monotonic()
    for _ in range(100):
        logger.log_tabular("loss", 1.0)
        logger.dump_tabular()
    logger.close()
    assert time.monotonic() - begin < 3


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("nvidia-smi", NVIDIA, {"gpu0_percent": 87, "gpu0_memory_bytes": 40536 * 2**20,
                                "gpu0_power_watts": 301.52, "gpu0_temperature_celsius": 61,
                                "gpu1_power_watts": None, "gpu1_temperature_celsius": 33}),
        ("rocm-smi", ROCM, {"gpu0_percent": 12, "gpu0_memory_bytes": 6623232, "gpu0_power_watts": 38,
                            "gpu0_temperature_celsius": 42, "gpu1_percent": 99, "gpu1_power_watts": 170,
                            "gpu1_temperature_celsius": 51}),
        ("npu-smi", NPU, {"gpu0_percent": 7, "gpu0_memory_bytes": 3400 * 2**20, "gpu0_power_watts": 89.5,
                          "gpu0_temperature_celsius": 44, "gpu1_memory_bytes": 3391 * 2**20}),
    ],
)  # fmt: skip
def test_a_vendors_tool_tells_what_the_gpus_do(
    tool: Callable[[str, str], None], name: str, text: str, expected: dict[str, float | None]
) -> None:
    tool(name, text)
    sampler = Sampler(print)
    values = sampler.sample()
    assert {column: values[column] for column in expected} == expected
    assert {column for column in values if column.startswith("gpu")} <= {*sampler.columns}
    assert not any(column.startswith("gpu2") for column in sampler.columns)


@pytest.mark.parametrize(
    ("chosen", "numbers"), [("1", [1]), ("GPU-77aa", [1]), ("0,5,1", [0]), ("1,0", [0, 1])]
)
def test_only_the_gpus_that_the_run_may_use_count(
    tool: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch, chosen: str, numbers: list[int]
) -> None:
    tool("nvidia-smi", NVIDIA)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    gpus = vendor_tools.open_tool()
    assert gpus is not None
    assert [gpu.number for gpu in gpus.read(frozenset())] == numbers


def test_a_run_that_hides_all_gpus_has_no_columns_of_them(
    tool: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("nvidia-smi", NVIDIA)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert not any(column.startswith("gpu") for column in Sampler(print).columns)


@pytest.mark.needs("gcc")
def test_nvidias_library_tells_the_gpus_that_the_run_uses(tmp_path: Path) -> None:
    library = tmp_path / "libnvidia-ml.so.1"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, FAKE_DRIVER], check=True)
    code = """
import os
from sml_logger.system_metrics.nvml import NvmlGpus
gpus = NvmlGpus()
print(gpus.numbers())
for pids in ({int(os.environ["FAKE_PID"])}, {1}):
    print([(g.number, g.percent, g.memory_bytes, g.power_watts, g.temperature_celsius)
           for g in gpus.read(frozenset(pids))])
"""

    def told(**variables: str) -> list[str]:
        environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
        environment |= {"LD_LIBRARY_PATH": str(tmp_path), "FAKE_PID": "4711", **variables}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.splitlines()

    first, second = (0, 40, 1 << 30, None, 50), (1, 41, 2 << 30, 251.0, 51)
    if Path("/proc/self/ns/pid").stat().st_ino == 0xEFFFFFFC:
        assert told() == ["[0, 1]", f"[{second}]", "[]"]
    else:
        assert told() == ["[0, 1]", f"[{first}, {second}]", f"[{first}, {second}]"]
    assert told(CUDA_VISIBLE_DEVICES="GPU-fake-0") == ["[0]", f"[{first}]", f"[{first}]"]


def test_the_name_of_the_logger_imports_nothing_of_the_samples() -> None:
    code = "import sys; from sml_logger import Logger; print(sorted(m for m in sys.modules if m in "
    code += "('psutil', 'pynvml', 'subprocess') or m.startswith('sml_logger.system')))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_a_system_without_proc_and_psutil_is_told_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process_tree, "is_available", lambda: False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    notes: list[str] = []
    monitor = SystemMonitor(RunFolder(tmp_path), 0.01, lambda: 0, notes.append)
    monitor._thread.join(10)
    monitor.stop()
    assert notes == ["system.csv is not written: this system has no /proc; pip install 'sml-logger[system]'"]
    assert shutil.which("python3") is None or list(tmp_path.iterdir()) == []
