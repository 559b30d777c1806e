"""What leaves the machine says neither where it was made nor by whom."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sml_viewer.cli.main import main
from sml_viewer.naming.anonymize import masked
from sml_viewer.render.provenance import read_provenance

ROWS = "step,reward\n0,1\n1,2\n"
PRIVATE = ("alice", "lab-gpu-3", "10.0.0.7", "/home")


@pytest.fixture
def telling(make_run) -> None:
    """Runs whose names, parameters and provenance tell all that must not be told."""
    for data in ("one", "two"):
        for seed in (1, 2):
            name = f"10.0.0.7_alice_{'deep' * 20}_{data}_{seed}"
            run = make_run(name, ROWS, data=f"/home/alice/{data}", note="on lab-gpu-3 at 10.0.0.7", seed=seed)
            (run / "config" / "run_config.json").write_text(
                json.dumps({"run_id": f"{data}{seed}feed", "host": "lab-gpu-3", "password": "hunter2"})
            )
    make_run("alice_without_the_metric", "step\n0\n", data="/home/alice/one", seed=3)


@pytest.mark.usefixtures("telling")
def test_an_export_tells_neither_host_nor_user_nor_address_nor_path(logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.html"
    words = ["--set", 'DATA_MERGER=["data"]', "--set", 'DATA_IGNORE=[{"data": "/home/alice/three"}]']
    assert main(["export", "-d", str(logs), "-o", str(out), *words, "--where", "host = lab-gpu-3"]) == 0
    page = out.read_text()
    for secret in (*PRIVATE, "hunter2", str(tmp_path)):
        assert secret not in page + str(read_provenance(out))
    assert len(set(re.findall(r"data=(?:one|two)~\w{4}", page))) == 2
    assert len(read_provenance(out).runs) == 4


def test_an_export_hides_names_of_folders_and_runs_but_not_of_methods(
    make_run, logs: Path, tmp_path: Path
) -> None:
    for person in ("alices", "ppo"):
        for seed in (1, 2):
            make_run(f"{person}_{seed}", ROWS.replace("1,2", f"1,{seed}"))
    out = tmp_path / "a.html"
    assert main(["export", "-d", str(logs), "-o", str(out)]) == 0
    page = out.read_text()
    assert "alices" not in page
    assert re.search(r"folder~\w{4}", page)
    assert "ppo" in page


@pytest.mark.parametrize("options", [[], ["--set", 'DATA_MERGER=["run_name"]']])
def test_an_export_hides_run_names_among_parameters_and_pools_no_other_runs(
    make_run, logs: Path, tmp_path: Path, options: list[str]
) -> None:
    for number, name in enumerate(("alices_try", "bobs_idea")):
        for seed in (1, 2):
            rows = f"step,reward\n0,1\n1,{10 * number + seed}\n"
            make_run(f"{number}_{seed}", rows, run_name=name, lr=0.1, seed=seed)
    out = tmp_path / "a.html"
    assert main(["export", "-d", str(logs), "-o", str(out), *options]) == 0
    page = out.read_text()
    assert not re.search("alices|bobs", page)
    assert len(set(re.findall(r"(?:run_)?name~\w{4}", page))) == 2
    assert page.count("(n=2)") >= 2


@pytest.mark.usefixtures("telling")
def test_a_figure_that_was_asked_for_by_host_finds_the_same_runs_again(
    logs: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "a.svg"
    assert main(["plot", "-d", str(logs), "-o", str(out), "--where", "host = lab-gpu-3 and seed = 1"]) == 0
    found = read_provenance(out)
    assert "lab-gpu-3" not in str(found)
    assert found.where == "id = one1feed or id = two1feed"
    capsys.readouterr()
    assert main(["reopen", str(out), "-d", str(logs), "-o", str(tmp_path / "again.svg")]) == 0
    assert "2 of its runs are unchanged" in capsys.readouterr().out
    assert read_provenance(tmp_path / "again.svg").runs == found.runs


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/home/alice/data", "data~"),
        ("~/runs/a", "a~"),
        (r"C:\Users\alice\x", "x~"),
        ("tcp://10.1.2.3:80", "address~"),
        ("on lab1", "on host~"),
    ],
)
def test_paths_addresses_and_hosts_become_marks(text: str, kept: str) -> None:
    assert kept in masked(text, ["lab1"])
    assert not re.search(r"alice|10\.1|lab1|home|runs", masked(text, ["lab1"]))


@pytest.mark.parametrize("text", ["lr=0.1", "a/b", "1/2", "env_name=ALE/Pong-v5", "lab10", "EpRet/mean"])
def test_other_names_stay_as_they_are(text: str) -> None:
    assert masked(text, ["lab1"]) == text
