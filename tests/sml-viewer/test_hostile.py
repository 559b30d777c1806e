"""Run folders and requests that were made to break the page."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import struct
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
import regex

from sml_config.redaction import REDACTED
from sml_viewer.errors import QueryError
from sml_viewer.readers.parameters import read_parameters
from sml_viewer.readers.tfevents.records import masked_crc
from sml_viewer.readers.tfevents_times import row_times
from sml_viewer.run_views.code_diff import read_code
from sml_viewer.security.find_secrets import mask_of
from sml_viewer.select.query import parse_query
from sml_viewer.web.background_plots import EXTENSION
from sml_viewer.web.files.filename_codec import to_address

TABLE = "step,reward\n0,1\n1,2\n"
# Of computation, and by the clock of a machine that may be busy.
SECONDS, PATIENCE = 15, 120


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """What hangs is interrupted: a failure, not a suite that never ends."""

    def late(_signal: int, _frame: FrameType | None) -> None:
        pytest.fail(f"nothing came in {SECONDS} s of computation or {PATIENCE} s in all")

    before = signal.signal(signal.SIGALRM, late), signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(PATIENCE)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before[0])
    signal.signal(signal.SIGPROF, before[1])


@pytest.fixture
def run(make_run) -> Path:
    return make_run("a", TABLE, seed=1)


@pytest.fixture
def ask(page, library, run):
    """Asks for a part of the run's page; its id is its name's hash, told by the list."""
    library.refresh()
    (name,) = [found.id for found in library.runs()]
    return lambda part, **query: page.get(f"/api/v1/runs/{name}/{part}", query_string=query)


@pytest.mark.parametrize("part", ["preview", "download", "log"])
@pytest.mark.parametrize(
    "name",
    [
        "config/env_params.json/",
        "config/env_params.json/.",
        "config//env_params.json",
        "./config/env_params.json",
    ],
)
def test_another_spelling_of_a_masked_file_shows_nothing_of_it(run, ask, part: str, name: str) -> None:
    (run / "config" / "env_params.json").write_text('{"HOME": "/home/me-private"}')
    answer = ask(part, name=name)
    assert answer.status_code == 404
    assert b"me-private" not in answer.data


@pytest.mark.parametrize(
    "name", ["config/config.json", "config.yaml", "config/env_params.json", "coders.tar"]
)
def test_a_pipe_in_the_place_of_settings_holds_nobody_up(run, ask, name: str) -> None:
    os.mkfifo(run / name)
    assert ask("log", name="progress.csv").status_code == 200


def test_a_device_in_the_place_of_settings_is_not_read(run, ask) -> None:
    (run / "config.json").symlink_to("/dev/zero")
    assert ask("log", name="progress.csv").status_code == 200


@pytest.mark.parametrize("name", ["config/parameter.json", "config/status.json", "progress.csv"])
def test_a_pipe_in_one_run_keeps_no_other_from_being_read(library, make_run, run, name: str) -> None:
    make_run("b", TABLE, seed=2)
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    library.refresh()
    assert "b" in [found.name for found in library.runs() if found.rows]


def event(body: bytes) -> bytes:
    """One record of a TensorBoard file, at time 1.0."""
    data = b"\x09" + struct.pack("<d", 1.0) + body
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + bytes(4)


@pytest.mark.parametrize(
    "content",
    [
        event(b"\x10" + b"\xff" * 2_000_000 + b"\x2a"),
        b"".join(event(b"\x10" + bytes([0x80 | n & 127, n >> 7]) + b"\x2a") for n in range(1, 16_000)) * 4
        + event(b"\x10\x01\x3a") * 40_000,
        struct.pack("<Q", 2**63) + bytes(100), event(b"\x10" + b"\xff" * 9), b"\0" * 3_000_000,
    ],
)  # fmt: skip
def test_no_event_file_stalls_or_fills_who_asks_for_hours(run, content: bytes) -> None:
    (run / "events.out.tfevents.1").write_bytes(content)
    started = time.process_time()
    assert row_times(run, 2) is None
    assert time.process_time() - started < 3


@pytest.mark.parametrize("what", ["pipe", "device", "link"])
def test_what_is_no_event_file_is_not_waited_for(run, tmp_path: Path, what: str) -> None:
    path = run / "events.out.tfevents.1"
    if what == "pipe":
        os.mkfifo(path)
    else:
        (tmp_path / "events").write_bytes(event(b"\x10\x01\x2a"))
        path.symlink_to("/dev/zero" if what == "device" else tmp_path / "events")
    assert row_times(run, 1) is None


DEEP = 900
UNFIT = [
    "x: !!bool maybe", "x: !!timestamp y", "x: !!timestamp 2020-13-01", 'x: !!int ""', 'x: !!float ""',
    "x: !!int 1e5", "x: !!set {[a]}", "x: [{2020-01-01: 1}]", "x: [{1: a, b: c}]", "x: {!!binary aGk=: 1}",
    "x: [{!!binary aGk=: 1}]", "<<: 3", "x: " + "[" * DEEP + "]" * DEEP, "x: " + "9" * 5000,
    "? [a, b]\n: 1", "x: !!omap [{a: 1}]", "\x00", "x: 1e400", "x: !!python/tuple [1, [2]]",
    "!!python/object/apply:os.system [true]", "- a", "x: 0x", "x: .inf", '"\\ud800": 1',
]  # fmt: skip


@pytest.mark.parametrize("text", UNFIT)
@pytest.mark.parametrize("name", ["config.yaml", "args.yml"])
def test_no_yaml_of_one_run_keeps_the_others_from_being_shown(
    page, library, logs: Path, make_run, name: str, text: str
) -> None:
    make_run("b", TABLE, seed=2)
    (make_run("a", TABLE) / name).write_text(text)
    library.refresh()
    assert [(run.name, run.rows) for run in library.runs()] == [("a", 2), ("b", 2)]
    for run in library.runs():
        for part in ("", "/log?name=progress.csv", "/metrics"):
            assert page.get(f"/api/v1/runs/{run.id}{part}").status_code == 200


ODD_JSON = [
    '{"a": 1e400, "state": 1e400, "heartbeat": 1e400, "run_id": 1e400, "start_time": 1e400}',
    '{"a": ' + "[" * DEEP + "]" * DEEP + "}", '{"a":' * DEEP + "1" + "}" * DEEP,
    '{"state": "\\ud800", "run_id": "\\ud800", "host": "\\ud800", "a": "\\ud800"}',
    '{"state": "running", "pid": 1e300, "boot_id": [], "heartbeat": -1e308, "start_time": "9999-12-31"}',
    '{"state": ["x"], "run_id": {"a": 1}, "heartbeat": "x", "pid": "x", "step": 1e400, "error": [1]}',
    '{"a": ' + "9" * 5000 + "}", "[" * 100_000, "{}" * 3, "null", '{"state": "\\u0000", "run_id": "\\u0000"}',
    '{"state": "' + "x" * 10_000 + '"}', '{"parameter_defaults": {"a": {"b": 1e400}}, "command": {}}',
    '{"parameter_defaults": ' + '{"a":' * 99 + "1" + "}" * 99 + "}",
]  # fmt: skip


@pytest.mark.parametrize("text", ODD_JSON)
def test_no_json_of_one_run_keeps_the_others_from_being_shown(
    page, library, logs: Path, make_run, text: str
) -> None:
    make_run("b", TABLE, seed=2)
    odd = make_run("a", TABLE)
    for name in ("parameter.json", "run_config.json", "status.json", "config.json"):
        (odd / "config" / name).write_text(text)
    library.refresh()
    assert {(run.name, run.rows) for run in library.runs()} == {("a", 2), ("b", 2)}
    listed = page.get("/api/v1/runs")
    assert listed.status_code == 200
    (ids,) = [column["cells"] for column in listed.get_json()["columns"] if column["key"] == "id"]
    for one in ids:
        for part in ("", "/log?name=progress.csv", "/metrics"):
            assert page.get(f"/api/v1/runs/{to_address(one)}{part}").status_code == 200


@pytest.mark.parametrize(
    "table",
    [
        ",".join(f"c{n}" for n in range(30_000)) + "\n" + "1\n" * 30_000,
        "".join(f'{{"a{n}": 1}}\n' for n in range(20_000)),
        '{"\\ud800": 1}\n', '{"a": ' + '{"a":' * DEEP + "1" + "}" * DEEP + "}\n", '{"a": 1e400}\n',
        '{"a": ' + "9" * 5000 + "}\n", ",".join(f"column{n}" for n in range(200_000)) + "\n1\n",
        '"' * 2_000_000, "a\n" + '"\n' * 300_000, "a,b\n" + "\0" * 2_000_000,
    ],
)  # fmt: skip
@pytest.mark.slow
def test_no_table_of_one_run_stalls_or_fills_the_reader(library, make_run, table: str) -> None:
    make_run("b", TABLE, seed=2)
    run = make_run("a", table)
    if table.startswith("{"):
        (run / "progress.csv").rename(run / "progress.json")
    library.refresh()
    assert ("b", 2) in {(run.name, run.rows) for run in library.runs()}


def test_a_header_that_is_too_long_is_told(library, make_run) -> None:
    make_run("a", ",".join(f"column{n}" for n in range(200_000)) + "\n1\n")
    library.refresh()
    assert library.runs()[0].notes == ("progress.csv: its header is longer than 1 MB; the file is not read",)


def test_a_run_that_names_ten_thousand_passwords_shows_no_text_and_costs_no_time(
    page, library, run, ask
) -> None:
    secrets = {f"password{n}": f"hunter{n:09}-Zebra" for n in range(10_000)}
    (run / "config" / "running_config.json").write_text(json.dumps(secrets))
    (run / "log.txt").write_text("\n".join(secrets.values()))
    started = time.process_time()
    log = {"name": "log.txt"}
    for part, query in (("log", {}), ("preview", log), ("download", log), ("zip", {})):
        answer = ask(part, **query)
        assert answer.status_code == 200
        assert b"Zebra" not in answer.get_data()
        answer.close()
    assert page.get(f"/api/v1/runs/{library.runs()[0].id}").status_code == 200
    assert time.process_time() - started < 8


@pytest.mark.parametrize("text", ['x: "a\n' * 900_000, "x: [" + "a," * 1_900_000 + "]", "a: 1\n" * 700_000])
def test_megabytes_of_yaml_are_refused_in_no_time(run, text: str) -> None:
    (run / "config.yaml").write_text(text)
    started = time.process_time()
    assert "larger than" in read_parameters(run, ["config.yaml"]).notes[0]
    mask_of(run)
    assert time.process_time() - started < 3


def write_endless_archive(path: Path) -> None:
    """A tar of two blocks whose one member says that it holds a terabyte of holes."""
    size = tarfile.itn(1 << 40, 12, tarfile.GNU_FORMAT)
    member = tarfile.TarInfo("main.py")
    member.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    block[386:410] = size + tarfile.itn(0, 12, tarfile.GNU_FORMAT)
    block[482:495] = b"\0" + size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(block))[0]
    path.write_bytes(bytes(block) + b"\0" * 1024)


def test_an_archive_that_says_it_holds_a_terabyte_is_not_unpacked(run, ask) -> None:
    write_endless_archive(run / "coders.tar")
    (run / "config" / "running_config.json").write_text('{"MAIN_MACHINE_PASSWD": "hunter2-Zebra"}')
    mask = mask_of(run)
    assert mask.file("coders.tar", (run / "coders.tar").read_bytes()) == (REDACTED.encode() + b"\n", 1)
    assert "more than" in ask("preview", name="coders.tar").get_json()["fault"]
    with (run / "coders.tar").open("rb") as file, pytest.raises(ValueError, match="more than"):
        read_code(file, mask.redactor)


@pytest.mark.parametrize("name", ["config.yaml", "config/config.yaml"])
def test_yaml_whose_aliases_stand_for_a_billion_values_is_not_written_out(run, ask, name: str) -> None:
    lines = ["password0: &a0 [one-secret, two-secret]"]
    lines += [f"password{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 31)]
    (run / name).write_text("\n".join(lines))
    assert ask("log", name="progress.csv").status_code == 200
    assert read_parameters(run, [name]).notes == [
        f"{name} cannot be read: its aliases expand to too many values"
    ]


def test_yaml_that_holds_itself_is_not_read(run) -> None:
    (run / "args.yaml").write_text("a: &a [*a]\n")
    assert read_parameters(run, ["args.yaml"]).values == {}


def test_yaml_with_plain_aliases_is_read(run) -> None:
    (run / "args.yaml").write_text("a: &a [1, 2]\nb: *a\n")
    assert read_parameters(run, ["args.yaml"]).values == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize("flag", ["damaged", "encrypted"])
def test_a_member_that_cannot_be_unpacked_is_said_to_be_so(run, ask, flag: str) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("x", "hello" * 1000)
    content = bytearray(made.getvalue())
    if flag == "damaged":
        content[60:70] = b"\xff" * 10
    else:
        content[6] |= 1
        content[content.rfind(b"PK\1\2") + 8] |= 1
    (run / "code.zip").write_bytes(content)
    answer = ask("preview", name="code.zip", member="x")
    assert answer.status_code == 200
    assert answer.get_json()["fault"]


def test_a_preview_far_behind_the_end_is_empty(run, ask) -> None:
    (run / "x.txt").write_text("hello")
    assert ask("preview", name="x.txt", **{"from": str(10**30)}).get_json()["text"] == ""


@pytest.mark.slow
def test_a_regular_expression_that_takes_for_ever_is_stopped(library, make_run) -> None:
    make_run("b", TABLE, note="a" * 300 + "!")
    library.refresh()
    query = parse_query('note ~ "(a|aa)+$"', library.runs())
    with pytest.raises(QueryError, match="takes too long"):
        query.select(library.runs())


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["(a|a)(a|a)(a|a).*.*b", ".*a.*a.*b", "a(?:a|a)*b"])
def test_a_regular_expression_that_takes_long_for_many_texts_ends_soon(
    library, make_run, pattern: str
) -> None:
    for number in range(300):
        make_run(f"r{number}", TABLE, note="a" * 190 + f"c{number}")
    library.refresh()
    query = parse_query(f'note ~ "{pattern}"', library.runs())
    begun = time.monotonic()
    with contextlib.suppress(QueryError):
        assert query.select(library.runs()) == []
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "pattern",
    ["s_1.*-", "(?i)SEED.*1", "se(e|x)d_[0-9]+", "d_[[]?1", r"seed_\d", r"\p{Lu}\w+", "a|^b", "d_1{1}"],
)
def test_a_regular_expression_finds_the_same_whichever_engine_searches(
    library, make_run, pattern: str
) -> None:
    names = ["ppo_seed_1-a", "sac_seed_2", "Beta", "seed_[1"]
    for name in names:
        make_run(name, TABLE, note=name)
    library.refresh()
    written = pattern.replace("\\", "\\\\")
    kept = {run.name for run in parse_query(f'note ~ "{written}"', library.runs()).select(library.runs())}
    assert kept == {name for name in names if regex.search(pattern, name)}


@pytest.mark.parametrize("query", ["*a" * 30 + "*b", "name=" + "*a" * 30 + "*b"])
def test_many_stars_take_no_longer_than_one(library, make_run, query: str) -> None:
    make_run("a" * 200, TABLE, note="a" * 2000)
    library.refresh()
    assert parse_query(query, library.runs()).select(library.runs()) == []


@pytest.mark.parametrize(
    ("query", "taken"), [("a*c*e", True), ("a**e", True), ("a?c*", True), ("*d", False), ("a*x*e", False)]
)
def test_stars_and_question_marks_stand_for_any_letters(library, make_run, query: str, taken: bool) -> None:
    make_run("abcde", TABLE)
    library.refresh()
    assert bool(parse_query(query, library.runs()).select(library.runs())) is taken


@pytest.mark.parametrize("query", ["(" * 3000, "not " * 900 + "a", "(" * 51 + "a" + ")" * 51])
def test_a_query_nested_too_deep_is_refused_as_such(query: str) -> None:
    with pytest.raises(QueryError, match="nested more than 50 deep"):
        parse_query(query)


@pytest.mark.parametrize("name", ["\ud800", "a\nb", "a\0b", "../x"])
@pytest.mark.parametrize("action", ["new", "delete", "restore", "reset"])
def test_what_is_no_name_of_a_configuration_is_refused(page, name: str, action: str) -> None:
    assert page.post("/api/v1/configs", {"name": name, "action": action}).status_code == 400


def test_half_a_character_in_a_configuration_is_kept(page) -> None:
    config = {"TITLE_SUFFIX": "\ud800"}
    assert page.post("/api/v1/configs", {"name": "a", "action": "new", "config": config}).status_code == 200
    assert page.get("/api/v1/configs/a").get_json()["config"] == config


@pytest.mark.parametrize("prefix", ["../../../evil-", "{tmp}/evil-", "x/"])
def test_drawing_in_the_background_writes_nowhere_else(
    page, library, run, workspace: Path, tmp_path: Path, prefix: str
) -> None:
    library.refresh()
    config = {"OUTPUT_FILE_PREFIX": prefix.format(tmp=tmp_path), "AUTO_PLOTTING": True}
    assert page.post("/api/v1/configs", {"name": "a", "action": "new", "config": config}).status_code == 200
    plotter = page.client.application.extensions[EXTENSION]
    plotter.draw_due()
    written = list(tmp_path.rglob("*.png"))
    assert written or plotter.state("a").error
    assert all(path.parent == workspace / "figures" / "auto" / "a" for path in written)


@pytest.mark.parametrize("folder", [".page", "figures/.hidden"])
def test_figures_are_not_saved_among_what_the_page_keeps_for_itself(
    page, library, run, workspace: Path, folder: str
) -> None:
    library.refresh()
    asked = {"config": {"PLOT_FIGURE_SAVING_PATH": folder}, "kind": "csv", "save": True}
    assert "is hidden" in page.post("/api/v1/figure", asked).get_json()["note"]
    assert [one.parent for one in workspace.rglob("*.csv")] == [workspace / "figures"]


def test_a_figure_that_cannot_be_saved_is_said_to_be_so(page, library, run) -> None:
    library.refresh()
    config = {"FINAL_OUTPUT_NAME": "a" * 300}
    assert page.post("/api/v1/figure", {"config": config, "kind": "csv", "save": True}).status_code == 400


def test_no_offset_cuts_a_secret_of_a_log_in_two(run, ask) -> None:
    secret = "hunter2-Zebra"
    (run / "config" / "running_config.json").write_text(f'{{"MAIN_MACHINE_PASSWD": "{secret}"}}')
    (run / "log.txt").write_text(f"start {secret} end\n")
    mark = ask("log").get_json()["mark"]
    for at in range(30):
        for query in ({"from": str(at), "mark": mark}, {"before": str(at)}):
            shown = ask("log", **query).get_json()
            assert not any(secret[n : n + 4] in shown["text"] + shown["partial"] for n in range(10))
