"""Charts and reports to give away: the page's numbers under anonymous names, in files that load nothing."""

from __future__ import annotations

import base64
import gzip
import io
import json
import math
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sml_viewer.cli.main import main
from sml_viewer.render.provenance import read_provenance
from sml_viewer.web.http.array_codec import unpack

pytestmark = pytest.mark.usefixtures("bundle")

PRIVATE = ("alice", "lab-gpu-3", "10.0.0.7", "/home", "secret-idea", "do not tell")


def parts_of(html: str) -> tuple[dict[str, Any], bytes]:
    """The header of a shared file and its arrays."""
    view = re.search(r'<script type="application/json" id="view">(.*?)</script>', html, re.DOTALL)
    arrays = re.search(r'id="arrays">(.*?)</script>', html, re.DOTALL)
    assert view
    assert arrays
    return json.loads(view[1]), gzip.decompress(base64.b64decode(arrays[1]))


def values(reference: dict[str, Any], content: bytes) -> np.ndarray:
    return np.frombuffer(content, f"<{reference['type']}", reference["n"], reference["at"])


def shared(page, **fields: Any) -> str:
    answer = page.post("/api/v1/share", {"config": {}, **fields}).get_json()
    assert "error" not in answer, answer
    return base64.b64decode(answer["data"]).decode("utf-8")


@pytest.fixture
def private_runs(make_run, library, page) -> list[str]:
    """Runs whose names, hosts, parameters, tags and notes are private; their ids."""
    for data in ("one", "two"):
        for seed in (1, 2):
            rows = "step,reward\n" + "".join(f"{step},{step * seed + len(data)}\n" for step in range(30))
            run = make_run(f"alice_{data}_{seed}_10.0.0.7", rows, data=f"/home/alice/{data}", seed=seed)
            (run / "config" / "run_config.json").write_text(
                json.dumps({"run_id": f"{data}{seed}feed", "host": "lab-gpu-3", "user": "alice"})
            )
    library.refresh()
    ids = ["one1feed", "one2feed", "two1feed", "two2feed"]
    page.post(
        "/api/v1/annotations", {"changes": [{"ids": ids, "add": ["secret-idea"], "note": "do not tell"}]}
    )
    return ids


@pytest.mark.usefixtures("private_runs")
@pytest.mark.parametrize("by", ["runs", "groups"])
@pytest.mark.parametrize("where", ["", "host = lab-gpu-3", "tag:secret-idea", 'note ~ "do not"'])
def test_a_shared_file_tells_no_name_path_host_tag_or_note(page, tmp_path: Path, by: str, where: str) -> None:
    html = shared(page, by=by, where=where)
    (tmp_path / "a.html").write_text(html)
    found = str(read_provenance(tmp_path / "a.html"))
    assert not [word for word in (*PRIVATE, str(tmp_path)) if word in html + found]
    assert len(parts_of(html)[0]["lines"]) == (4 if by == "runs" else 2)


@pytest.mark.usefixtures("private_runs")
@pytest.mark.parametrize("by", ["runs", "groups"])
def test_a_shared_file_has_the_numbers_of_the_page(page, by: str) -> None:
    lines = page.post("/api/v1/charts", {"config": {}, "by": by}).get_json()["lines"]
    fields = {"by": by, "metrics": ["reward"], "lines": [line["key"] for line in lines]}
    header, arrays = unpack(page.post("/api/v1/charts/panels", {"config": {}, **fields}).data)
    wall = [
        {name: arrays[curve[name]["at"]] for name in ("x", "center", "low", "high", "n") if curve[name]}
        for curve in header["panels"][0]["curves"]
    ]
    view, content = parts_of(shared(page, **fields))
    assert [(line["colour"], line["dashes"]) for line in view["lines"]] == [
        (line["colour"], line["dashes"]) for line in lines
    ]
    curves = view["charts"][0]["curves"]
    assert len(curves) == len(wall)
    for curve, wanted in zip(curves, wall, strict=True):
        for name, expected in wanted.items():
            np.testing.assert_array_equal(values(curve[name], content), expected)


def test_hidden_runs_and_lines_that_are_off_are_not_in_the_file(page, private_runs) -> None:
    page.post("/api/v1/annotations", {"changes": [{"ids": private_runs[:1], "hidden": True}]})
    assert len(parts_of(shared(page, by="runs"))[0]["lines"]) == 3
    assert len(parts_of(shared(page, by="runs", lines=private_runs[1:2]))[0]["lines"]) == 1


def test_a_shared_file_says_what_it_shows_and_how(page, private_runs) -> None:
    html = shared(page, where="seed > 0", title="A <b> & c", note="**well**")
    assert "<h1>A &lt;b&gt; &amp; c</h1>" in html
    head = re.search("<header.*?</header>", html, re.DOTALL)
    assert head
    assert "2 groups · 4 runs · n = 2 per group" in head[0]
    assert "<code>seed &gt; 0</code>" in head[0]
    assert "standard error (ddof=1)" in html
    assert parts_of(html)[0]["note"] == "**well**"
    assert "每组 n = 2" in shared(page, language="zh")


