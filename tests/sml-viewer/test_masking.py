"""Secrets that older tools left in run folders are in nothing that leaves the page."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sml_config.redaction import Redactor
from sml_viewer.api import plot
from sml_viewer.cli.main import main
from sml_viewer.security.find_secrets import Mask, mask_of

SECRET = "hunter2-Zebra"
TOKEN = "ghp_0123456789abcdef"
HUB_TOKEN = "hf_" + "aB3x" * 9


@pytest.fixture
def old_run(make_run) -> Path:
    """As an older tool left it: the server's password in its settings, all of the environment beside."""
    run = make_run("old", "step,reward\n0,1\n1,2\n", env_name="Hopper", seed=1)
    settings = {"MAIN_MACHINE_PASSWD": SECRET, "MAIN_MACHINE_USER": "me", "SHORT": {"token": "abc"}}
    (run / "config" / "running_config.json").write_text(json.dumps(settings, indent=4))
    environment = {"HOME": "/home/me-private", "GITHUB_TOKEN": TOKEN, "SHLVL": "1"}
    (run / "config" / "env_params.json").write_text(json.dumps(environment))
    (run / "config" / "full_description.txt").write_text(f"MAIN_MACHINE_PASSWD: {SECRET}\n")
    (run / "log.txt").write_text(f"connecting with {SECRET}\n{TOKEN}\nepoch 1\n")
    (run / "note.json").write_text(json.dumps({"said": f"it is {SECRET}"}))
    with tarfile.open(run / "codes.tar", "w") as archive:
        for name, text in {
            "common_config/common_config.yaml": (
                f"MAIN_MACHINE_PASSWD: {SECRET}\nOTHER_TOKEN: tok-in-archive-77\n"
            ),
            "main.py": f"password = '{SECRET}'\nuse('tok-in-archive-77')\n",
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return run


def run_id(page, name: str) -> str:
    columns = {
        column["key"]: column.get("cells") for column in page.get("/api/v1/runs").get_json()["columns"]
    }
    return columns["id"][columns["name"].index(name)]


def assert_hides(content: bytes) -> None:
    for secret in (SECRET, TOKEN, "/home/me-private", "tok-in-archive-77"):
        assert secret.encode() not in content


FILES = [
    "config/running_config.json",
    "config/env_params.json",
    "config/full_description.txt",
    "log.txt",
    "note.json",
    "codes.tar",
]


def test_every_way_out_hides_them(page, library, old_run: Path) -> None:
    library.refresh()
    base = f"/api/v1/runs/{run_id(page, 'old')}"
    addresses = [base, f"{base}/log", f"{base}/log?name=config/full_description.txt", f"{base}/metrics"]
    addresses += [f"{base}/{way}?name={name}" for way in ("preview", "download") for name in FILES]
    addresses += [
        f"{base}/preview?name=codes.tar&member={name}"
        for name in ("main.py", "common_config/common_config.yaml")
    ]
    for address in addresses:
        with page.get(address) as answer:
            assert answer.status_code == 200, address
            assert_hides(answer.get_data())
            assert b"epoch 1" in answer.get_data() or "log.txt" not in address


def test_a_zip_hides_them_in_archives_too(page, library, old_run: Path) -> None:
    library.refresh()
    with page.get(f"/api/v1/runs/{run_id(page, 'old')}/zip") as answer:
        whole = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    assert whole.testzip() is None
    for name in whole.namelist():
        assert_hides(whole.read(name))
    with tarfile.open(fileobj=io.BytesIO(whole.read("old/codes.tar"))) as archive:
        assert sorted(archive.getnames()) == ["common_config/common_config.yaml", "main.py"]


@pytest.mark.slow
def test_comparison_and_export_hide_them(
    page, library, old_run: Path, make_run, tmp_path: Path, logs: Path
) -> None:
    other = make_run("new", "step,reward\n0,1\n", env_name="Hopper", seed=2)
    (other / "codes.tar").write_bytes((old_run / "codes.tar").read_bytes())
    (other / "config" / "running_config.json").write_text('{"MAIN_MACHINE_PASSWD": "another-Zebra-9"}')
    library.refresh()
    ids = f"id={run_id(page, 'old')}&id={run_id(page, 'new')}"
    for address in (f"/api/v1/compare?{ids}", f"/api/v1/compare/code?{ids}"):
        content = page.get(address).get_data()
        assert_hides(content)
        assert b"another-Zebra-9" not in content
    for ending in ("svg", "csv", "pdf"):
        figure = tmp_path / f"figure.{ending}"
        plot(logs, figure)
        assert_hides(figure.read_bytes())


@pytest.fixture
def keyed(make_run) -> list[str]:
    """Runs that were given a key among their parameters, and wrote it down."""
    keys = ["sk-Aardvark-0001", "sk-Buffalo-0002", "sk-Buffalo-0002"]
    for number, key in enumerate(keys):
        parameters = {"env_name": "Hopper", "wandb_api_key": key, "nested": {"token": key}, "max_tokens": 512}
        run = make_run(f"run{number}", "step,reward\n0,1\n1,2\n", seed=number, **parameters)
        (run / "config" / "run_config.json").write_text(json.dumps({"run_id": f"run{number}"}))
        (run / "log.txt").write_text(f"logging in with {key}\n")
    return keys


def test_a_secret_parameter_is_shown_nowhere(page, library, keyed: list[str]) -> None:
    library.refresh()
    addresses = [
        "/api/v1/runs", "/api/v1/runs?column=parameter:wandb_api_key",
        "/api/v1/complete?q=wandb_api_key+%3D+",
        "/api/v1/coverage", "/api/v1/runs/run0", "/api/v1/runs/run0/log", "/api/v1/compare?id=run0&id=run1",
        "/api/v1/runs/run0/preview?name=config/parameter.json",
        "/api/v1/runs/run0/download?name=config/parameter.json",
    ]  # fmt: skip
    answers = []
    for address in addresses:
        with page.get(address) as answer:
            answers.append(answer.get_data())
    question = {"config": {}, "parameter": "wandb_api_key"}
    asked = ("/api/v1/counts", "/api/v1/values", "/api/v1/curves", "/api/v1/table")
    answers += [page.post(address, question).get_data() for address in asked]
    with page.get("/api/v1/runs/run0/zip") as answer:
        archive = zipfile.ZipFile(io.BytesIO(answer.get_data()))
        answers += [archive.read(name) for name in archive.namelist()]
    for key in keyed:
        assert not any(key.encode() in answer for answer in answers)
        assert page.get(f"/api/v1/search?q={key}").get_json()["count"] == 0
    assert page.get("/api/v1/search?q=max_tokens=512").get_json()["count"] == 3


def test_a_sheet_for_others_hides_them(logs: Path, old_run: Path, keyed: list[str], tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.html"
    assert main(["export", "-d", str(logs), "-wks", str(tmp_path / "own"), "-o", str(sheet)]) == 0
    assert_hides(sheet.read_bytes())
    assert not any(key.encode() in sheet.read_bytes() for key in keyed)


def test_a_line_longer_than_what_is_sent_at_once_is_not_cut_inside_a_secret(
    page, library, old_run: Path
) -> None:
    line = "".join(f"{'x' * (900 + number)}{SECRET}" for number in range(400))
    (old_run / "log.txt").write_text(line)
    library.refresh()
    address = f"/api/v1/runs/{run_id(page, 'old')}/log"
    halves = [SECRET[:cut] for cut in range(4, len(SECRET))] + [SECRET[cut:] for cut in range(1, 9)]

    def check(part: dict) -> dict:
        text = part["text"] + part["partial"]
        assert not any(half in text for half in halves)
        return part

    end = check(page.get(address).get_json())
    seen, start = 0, end["from"]
    while start > 0:
        part = check(page.get(f"{address}?before={start}").get_json())
        assert part["from"] < start
        seen, start = seen + 1, part["from"]
    assert seen > 3
    at = 0
    while at < end["to"]:
        part = check(page.get(f"{address}?from={at}&mark={end['mark']}").get_json())
        assert part["to"] > at
        at = part["to"]


def test_the_file_on_disk_stays_as_it_is(page, library, old_run: Path) -> None:
    library.refresh()
    before = {path: path.read_bytes() for path in old_run.rglob("*") if path.is_file()}
    page.get(f"/api/v1/runs/{run_id(page, 'old')}/zip").get_data()
    assert {path: path.read_bytes() for path in old_run.rglob("*") if path.is_file()} == before


def test_a_run_without_secrets_is_sent_byte_by_byte(page, library, make_run) -> None:
    run = make_run("clean", "step,reward\n0,1\n", token_length=5)
    (run / "config" / "run_config.json").write_text('{"run_id":  "a", "MAIN_MACHINE_PASSWD":"<redacted>"}')
    (run / "data.bin").write_bytes(bytes(range(256)) * 40)
    library.refresh()
    with page.get("/api/v1/runs/a/zip") as answer:
        whole = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    for path in run.rglob("*"):
        if path.is_file():
            assert whole.read(f"clean/{path.relative_to(run).as_posix()}") == path.read_bytes()


def test_settings_that_cannot_be_parsed_show_no_line_with_a_secret_name(old_run: Path) -> None:
    broken = f'{{"a": 1,\n"MAIN_MACHINE_PASSWD": "{SECRET}",\n"b": '.encode()
    for name in ("config/running_config.json", "config/env_params.json"):
        (old_run / name).write_bytes(broken)
    (old_run / "codes.tar").unlink()
    mask = mask_of(old_run)
    for name in ("config/running_config.json", "config/env_params.json"):
        assert SECRET.encode() not in mask.file(name, broken)[0]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.sampled_from([SECRET, "x" * 7000, "\n", "ab", SECRET[:6], SECRET[6:], " ", "a b secret words"]),
        max_size=30,
    ),
    st.integers(5_000, 50_000),
)
def test_a_stream_hides_what_the_whole_would(parts: list[str], size: int) -> None:
    """However the file falls into pieces."""
    data = "".join(parts).encode()
    mask = Mask(Redactor(frozenset({SECRET, "a b secret words"})))
    streamed = b"".join(mask.stream("log.txt", io.BytesIO(data), len(data), size))
    assert streamed == mask.redactor.data(data)[0]
    assert SECRET.encode() not in streamed


