"""Images, videos, sounds, texts, tables and histograms: whole files in `media/`, listed in an index."""

from __future__ import annotations

import builtins
import io
import json
import os
import signal
import struct
import subprocess
import sys
import wave
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from sml_logger import Logger, LoggerClosedError, MediaError
from sml_logger.media.numbers import histogram_of
from sml_logger.media.png import png


def index_of(logger: Logger) -> list[dict[str, Any]]:
    lines = Path(logger.output_dir, "media", "index.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def pixels(path: Path) -> np.ndarray[Any, Any]:
    """The pixels of one of our PNG files, read by the format's rules."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    place, packed, header = 8, b"", b""
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        crc = zlib.crc32(kind + content)
        assert data[place + 8 + length : place + 12 + length] == struct.pack(">I", crc)
        header = content if kind == b"IHDR" else header
        packed += content if kind == b"IDAT" else b""
        place += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", header[:10])
    assert depth == 8
    channels = {0: 1, 4: 2, 2: 3, 6: 4}[colour]
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, width * channels + 1)
    image = rows[:, 1:].copy()
    for row in range(height):
        assert rows[row, 0] in (0, 2)
        if rows[row, 0] == 2 and row:
            image[row] += image[row - 1]
    return image.reshape(height, width, channels)


@pytest.fixture
def logger(project: Path):
    with Logger(log_name="a", backup_code=False) as logger:
        yield logger


def test_an_image_is_a_file_by_key_and_step_and_a_line_of_the_index(logger: Logger) -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    path = logger.log_image("eval/sample", image, step=1000, caption="the first")
    assert path == Path(logger.output_dir, "media", "eval", "sample", "1000.png")
    assert (pixels(path) == image).all()
    (entry,) = index_of(logger)
    assert entry.pop("time") == pytest.approx(path.stat().st_mtime, abs=60)
    assert entry == {
        "key": "eval/sample",
        "step": 1000,
        "path": "media/eval/sample/1000.png",
        "type": "image",
        "caption": "the first",
        "width": 7,
        "height": 5,
    }


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (np.array([[0, 255]], np.uint8), [[[0], [255]]]),
        (np.array([[0.0, 0.5, 1.0, 2.0, -1.0, np.nan]]), [[[0], [128], [255], [255], [0], [0]]]),
        (np.array([[True, False]]), [[[255], [0]]]),
        (np.array([[300, -5]]), [[[255], [0]]]),
        (np.arange(18, dtype=np.uint8).reshape(3, 2, 3), None),
        (np.zeros((3, 5, 6), np.uint8), np.zeros((5, 6, 3)).tolist()),
        ([[0.0, 1.0]], [[[0], [255]]]),
        (np.full((2, 2, 4), 7, np.uint8), np.full((2, 2, 4), 7).tolist()),
    ],
)
def test_arrays_of_every_kind_become_pixels(logger: Logger, image: Any, expected: Any) -> None:
    path = logger.log_image("x", image)
    assert path is not None
    assert pixels(path).tolist() == (np.asarray(image).tolist() if expected is None else expected)


def test_images_of_pillow_encoded_bytes_and_files_are_taken(logger: Logger, tmp_path: Path) -> None:
    from PIL import Image

    image = np.random.default_rng(1).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(image).save(encoded, "JPEG")
    (tmp_path / "own.PNG").write_bytes(png(image.tobytes(), 4, 4, 3))
    paths = [
        logger.log_image("pillow", Image.fromarray(image), 1),
        logger.log_image("palette", Image.fromarray(image).convert("P"), 1),
        logger.log_image("bytes", encoded.getvalue(), 1),
        logger.log_image("file", tmp_path / "own.PNG", 1),
    ]
    assert [path and path.name for path in paths] == ["1.png", "1.png", "1.jpg", "1.png"]
    assert (pixels(paths[0] or Path()) == image).all()
    assert (paths[3] or Path()).read_bytes() == (tmp_path / "own.PNG").read_bytes()
    (tmp_path / "own.PNG").write_bytes(b"changed")  # a copy does not change with it
    assert (pixels(paths[3] or Path()) == image).all()


def test_nothing_is_overwritten_and_no_key_leads_out_of_the_folder(logger: Logger) -> None:
    image = np.zeros((1, 1))
    keys = ["a", "a", "../up", "/etc/x", "index.jsonl", "A b", "a//b", "..", "con", "é" * 200]
    paths = [logger.log_image(key, image, 0) for key in keys]
    assert [path and path.name for path in paths[:2]] == ["0.png", "0-2.png"]
    root = Path(logger.output_dir, "media")
    assert len({path for path in paths if path}) == len(keys)
    assert all(path and root in path.resolve().parents for path in paths)
    assert [entry["key"] for entry in index_of(logger)] == keys


def test_without_a_step_it_is_the_step_that_was_logged_last(logger: Logger) -> None:
    logger.log_text("t", "before")
    logger.log({"a": 1.0}, step=70)
    logger.log_text("t", "now")
    logger.log({"a": 1.0})
    logger.log_text("t", "then")
    assert [entry["step"] for entry in index_of(logger)] == [0, 70, 71]


def test_figures_texts_tables_sounds_and_histograms(logger: Logger) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    assert logger.log_figure("figure", figure, 1)
    assert logger.log_figure("axes", axes, 1)
    pyplot.close(figure)
    text = logger.log_text("text", "héllo", 1)
    table = logger.log_table("table", ["a", "b"], [[1, np.float32(0.5)], ["x", float("nan")]], 1)
    sound = logger.log_audio("sound", np.array([0.0, 0.5, -2.0]), 1, sample_rate=8000)
    histogram = logger.log_histogram("weights", [0.0, 0.25, 1.0, float("inf")], 1, bins=2)
    assert all((text, table, sound, histogram))
    assert text.read_text(encoding="utf-8") == "héllo"
    assert json.loads(table.read_text()) == {"columns": ["a", "b"], "data": [[1, 0.5], ["x", None]]}
    with wave.open(str(sound)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 8000, 2)
        assert struct.unpack("<3h", file.readframes(3)) == (0, 16383, -32768)
    counted = json.loads(histogram.read_text())
    assert (counted["edges"], counted["counts"], counted["not_finite"]) == ([0, 0.5, 1], [2, 1], 1)
    assert [entry["type"] for entry in index_of(logger)] == [
        *("figure", "figure", "text", "table", "audio", "histogram"),
    ]


def test_videos_of_frames_and_of_files(logger: Logger, tmp_path: Path) -> None:
    from PIL import Image

    frames = np.random.default_rng(0).integers(0, 256, (4, 3, 8, 10), dtype=np.uint8)
    (tmp_path / "rollout.mp4").write_bytes(b"not really")
    first = logger.log_video("v", frames, 1, fps=10)
    batch = logger.log_video("v", np.stack([frames, frames]), 2, fps=10)
    copied = logger.log_video("v", str(tmp_path / "rollout.mp4"), 3)
    assert all((first, batch, copied))
    assert copied.name == "3.mp4"
    assert copied.read_bytes() == b"not really"
    if first.suffix == ".gif":
        with Image.open(first) as image, Image.open(batch) as two:
            assert (image.size, image.n_frames, two.size) == ((10, 8), 4, (20, 8))  # type: ignore[attr-defined]


def test_tensorboard_shows_images_histograms_texts_and_sounds(logger: Logger) -> None:
    logger.log_image("i", np.zeros((4, 6, 3), np.uint8), 3)
    logger.log_histogram("h", np.arange(10.0), 4, bins=5)
    logger.log_text("t", "hello", 5)
    logger.log_audio("s", np.zeros(10), 6)
    events = EventAccumulator(
        str(Path(logger.output_dir, "tbfile")), size_guidance={"images": 0, "histograms": 0}
    )
    events.Reload()
    (image,) = events.Images("i")
    assert (image.step, image.width, image.height) == (3, 6, 4)
    (histogram,) = events.Histograms("h")
    assert histogram.step == 4
    assert (histogram.histogram_value.min, histogram.histogram_value.max) == (0, 9)
    assert (histogram.histogram_value.num, histogram.histogram_value.sum) == (10, 45)
    assert list(histogram.histogram_value.bucket) == [2, 2, 2, 2, 2]
    assert events.Tensors("t/text_summary")[0].tensor_proto.string_val[0] == b"hello"
    assert events.Audio("s")[0].content_type == "audio/wav"


@pytest.mark.parametrize(
    ("method", "arguments", "about"),
    [
        ("log_image", (np.zeros((5, 6, 7)),), "shape"),
        ("log_image", (np.zeros(3),), "shape"),
        ("log_image", (np.zeros((0, 3)),), "shape"),
        ("log_image", (b"no image",), "PNG"),
        ("log_image", (["a"],), "numbers"),
        ("log_image", ("/",), "plain file"),
        ("log_figure", (3,), "figure"),
        ("log_video", (np.zeros((2, 2)),), "shape"),
        ("log_audio", (np.zeros((2, 2, 2)),), "shape"),
        ("log_table", (["a"], [[1, 2]]), "row 0 has 2 cells"),
        ("log_histogram", (["x"],), "number"),
        ("log_histogram", ([1.0], 1, 0), "bins"),
        ("log_histogram", ([1.0], 1, [2, 1]), "bins"),
        ("log_text", ("x", -1), "step"),
    ],
)
def test_what_is_wrong_is_an_error_that_names_the_key(
    logger: Logger, method: str, arguments: tuple[Any, ...], about: str
) -> None:
    with pytest.raises(MediaError, match=f"'my key'.*{about}"):
        getattr(logger, method)("my key", *arguments)
    assert not Path(logger.output_dir, "media", "index.jsonl").exists()


def test_missing_files_and_too_large_ones_are_told_once_and_left_out(
    logger: Logger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sml_logger.media.recorder._MOST_TEXT", 10)
    for _ in range(2):
        assert logger.log_video("video", tmp_path / "none.mp4") is None
        assert logger.log_text("text", "longer than ten") is None
    shown = capsys.readouterr().out
    assert shown.count("none.mp4: No such file or directory") == 1
    assert shown.count("a text of 15 bytes; expected at most 10") == 1


def test_a_missing_encoder_is_named_once_with_the_command(
    logger: Logger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sml_logger.media.videos.find_spec", lambda _name: None)
    for step in range(3):
        assert logger.log_video("v", np.zeros((2, 3, 4, 4)), step) is None
    assert capsys.readouterr().out.count("pip install imageio-ffmpeg") == 1


def test_without_numpy_images_of_bytes_and_histograms_are_stored(project: Path) -> None:
    code = (
        "import sys\nsys.modules.update(numpy=None, PIL=None, psutil=None, torch=None)\n"
        "from sml_logger import Logger\n"
        "from sml_logger.media.png import png\n"
        "with Logger(log_name='n', backup_code=False) as logger:\n"
        "    logger.log({'a': 1.0}, step=0)\n"
        "    assert logger.log_image('i', png(bytes(12), 2, 2, 3))\n"
        "    assert logger.log_image('j', [[0.5]]) is None\n"
        "    print(logger.log_histogram('h', [1, 2.5, 4], bins=3).read_text())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=project, capture_output=True, text=True
    )
    assert "pip install numpy" in done.stdout
    assert '"edges":[1.0,2.0,3.0,4.0],"counts":[1.0,1.0,1.0]' in done.stdout


def test_counts_without_numpy_are_those_of_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=500).tolist()
    with_numpy = histogram_of("h", values, 10)
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **named: Any) -> Any:
        if name == "numpy":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    alone = histogram_of("h", values, 10)
    assert alone.counts == with_numpy.counts
    assert alone.moments == pytest.approx(with_numpy.moments)


def test_what_was_stored_when_a_run_is_killed_is_whole_and_a_resumed_run_adds_to_it(project: Path) -> None:
    child = os.fork()
    if child == 0:
        logger = Logger(log_name="a", backup_code=False)
        logger.log_text("t", "first", 1)
        os.write(os.open(f"{logger.output_dir}/media/index.jsonl", os.O_WRONLY | os.O_APPEND), b'{"torn')
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        logger.log_text("t", "second", 1)
    entries = index_of(logger)
    assert [Path(logger.output_dir, entry["path"]).read_text() for entry in entries] == ["first", "second"]


def test_a_full_disk_is_told_and_stops_nothing(
    logger: Logger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sml_logger.media.store.write_atomic", full)
    assert logger.log_text("t", "x", 1) is None
    assert "No space left on device" in capsys.readouterr().out
    assert not any(Path(logger.output_dir, "media", "t").iterdir())


def test_after_close_it_is_an_error_and_forked_children_store_nothing(project: Path) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        child = os.fork()
        if child == 0:
            os._exit(0 if logger.log_text("t", "x", 1) is None else 1)
        assert os.waitpid(child, 0)[1] == 0
    with pytest.raises(LoggerClosedError):
        logger.log_text("t", "x", 1)


def test_secrets_in_texts_and_captions_are_replaced(project: Path) -> None:
    import sml_config
    from sml_config import CommonConfig, ExperimentConfig, Settings

    sml_config.set_settings(
        Settings(CommonConfig(MAIN_MACHINE_PASSWD="hunter2hunter"), ExperimentConfig(), project)
    )
    with Logger(log_name="a", backup_code=False) as logger:
        path = logger.log_text("t", "it is hunter2hunter", 1)
        logger.log_image("i", np.zeros((1, 1)), 1, caption="hunter2hunter")
    assert path is not None
    assert "hunter2" not in path.read_text() + Path(logger.output_dir, "media", "index.jsonl").read_text()
