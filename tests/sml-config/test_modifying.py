"""`modify-config` and `modify-csv`: many files at once, dry run first, whole, with a backup."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sml_config.cli import main
from sml_config.project_settings.modify import ConfigEdit, TableEdit, modify_config, modify_csv

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Three runs, one of which keeps its parameters beside its table, and a hidden copy."""
    for name, folder, values in (
        ("a", "config", {"env_name": "Hopper-v2", "seed": 1, "lr": 0.1}),
        ("b 空", "config", {"env_name": "Ant-v2", "seed": 2}),
        ("c", ".", {"env_name": "Hopper-v3", "nan": float("nan")}),
        (".hidden", ".", {"env_name": "x"}),
    ):
        folder = tmp_path / "logfile" / name / folder
        folder.mkdir(parents=True)
        (folder / "parameter.json").write_text(json.dumps(values), encoding="utf-8")
        (tmp_path / "logfile" / name / "progress.csv").write_text(
            'step,"a,b",ret\r\n1,"x\ny",0.1\r\n2,,\r\n3\r\n', encoding="utf-8", newline=""
        )
    return tmp_path / "logfile"


def parameters(runs: Path) -> dict[str, Any]:
    return {
        name: json.loads((runs / name / folder / "parameter.json").read_text(encoding="utf-8"))
        for name, folder in (("a", "config"), ("b 空", "config"), ("c", "."))
    }


def every_file(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_is_written_without_apply(runs: Path, capsys: Capture) -> None:
    before = every_file(runs)
    assert main(["modify-config", str(runs), "--set", "algo=ppo", "--rename", "lr=policy_lr"]) == 0
    assert main(["modify-csv", str(runs), "--rename", "ret=return"]) == 0
    assert every_file(runs) == before
    out = capsys.readouterr().out
    assert f"{runs / 'a' / 'config' / 'parameter.json'}: lr -> policy_lr; algo: new, ppo" in out
    assert "3 of 3 files would change; add --apply to write" in out


def test_keys_are_set_renamed_and_deleted_with_a_backup(runs: Path, capsys: Capture) -> None:
    before = every_file(runs)
    words = ["--set", "hidden=[1, 2]", "--set", "lr2=1e-3", "--set", "name=x=y", "--rename", "lr=policy_lr"]
    assert main(["modify-config", str(runs), *words, "--delete", "seed", "--apply"]) == 0
    assert "3 of 3 files changed, 3 backups (.bak)" in capsys.readouterr().out
    after = parameters(runs)
    assert after["a"] == {
        "env_name": "Hopper-v2",
        "policy_lr": 0.1,
        "hidden": [1, 2],
        "lr2": 0.001,
        "name": "x=y",
    }
    assert list(after["a"])[:2] == ["env_name", "policy_lr"]
    assert "seed" not in after["b 空"]
    backup = runs / "a" / "config" / "parameter.json.bak"
    assert backup.read_bytes() == before[backup.with_suffix("")]
    assert main(["modify-config", str(runs), "--set", "more=1", "--apply"]) == 0
    assert (runs / "a" / "config" / "parameter.json.bak1").exists()
    assert json.loads((runs / ".hidden" / "parameter.json").read_text()) == {"env_name": "x"}


def test_only_matching_files_and_existing_keys_change(runs: Path, capsys: Capture) -> None:
    assert (
        main(
            [
                "modify-config",
                str(runs),
                "--where",
                "env_name=Hopper*",
                "--set",
                "seed=9",
                "--only-existing",
                "--apply",
                "--no-backup",
            ]
        )
        == 0
    )
    after = parameters(runs)
    assert [values.get("seed") for values in after.values()] == [9, 2, None]
    assert not list(runs.rglob("*.bak"))
    assert "1 of 3 files changed" in capsys.readouterr().out


def test_one_file_that_cannot_be_changed_keeps_all_as_they_are(runs: Path, capsys: Capture) -> None:
    (runs / "c" / "parameter.json").write_text("{broken", encoding="utf-8")
    before = every_file(runs)
    assert main(["modify-config", str(runs), "--rename", "lr=seed", "--set", "x=1", "--apply"]) == 1
    out, err = capsys.readouterr()
    assert every_file(runs) == before
    assert f"{runs / 'a' / 'config' / 'parameter.json'}: cannot rename lr: seed already exists" in err
    assert f"{runs / 'c' / 'parameter.json'}:1: not valid JSON: Expecting property name" in err
    assert "1 of 3 files would change; nothing written because of the faults above" in out


def test_columns_are_renamed_and_copied_and_other_cells_stay(runs: Path, capsys: Capture) -> None:
    assert (
        main(
            ["modify-csv", str(runs), "--rename", "ret=return", "--copy", "return=best", "--apply", "--json"]
        )
        == 0
    )
    report = json.loads(capsys.readouterr().out)
    assert (report["found"], report["written"], len(report["backups"])) == (3, True, 3)
    assert report["changes"][0]["what"] == ["ret -> return", "return copied to best"]
    table = (runs / "a" / "progress.csv").read_bytes().decode()
    assert table == 'step,"a,b",return,best\r\n1,"x\ny",0.1,0.1\r\n2,,,\r\n3,,,\r\n'


def test_a_column_can_take_the_place_of_another(runs: Path) -> None:
    modify_csv(runs / "a" / "progress.csv", TableEdit(copy={"ret": "step"})).apply()
    assert (runs / "a" / "progress.csv").read_text().splitlines()[1:3] == ['0.1,"x', 'y",0.1']


def test_a_table_that_a_run_is_writing_is_left_unless_forced(runs: Path, capsys: Capture) -> None:
    (runs / "a" / "config" / "status.json").write_text('{"state": "running"}', encoding="utf-8")
    assert main(["modify-csv", str(runs), "--rename", "ret=return", "--apply"]) == 1
    assert "a run is writing this table; wait until it ends, or add --force" in capsys.readouterr().err
    assert main(["modify-csv", str(runs), "--rename", "ret=return", "--apply", "--force"]) == 0


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"a,b\n1,\xff\n", "not UTF-8 text; save the file as UTF-8"),
        (b'a,b\n1,"open\n', "unexpected end of data"),
        (b"a,c\n", "cannot rename column a: c already exists"),
    ],
)
def test_a_table_that_cannot_be_changed_is_named(
    tmp_path: Path, capsys: Capture, content: bytes, error: str
) -> None:
    (tmp_path / "progress.csv").write_bytes(content)
    assert main(["modify-csv", str(tmp_path), "--rename", "a=c", "--apply"]) == 1
    assert f"{tmp_path / 'progress.csv'}: {error}" in capsys.readouterr().err
    assert (tmp_path / "progress.csv").read_bytes() == content


