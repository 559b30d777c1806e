"""Tags, notes and hidden runs: kept in the workspace, merged, undone."""

from __future__ import annotations

import base64
import csv
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sml_viewer
from sml_viewer.annotations import Annotation, Annotations, Change
from sml_viewer.cli.main import main
from sml_viewer.errors import AnnotationError, NoRunsError
from sml_viewer.library import Library
from sml_viewer.run_views.snapshot import take_snapshot
from sml_viewer.web.http.array_codec import unpack

_TAGS = st.lists(st.sampled_from(["a", "b", "c", "论文"]), max_size=3).map(tuple)
_IDS = st.lists(st.sampled_from(["r1", "r2", "r3"]), min_size=1, max_size=3, unique=True).map(tuple)
_CHANGES = st.builds(Change, _IDS, _TAGS, _TAGS, st.none() | st.text(max_size=5), st.none() | st.booleans())


@pytest.fixture
def kept(workspace: Path, logs: Path) -> Annotations:
    return Annotations(workspace, logs)


def ids(page) -> dict[str, str]:
    columns = {
        column["key"]: column.get("cells") for column in page.get("/api/v1/runs").get_json()["columns"]
    }
    return dict(zip(columns["name"], columns["id"], strict=True))


def test_what_was_said_is_there_after_a_restart(kept: Annotations, workspace: Path, logs: Path) -> None:
    kept.change([Change(("r1",), add=("paper",), note="good", hidden=True)])
    assert Annotations(workspace, logs).all() == {"r1": Annotation(("paper",), "good", True)}


@given(st.lists(st.lists(_CHANGES, max_size=3), max_size=4))
@pytest.mark.slow
def test_undoing_all_changes_leads_back_to_the_start(tmp_path_factory, steps) -> None:
    kept = Annotations(tmp_path_factory.mktemp("workspace"), Path("/data"))
    states = [dict(kept.all())]
    undo = []
    for changes in steps:
        undo.append(kept.change(changes))
        states.append(dict(kept.all()))
    for back in reversed(undo):
        assert kept.all() == states.pop()
        kept.change(back)
    assert kept.all() == states.pop() == {}


def test_two_who_change_at_once_lose_nothing(kept: Annotations, workspace: Path, logs: Path) -> None:
    script = """
import sys
from pathlib import Path
from sml_viewer.annotations import Annotations, Change
kept = Annotations(Path(sys.argv[1]), Path(sys.argv[2]))
for number in range(40):
    kept.change([Change((f"r{number}",), add=(sys.argv[3],))])
"""
    children = [
        subprocess.Popen([sys.executable, "-c", script, workspace, logs, name])
        for name in ("one", "two", "three")
    ]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    said = kept.all()
    assert len(said) == 40
    assert {one.tags for one in said.values()} == {("one", "three", "two")}


def test_a_damaged_file_is_neither_taken_for_nothing_nor_overwritten(
    kept: Annotations, workspace: Path
) -> None:
    kept.change([Change(("r1",), add=("paper",))])
    (file,) = (workspace / "annotations").glob("*.json")
    file.write_text('{"version": 1, "runs"')
    with pytest.raises(AnnotationError, match="cannot be read"):
        kept.change([Change(("r1",), add=("more",))])
    assert file.read_text() == '{"version": 1, "runs"'


def test_a_file_of_a_newer_version_is_left_alone(kept: Annotations, workspace: Path) -> None:
    kept.change([Change(("r1",), hidden=True)])
    (file,) = (workspace / "annotations").glob("*.json")
    file.write_text(json.dumps({"version": 99, "runs": {}}))
    with pytest.raises(AnnotationError, match="newer"):
        kept.all()


