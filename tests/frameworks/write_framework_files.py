"""Write the small logs of real frameworks that tests/sml-viewer reads.

Usage: `python write_framework_files.py ../sml-viewer/framework_files [NAME…]`, all without a name.

What each log's own reader says of it goes into `expected.json`, with the versions that wrote it. Databases
are compressed.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from event_logs import keras_tensorboard, ray_tune, tensorboardx_events
from own_readers import Told
from tracker_logs import (
    hydra_job,
    hydra_multirun,
    mlflow_files,
    mlflow_sqlite,
    sacred_files,
    torch_tensorboard,
    torchrl_csv,
    trackio_sqlite,
    wandb_offline,
)
from training_logs import (
    keras_csv,
    keras_history,
    lightning_csv,
    lightning_tensorboard,
    sb3,
    transformers_results,
    transformers_trainer,
    ultralytics_detect,
)

OFFLINE = {
    "CUDA_VISIBLE_DEVICES": "",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "KERAS_BACKEND": "torch",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
    "YOLO_OFFLINE": "true",
}
# Each writer with the packages whose versions matter.
WRITERS: dict[Callable[..., Told], tuple[str, ...]] = {
    hydra_job: ("hydra-core",),
    hydra_multirun: ("hydra-core",),
    keras_csv: ("keras", "torch"),
    keras_history: ("keras", "torch"),
    keras_tensorboard: ("keras", "tensorflow"),
    lightning_csv: ("lightning", "torch"),
    lightning_tensorboard: ("lightning", "tensorboard", "torch"),
    mlflow_files: ("mlflow",),
    mlflow_sqlite: ("mlflow",),
    ray_tune: ("ray",),
    sacred_files: ("sacred",),
    sb3: ("stable_baselines3", "tensorboard", "torch"),
    tensorboardx_events: ("tensorboardX", "tensorboard"),
    torch_tensorboard: ("tensorboard", "torch"),
    torchrl_csv: ("torchrl", "torch"),
    trackio_sqlite: ("trackio",),
    transformers_results: ("transformers", "torch"),
    transformers_trainer: ("transformers", "torch"),
    ultralytics_detect: ("ultralytics", "torch"),
    wandb_offline: ("wandb",),
}
_TEXTS = {".yaml", ".json", ".jsonl", ".csv", ".log", ".txt"}


def main() -> None:
    """Write what is asked for, all without a name, and bring `expected.json` up to date."""
    destination = Path(sys.argv[1]).resolve()
    destination.mkdir(exist_ok=True)
    writers = {writer.__name__: writer for writer in WRITERS}
    # No file tells where it was written.
    os.environ |= OFFLINE | {"USER": "user", "LOGNAME": "user", "USERNAME": "user"}
    socket.gethostname = platform.node = lambda: "machine"
    record = destination / "expected.json"
    told = json.loads(record.read_text()) if record.exists() else {}
    for name in sys.argv[2:] or list(writers):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="logs-") as above:
            folder = Path(above) / name
            folder.mkdir()
            os.chdir(folder)
            runs = writers[name](folder)
            os.chdir(destination)
            _anonymous(folder)
            shutil.rmtree(destination / name, ignore_errors=True)
            shutil.copytree(folder, destination / name)
        told[name] = {"versions": {each: version(each) for each in WRITERS[writers[name]]}, "runs": runs}
        size = sum(path.stat().st_size for path in (destination / name).rglob("*") if path.is_file())
        print(f"{name}: {len(runs)} runs, {size:,} bytes, {time.monotonic() - began:.1f} s", flush=True)
    text = json.dumps(dict(sorted(told.items())), indent=1)
    pair = re.compile(r"\[\s+([^\[\]{}]*?)\s+\]")
    text = pair.sub(lambda found: "[" + re.sub(r"\s+", " ", found[1]) + "]", text)
    text = re.sub(r"\],\s+\[", "], [", text)
    record.write_text(text + "\n")


def _anonymous(folder: Path) -> None:
    """Take out of texts where they were written, compress databases, and empty what is of no use here."""
    for path in folder.rglob("*"):
        if "_sources" in path.parts and path.is_file():
            path.write_text('"""The script that Sacred copied."""\n')
        elif path.suffix in _TEXTS:
            text = path.read_text()
            for place in (str(folder.resolve()), str(Path(__file__).parent), sys.prefix, sys.base_prefix):
                text = text.replace(place, "/home/user")
            path.write_text(text)
        elif path.suffix == ".db":
            with gzip.GzipFile(f"{path}.gz", "wb", mtime=0) as file:
                file.write(path.read_bytes())
            path.unlink()
        elif path.suffix == ".lock":
            path.unlink()


if __name__ == "__main__":
    main()