def test_marks_line_ends_and_modes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "progress.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,2")
    path.chmod(0o640)
    modify_csv(path, TableEdit(rename={"a": "c"})).apply(backup=False)
    assert path.read_bytes() == b"\xef\xbb\xbfc,b\n1,2"
    assert path.stat().st_mode & 0o777 == 0o640
    path.write_bytes(b"")
    assert modify_csv(path, TableEdit(rename={"a": "c"})).changes == ()


def test_no_such_files_is_an_exit_status_of_one(tmp_path: Path, capsys: Capture) -> None:
    assert main(["modify-config", str(tmp_path), "--set", "a=1"]) == 1
    assert capsys.readouterr().out == f"no such files below {tmp_path}\n"


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=4)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5))
def test_renaming_a_column_changes_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, body: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("table") / "progress.csv"
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([["old", "b"], *body])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    modify_csv(path, TableEdit(rename={"old": "new"})).apply()
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["new", "b"], *body]


@given(st.dictionaries(st.text(max_size=3), st.integers(), max_size=4), st.text(max_size=3), st.integers())
def test_a_set_key_has_its_value_and_the_others_theirs(values: dict[str, int], key: str, value: int) -> None:
    after, descriptions = ConfigEdit(set={key: value}).applied(values)
    assert after == {**values, key: value}
    assert bool(descriptions) == (values.get(key) != value)
    assert modify_config(Path("/nowhere"), ConfigEdit(set={key: value})).file_count == 0


def test_a_name_that_no_file_has_is_said_with_the_nearest(runs: Path, capsys: Capture) -> None:
    assert (
        main(["modify-config", str(runs), "--rename", "sead=s", "--delete", "zzz", "--where", "seed=*"]) == 0
    )
    output = capsys.readouterr()
    assert output.err.splitlines() == [
        "no file has sead; did you mean seed?",
        "no file has zzz; known: env_name, lr, nan, seed",
    ]
    assert output.out == "nothing to change in 3 files\n"
    assert main(["modify-csv", str(runs), "--json", "--copy", "rat=x", "--rename", "x=y", "--apply"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == ["no file has rat; did you mean ret?"]


def test_a_file_that_is_no_json_is_named_with_its_line(runs: Path, capsys: Capture) -> None:
    broken, binary = runs / "a" / "config" / "parameter.json", runs / "c" / "parameter.json"
    broken.write_text('{\n"a" 1}', encoding="utf-8")
    binary.write_bytes(b'{"a": "\xff"}')
    assert main(["modify-config", str(runs), "--set", "a=1", "--apply"]) == 1
    output = capsys.readouterr().err
    assert f"{broken}:2: not valid JSON: Expecting ':' delimiter" in output
    assert f"{binary}: not UTF-8 text; save the file as UTF-8" in output


def test_one_file_is_told_in_the_singular(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "parameter.json").write_text('{"lr": 1}')
    assert main(["modify-config", str(tmp_path), "--set", "lr=2", "--apply"]) == 0
    assert "1 of 1 file changed, 1 backup (.bak)" in capsys.readouterr().out
