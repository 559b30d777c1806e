"""Tables and JSON lines as other tools write them, from the rows of our own tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Rows = list[list[float]]
Write = Callable[[Path, list[str], Rows], None]


def lightning(folder: Path, names: list[str], rows: Rows) -> None:
    """Lightning's CSVLogger: epoch and step, and no cell blank."""
    _write_csv(folder / "metrics.csv", ["epoch", "step", *names], _counted(rows, 2))


def lightning_sparse(folder: Path, names: list[str], rows: Rows) -> None:
    """The same as of training and validation, of which each row has the cells of one."""
    half = len(names) // 2
    lines = []
    for step, row in enumerate(rows):
        cells = [repr(value) for value in row]
        blank = [""] * (len(row) - half)
        lines.append([str(step), *cells[:half], *blank])
        if step % 10 == 0:
            lines.append([str(step), *[""] * half, *cells[half:]])
    _write_csv(folder / "metrics.csv", ["step", *names], lines)


def keras(folder: Path, names: list[str], rows: Rows) -> None:
    """Keras' CSVLogger."""
    _write_csv(folder / "training.log", ["epoch", *names], _counted(rows, 1))


def ultralytics(folder: Path, names: list[str], rows: Rows) -> None:
    """Ultralytics up to 8.1, whose cells are padded."""
    lines = [[f"{cell:>23}" for cell in line] for line in _counted(rows, 1)]
    _write_csv(folder / "results.csv", [f"{name:>23}" for name in ["epoch", *names]], lines)


def monitor(folder: Path, names: list[str], rows: Rows) -> None:
    """Stable-Baselines3's Monitor with further columns, as rl-zoo leaves it."""
    lines = ([repr(row[0]), str(1000), *map(repr, row[1:])] for row in rows)
    _write_csv(
        folder / "0.monitor.csv", ["r", "l", "t", *names[2:]], lines, '#{"t_start": 1.0, "env_id": "A-v1"}'
    )


def dreamer(folder: Path, names: list[str], rows: Rows) -> None:
    """DreamerV3, detectron2 and most others who write JSON lines."""
    _write_json(folder / "metrics.jsonl", ["step", *names], rows)


def mmengine(folder: Path, names: list[str], rows: Rows) -> None:
    """MMEngine."""
    _write_json(folder / "scalars.json", ["step", *names], rows)


def mae(folder: Path, names: list[str], rows: Rows) -> None:
    """DeiT and MAE."""
    _write_json(folder / "log.txt", ["epoch", *names], rows)


def trainer_state(folder: Path, names: list[str], rows: Rows) -> None:
    """The Trainer of Hugging Face."""
    history = [{"step": step, **dict(zip(names, row, strict=True))} for step, row in enumerate(rows)]
    state = {"global_step": len(rows), "epoch": 1.0, "log_history": history}
    folder.mkdir(parents=True)
    (folder / "trainer_state.json").write_text(json.dumps(state, indent=2))


def tab_separated(folder: Path, names: list[str], rows: Rows) -> None:
    """A table of somebody's own."""
    _write_csv(folder / "losses.tsv", ["step", *names], _counted(rows, 1), separator="\t")


# What is written, and how often the time of our own table may be needed to read it.
FAMILIES: tuple[tuple[str, Write, float | None], ...] = (
    ("Lightning's metrics.csv", lightning, 1.5),
    ("Lightning's metrics.csv with blanks", lightning_sparse, 1.5),
    ("Keras' training.log", keras, 1.5),
    ("Ultralytics' results.csv, padded", ultralytics, 1.5),
    ("rl-zoo's monitor.csv", monitor, 1.5),
    ("a TSV", tab_separated, 1.5),
    ("metrics.jsonl", dreamer, 1.5),
    ("MMEngine's scalars.json", mmengine, 1.5),
    ("MAE's log.txt", mae, 1.5),
    ("Hugging Face's trainer_state.json", trainer_state, None),
)


def _counted(rows: Rows, columns: int) -> list[list[str]]:
    return [[*[str(step)] * columns, *map(repr, row)] for step, row in enumerate(rows)]


def _write_csv(
    path: Path, names: list[str], lines: list[list[str]], before: str = "", separator: str = ","
) -> None:
    path.parent.mkdir(parents=True)
    texts = [separator.join(line) for line in [names, *lines]]
    path.write_text("\n".join([*([before] if before else []), *texts, ""]))


def _write_json(path: Path, names: list[str], rows: Rows) -> None:
    path.parent.mkdir(parents=True)
    lines = (json.dumps(dict(zip(names, [step, *row], strict=True))) for step, row in enumerate(rows))
    path.write_text("\n".join([*lines, ""]))