def test_nothing_in_a_file_can_end_its_scripts(page, private_runs) -> None:
    html = shared(page, note="</script><script>alert(1)</script>")
    assert "alert(1)" not in html.replace("\\u003c/script>\\u003cscript>alert(1)", "")
    assert parts_of(html)[0]["note"] == "</script><script>alert(1)</script>"


def test_forty_curves_of_a_thousand_points_are_below_one_and_a_half_megabytes(
    page, make_run, library
) -> None:
    random = np.random.default_rng(1)
    for lr in range(40):
        for seed in (1, 2):
            table = "step,reward\n" + "".join(
                f"{step * 10},{value}\n" for step, value in enumerate(random.normal(size=1000).cumsum())
            )
            make_run(f"{lr}_{seed}", table, lr=lr, seed=seed)
    library.refresh()
    config = {"MAX_ALGORITHMS": 0, "DATA_MERGER": ["lr"]}
    keys = [line["key"] for line in page.post("/api/v1/charts", {"config": config}).get_json()["lines"]]
    assert len(keys) == 40
    html = shared(page, config=config, lines=keys)
    view, content = parts_of(html)
    assert len(html.encode()) < 1_500_000
    assert {values(curve["x"], content)[-1] for curve in view["charts"][0]["curves"]} == {9990.0}


def test_the_command_writes_the_same_charts(
    page, private_runs, logs: Path, workspace: Path, tmp_path: Path
) -> None:
    out = tmp_path / "charts.html"
    words = ["-d", str(logs), "-wks", str(workspace), "-o", str(out)]
    assert main(["export", "--interactive", *words, "-y", "reward"]) == 0
    written = parts_of(out.read_text())
    assert written == parts_of(shared(page, metrics=["reward"]))
    assert len(read_provenance(out).runs) == 4


def report_of(content: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.usefixtures("private_runs")
def test_a_report_holds_figures_table_and_commands_and_nothing_private(page, tmp_path: Path) -> None:
    fields = {
        "config": {},
        "kind": "report",
        "title": "T",
        "note": "see *this*",
        "metrics": ["reward"],
        "x": "step",
    }
    answer = page.post("/api/v1/share", {**fields, "where": "tag:secret-idea"}).get_json()
    files = report_of(base64.b64decode(answer["data"]))
    text = files["report.md"].decode()
    assert text.startswith("# T\n")
    assert "see *this*" in text
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert pictures
    assert all(files[name].startswith(b"\x89PNG") for name in pictures)
    assert re.search(r"^sml-viewer plot -d DATA .*-o curves.png$", text, re.MULTILINE)
    assert re.search(r"^sml-viewer table -d DATA .*-o table.md$", text, re.MULTILINE)
    assert "(n=2)" in text
    for word in (*PRIVATE, str(tmp_path)):
        assert not any(word.encode() in content for content in files.values())


@pytest.mark.usefixtures("private_runs")
def test_the_table_of_a_report_has_the_scores_of_the_page(page) -> None:
    table = page.post("/api/v1/table", {"config": {}, "kind": "md"}).get_json()
    answer = page.post("/api/v1/share", {"config": {}, "kind": "report"}).get_json()
    text = report_of(base64.b64decode(answer["data"]))["report.md"].decode()
    scores = re.findall(r"-?[\d.]+ ± [\d.]+ \(n=\d\)", table["texts"]["md"])
    assert scores
    assert re.findall(r"-?[\d.]+ ± [\d.]+ \(n=\d\)", text) == scores


@pytest.mark.usefixtures("private_runs")
def test_a_report_is_written_into_a_new_folder(logs: Path, workspace: Path, tmp_path: Path, capsys) -> None:
    words = ["export", "--report", "-d", str(logs), "-wks", str(workspace), "-o", str(tmp_path / "report")]
    assert main(words) == main(words) == 0
    assert (tmp_path / "report" / "report.md").is_file()
    assert (tmp_path / "report-2" / "report.md").is_file()
    assert main([*words[:-1], str(tmp_path / "a.docx")]) == 2
    assert "choose .zip, or a folder" in capsys.readouterr().err


def test_a_note_of_a_configuration_is_in_no_figure_and_no_command(page, private_runs, tmp_path: Path) -> None:
    config = {"VIEW_NOTE": "do not tell"}
    command = page.post("/api/v1/command", {"config": config}).get_json()["command"]
    assert "do not tell" not in command
    figure = page.post("/api/v1/figure", {"config": config, "kind": "svg"}).get_json()["figures"][0]
    (tmp_path / "a.svg").write_bytes(base64.b64decode(figure["data"]))
    assert "do not tell" not in str(read_provenance(tmp_path / "a.svg"))


def test_numbers_that_are_not_finite_stay_gaps(page, make_run, library) -> None:
    make_run("a", "step,reward\n0,1\n1,nan\n2,3\n", seed=1)
    library.refresh()
    view, content = parts_of(shared(page, by="runs", config={"USE_SMOOTH": False}))
    assert not any(math.isinf(each) for each in values(view["charts"][0]["curves"][0]["center"], content))