HIDDEN = "s3cr3t-Zebra"
COMMAND = f"python main.py --api_key={HIDDEN} --db postgres://u:{HIDDEN}@host/db"


def test_secrets_by_form_are_neither_shown_nor_stored(page, library, make_run, workspace: Path) -> None:
    run = make_run(
        "a", "step,reward\n0,1\n", db=f"postgres://u:{HIDDEN}@host/db", ssh_pass=HIDDEN, lr=1,
        nested={"authorization": f"Bearer {HIDDEN}"},
    )  # fmt: skip
    facts = {"run_id": "x1", "command": COMMAND, "parameter_defaults": {"url": f"https://a:{HIDDEN}@b"}}
    (run / "config" / "run_config.json").write_text(json.dumps(facts))
    (run / "config" / "status.json").write_text(
        json.dumps({"state": "failed", "error": f"401 Bearer {HIDDEN}"})
    )
    (run / "log.txt").write_text(f"start\n{COMMAND}\nAuthorization: Bearer {HIDDEN}\n")
    (run / "note.md").write_text(f"see https://me:{HIDDEN}@git.example/x\n")
    library.refresh()
    (found,) = library.runs()
    assert found.parameters["lr"] == 1
    names = ("log.txt", "note.md", "config/run_config.json", "config/parameter.json", "config/status.json")
    addresses = [
        "/api/v1/runs",
        f"/api/v1/runs/{found.id}",
        f"/api/v1/runs/{found.id}/log",
        f"/api/v1/runs/{found.id}/zip",
    ]
    addresses += [
        f"/api/v1/runs/{found.id}/{way}?name={name}" for name in names for way in ("preview", "download")
    ]
    for address in addresses:
        with page.get(address) as sent:
            data = sent.get_data()
            assert sent.status_code == 200
        if data.startswith(b"PK"):
            archive = zipfile.ZipFile(io.BytesIO(data))
            data = b"".join(archive.read(name) for name in archive.namelist())
        assert HIDDEN.encode() not in data, address
        assert b"Zebra" not in data, address
    for path in workspace.rglob("*"):
        assert not path.is_file() or HIDDEN.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", {"note": f"hub {HUB_TOKEN}"}),
        ("config.json", {"models": [{HUB_TOKEN: 1}]}),
        ("config.json", {HUB_TOKEN: 1}),
        ("config.json", {"cfg": f"Config(api_key='{HUB_TOKEN[3:20]}', lr=0.1)"}),
        ("config.json", {"wandb": {"key": HUB_TOKEN[3:20]}}),
        ("config/run_config.json", {"command": f"main.py logger.api_key={HUB_TOKEN[3:20]}"}),
    ],
)
def test_a_token_among_parameters_is_in_no_store_and_in_no_import(
    library, logs: Path, workspace: Path, tmp_path: Path, name: str, content: object
) -> None:
    path = logs / "a" / name
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content))
    (logs / "a" / "progress.csv").write_text("step,loss\n0,1\n")
    library.refresh()
    (run,) = library.runs()
    assert main(["import", str(logs), "--to", str(tmp_path / "copy"), "-wks", str(workspace)]) == 0
    stored = [file.read_bytes() for folder in (workspace, tmp_path / "copy") for file in folder.rglob("*.*")
              if file.is_file()]  # fmt: skip
    secret = HUB_TOKEN[3:20]
    assert len(stored) > 2
    assert not any(secret.encode() in data for data in stored)
    assert secret not in str((run.parameters, run.provenance))