def test_notes_are_limited_together_and_may_always_become_fewer(
    kept: Annotations, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.change([Change(("r1", "r2"), note="x" * 20_000)])
    monkeypatch.setattr("sml_viewer.annotations._LONGEST_NOTES", 30_000)
    with pytest.raises(AnnotationError, match="60,000 characters together; expected at most 30,000"):
        kept.change([Change(("r3",), note="x" * 20_000)])
    assert set(kept.all()) == {"r1", "r2"}
    kept.change([Change(("r1",), note="x" * 19_000)])
    assert len(kept.all()["r1"].note) == 19_000


@pytest.mark.parametrize("tag", ["", "  ", "a\nb\0", "x" * 61])
def test_a_tag_that_is_none_is_refused(tag: str) -> None:
    with pytest.raises(AnnotationError, match="invalid tag"):
        Change(("r1",), add=(tag,))


@pytest.mark.usefixtures("grid")
def test_many_runs_are_changed_at_once_and_put_back(page) -> None:
    names = ids(page)
    answer = page.post(
        "/api/v1/annotations", {"changes": [{"ids": list(names.values()), "add": ["paper"], "hidden": True}]}
    ).get_json()
    assert answer["changed"] == 12
    assert page.get("/api/v1/runs").get_json()["tags"] == {"paper": 12}
    assert page.get("/api/v1/runs").get_json()["hidden"] == 12
    assert page.get("/api/v1/search?q=tag:paper hidden=true").get_json()["count"] == 12
    page.post("/api/v1/annotations", answer["undo"])
    assert page.get("/api/v1/annotations").get_json()["tags"] == {}
    assert page.get("/api/v1/search?q=hidden=true").get_json()["count"] == 0


@pytest.mark.usefixtures("grid")
def test_tags_and_notes_are_found(page) -> None:
    name = ids(page)["Acrobot-v1_0.1_2"]
    change = {"ids": [name], "add": ["camera ready"], "note": "Diverged after 3e5 steps"}
    page.post("/api/v1/annotations", {"changes": [change]})
    for query in ("camera", "diverged", 'tag:"camera ready"', "note ~ 3e5", "tag:cam*", "*3e5*"):
        assert page.get("/api/v1/search", query_string={"q": query}).get_json()["count"] == 1, query
    assert page.get("/api/v1/search?q=not tag:cam*").get_json()["count"] == 11


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ids": ["none"]}, "1 of these runs no longer exists: none; reload the run list"),
        ({"ids": "r1"}, "ids must be a list of strings"),
        ({"ids": [], "hide": True}, "unknown field hide"),
        ({"ids": [], "hidden": 1}, "hidden must be true or false"),
        ({"ids": [], "note": 5}, "note must be a string"),
    ],
)
def test_a_change_that_is_none_is_answered_with_what_is_wrong(page, change, words: str) -> None:
    answer = page.post("/api/v1/annotations", {"changes": [change]})
    assert 400 <= answer.status_code < 500
    assert words in answer.get_json()["error"]["message"]


@pytest.mark.usefixtures("grid")
def test_a_change_needs_the_token(page) -> None:
    assert page.client.post("/api/v1/annotations", json={"changes": []}).status_code == 403
    assert page.get("/api/v1/annotations").get_json()["tags"] == {}


@pytest.mark.usefixtures("grid")
def test_nothing_is_written_into_run_folders(page, logs: Path) -> None:
    before = sorted(logs.rglob("*"))
    page.post("/api/v1/annotations", {"changes": [{"ids": list(ids(page).values()), "note": "x"}]})
    assert sorted(logs.rglob("*")) == before


@pytest.mark.usefixtures("grid")
def test_what_was_said_selects_runs_in_figures_tables_lists_and_scripts(
    logs: Path, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Library([logs], workspace) as library:
        library.refresh()
        ids = {run.name: name for run, name in zip(library.runs(), take_snapshot(library).ids, strict=True)}
        mine = tuple(ids[f"CartPole-v1_0.1_{seed}"] for seed in (1, 2))
        library.annotations[0].change(
            [Change(mine, add=("paper",), note="good"), Change(mine[:1], hidden=True)]
        )
    places = ["-d", str(logs), "-wks", str(workspace)]
    assert main(["list", *places, "--json", "--where", "tag:paper not hidden = true"]) == 0
    assert [run["name"] for run in json.loads(capsys.readouterr().out)] == ["CartPole-v1_0.1_2"]
    output = str(tmp_path / "a.csv")
    assert main(["plot", *places, "--where", "note ~ good", "-o", output]) == 0
    assert "CartPole-v1" in Path(output).read_text()
    assert "Acrobot" not in Path(output).read_text()
    assert main(["table", *places, "--where", "tag:paper", "-o", str(tmp_path / "a.md")]) == 0
    assert "Acrobot" not in (tmp_path / "a.md").read_text()
    assert len(sml_viewer.runs(logs, where="tag:paper hidden = *", workspace=workspace)) == 2
    assert len(sml_viewer.runs(logs, where="tag:paper", workspace=workspace)) == 1
    assert sml_viewer.bar(logs, where="tag:paper", workspace=workspace)[0].titles == ("CartPole-v1",)
    # What is said is of one workspace alone.
    assert main(["plot", *places[:2], "-wks", str(tmp_path / "other"), "--where", "tag:paper"]) == 2


@pytest.mark.usefixtures("grid")
def test_a_tag_that_is_given_changes_what_the_page_counts_for_a_query(page) -> None:
    asked = {"where": "tag:paper"}
    assert page.post("/api/v1/counts", asked).get_json()["kept"]["count"] == 0
    change = {"ids": list(ids(page).values())[:3], "add": ["paper"]}
    page.post("/api/v1/annotations", {"changes": [change]})
    assert page.post("/api/v1/counts", asked).get_json()["kept"]["count"] == 3


@pytest.mark.usefixtures("grid")
def test_a_list_leaves_hidden_runs_out_unless_the_query_asks_and_counts_them(
    one_hidden: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", *one_hidden]) == 0
    printed = capsys.readouterr().out
    assert "CartPole-v1_0.1_3" not in printed
    assert SAID in printed
    assert main(["list", *one_hidden, "--where", "hidden = true"]) == 0
    assert "CartPole-v1_0.1_3" in capsys.readouterr().out
    assert main(["list", *one_hidden, "--json"]) == 0
    out, err = capsys.readouterr()
    assert not any(run["hidden"] for run in json.loads(out))
    assert SAID in err
    logs, workspace = one_hidden[1], one_hidden[3]
    everything = sml_viewer.runs(logs, where="hidden = *", workspace=workspace)
    assert len(everything) == len(sml_viewer.runs(logs, workspace=workspace)) + 1


SAID = "1 hidden run is not counted; the query hidden = true shows it"


@pytest.fixture
def one_hidden(logs: Path, workspace: Path) -> list[str]:
    """The words of a command about the runs of `grid`, of which the third seed of one algorithm is hidden."""
    with Library([logs], workspace) as library:
        library.refresh()
        ids = {run.name: name for run, name in zip(library.runs(), take_snapshot(library).ids, strict=True)}
        library.annotations[0].change([Change((ids["CartPole-v1_0.1_3"],), hidden=True)])
    return ["-d", str(logs), "-wks", str(workspace)]


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize("what", ["plot", "bar", "aggregate", "table"])
def test_a_hidden_run_counts_in_no_figure_and_no_table_and_the_caption_says_so(
    one_hidden: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    def most_runs(*more: str) -> dict[str, int]:
        out = tmp_path / f"{len(more)}.csv"
        assert main([what, *one_hidden, "-o", str(out), *more]) == 0
        counts: dict[str, int] = {}
        for row in csv.DictReader(out.read_text().splitlines()):
            if row.get("sub-figure", "CartPole-v1") == "CartPole-v1":
                counts[row["algorithm"]] = max(counts.get(row["algorithm"], 0), int(row["n"]))
        return counts

    both = 2 if what == "aggregate" else 1  # which is over both environments
    more = 3 if what == "aggregate" else 0
    assert most_runs() == {"policy_lr=0.1": 2 + more, "policy_lr=0.01": 3 * both}
    assert SAID in capsys.readouterr().out
    assert most_runs("--where", "hidden = *")["policy_lr=0.1"] == 3 * both
    assert most_runs("--where", "hidden = true", "--set", "BAR_SORT_X=true") == {"policy_lr=0.1": 1}
    assert SAID not in capsys.readouterr().out


@pytest.mark.usefixtures("grid")
def test_page_and_scripts_count_hidden_runs_as_the_commands_do(
    one_hidden: list[str], page, logs: Path, workspace: Path
) -> None:
    curves = sml_viewer.plot(logs, workspace=workspace)
    assert sorted(len(curve.runs) for panel in curves.panels for curve in panel.curves) == [2, 3, 3, 3]
    assert SAID in curves.caption
    (table,) = sml_viewer.table(logs, workspace=workspace)
    assert sorted(cell.n for _, _, cell in table.cells()) == [2, 3, 3, 3]
    assert (
        sum(
            cell.n
            for _, _, cell in sml_viewer.table(logs, where="hidden = *", workspace=workspace)[0].cells()
        )
        == 12
    )
    counts = page.post("/api/v1/counts", {}).get_json()
    assert (counts["hidden"], counts["kept"]["count"], counts["filtered"]["count"]) == (1, 11, 0)
    header, _ = unpack(page.post("/api/v1/curves", {"language": "zh"}).data)
    assert header["hidden"] == 1
    assert "1 个已隐藏的实验不计入" in header["caption"]
    scores = page.post("/api/v1/table", {}).get_json()
    assert SAID in json.dumps(scores)


@pytest.mark.usefixtures("grid")
def test_where_everything_is_hidden_that_is_the_reason_why_nothing_is_drawn(
    page, logs: Path, workspace: Path
) -> None:
    page.post("/api/v1/annotations", {"changes": [{"ids": list(ids(page).values()), "hidden": True}]})
    with pytest.raises(NoRunsError, match="all 12 runs are hidden; the query hidden = true shows them"):
        sml_viewer.plot(logs, workspace=workspace)
    with pytest.raises(NoRunsError, match=r"leaves none of 12 runs.*6 hidden run"):
        sml_viewer.plot(logs, where="CartPole", workspace=workspace)


def test_a_parameter_named_hidden_is_asked_for_without_bringing_hidden_runs_back(
    make_run, logs: Path, workspace: Path, page
) -> None:
    for seed in (1, 2, 3):
        make_run(f"a{seed}", "step,ret\n0,1\n1,2\n", hidden=256, seed=seed)
    with Library([logs], workspace) as library:
        library.refresh()
    page.post("/api/v1/annotations", {"changes": [{"ids": [ids(page)["a1"]], "hidden": True}]})
    (table,) = sml_viewer.table(logs, where="hidden = 256", workspace=workspace)
    assert [cell.n for _, _, cell in table.cells()] == [2]


@pytest.mark.usefixtures("grid")
def test_the_copied_command_and_the_export_leave_out_the_same_hidden_runs(
    one_hidden: list[str], page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "by command.csv"
    command = page.post("/api/v1/command", {"kind": "plot", "output": str(output)}).get_json()["command"]
    assert main(shlex.split(command)[1:]) == 0
    (figure,) = page.post("/api/v1/figure", {"what": "plot", "kind": "csv"}).get_json()["figures"]
    assert output.read_bytes() == base64.b64decode(figure["data"])
    assert {int(row["n"]) for row in csv.DictReader(output.read_text().splitlines())} == {2, 3}
    sheet = tmp_path / "sheet.html"
    assert main(["export", *one_hidden, "-o", str(sheet)]) == 0
    assert SAID in sheet.read_text()
    capsys.readouterr()


def test_the_list_says_how_many_runs_are_hidden(workspace: Path, logs: Path, make_run, capsys) -> None:
    for name in ("a", "b"):
        make_run(name, "step,reward\n0,1\n", seed=ord(name))
    words = ["list", "-d", str(logs), "-wks", str(workspace)]
    assert main([*words, "--json"]) == 0
    first, _ = json.loads(capsys.readouterr().out)
    Annotations(workspace, logs).change([Change((first["id"],), hidden=True)])
    assert main(words) == 0
    *_, hidden, count = capsys.readouterr().out.splitlines()
    assert hidden.startswith("1 hidden run")
    assert count == "1 run"