@pytest.fixture
def named_after_tokens(logs: Path) -> Path:
    """Runs whose folders are called after all arguments, and one table of such a name."""
    for name in (f"run_{HUB_TOKEN}", f"lr=0.1,api_key={HUB_TOKEN[3:20]}/s1", "plain"):
        (logs / name).mkdir(parents=True)
        (logs / name / "progress.csv").write_text("step,loss\n0,1\n1,0.5\n")
    return logs


def test_a_token_in_the_name_of_a_folder_is_not_shown(
    named_after_tokens: Path, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["-d", str(named_after_tokens), "-wks", str(workspace)]
    assert main(["list", *places]) == 0
    assert main(["diff", f"run_{HUB_TOKEN}", "plain", *places]) == 0
    assert main(["import", str(named_after_tokens), "--to", str(tmp_path / "copy")]) == 0
    printed = capsys.readouterr().out
    assert "run_<redacted>" in printed
    assert "lr=0.1,api_key=<redacted>/s1" in printed
    assert HUB_TOKEN[3:20] not in printed
    copied = list((tmp_path / "copy").rglob("*"))
    assert not any(HUB_TOKEN[3:20] in str(path) for path in copied)
    assert not any(HUB_TOKEN[3:20].encode() in path.read_bytes() for path in copied if path.is_file())


def test_a_run_whose_name_is_masked_still_opens(library, named_after_tokens: Path) -> None:
    library.refresh()
    run = next(run for run in library.runs() if run.name == "run_<redacted>")
    assert run.path == named_after_tokens / f"run_{HUB_TOKEN}"
    (columns,) = library.columns([run], ["loss"])
    assert columns["loss"].tolist() == [1.0, 0.5]


def test_runs_of_one_masked_name_are_told_apart(library, logs: Path) -> None:
    for seed in (1, 2):
        path = logs / f"train--api_key={HUB_TOKEN[3:20]}--seed={seed}"
        path.mkdir(parents=True)
        (path / "progress.csv").write_text("step,loss\n0,1\n")
    library.refresh()
    names = {run.name for run in library.runs()}
    assert len(names) == 2
    assert all(name.startswith("train--api_key=<redacted>") for name in names)
    assert HUB_TOKEN[3:20] not in str(names)
