"""The JSON interface: real answers, the types in web/schemas, and docs/page-api.md say the same."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from sml_config.process import boot_id
from sml_config.tasks.tasks import Plan, Task
from sml_viewer.library import Library
from sml_viewer.web import Setup, create_app
from sml_viewer.web.background_plots import EXTENSION as BACKGROUND
from sml_viewer.web.http.array_codec import unpack
from sml_viewer.web.schemas import ENDPOINTS, Endpoint
from sml_viewer.web.schemas.plots import PlotRequestBody
from sml_viewer.web.schemas.session import ConfigConflict, ErrorAnswer

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
STATIC = ROOT / "packages" / "sml-viewer" / "src" / "sml_viewer" / "web" / "static"
# A type's name and a field: which fields of the interface were met.
Fields = set[tuple[str, str]]


def faults(value: Any, wanted: Any, met: Fields, at: str = "") -> Iterator[str]:
    """Where a value differs from a type; the fields that it has are added to `met`."""
    origin, arguments = get_origin(wanted), get_args(wanted)
    if is_typeddict(wanted):
        yield from _faults_of_object(value, wanted, met, at)
    elif origin in (Union, types.UnionType):
        found = [(list(faults(value, option, one := set(), at)), one) for option in arguments]
        least, fields = min(found, key=lambda each: len(each[0]))
        met |= fields
        yield from least
    elif origin is Literal:
        if value not in arguments:
            yield f"{at}: {value!r} is none of {arguments}"
    elif origin in (list, tuple):
        if not isinstance(value, list) or (origin is tuple and len(value) != len(arguments)):
            yield f"{at}: {value!r} is not a {wanted}"
            return
        for place, item in enumerate(value):
            kind = arguments[place] if origin is tuple else arguments[0]
            yield from faults(item, kind, met, f"{at}[{place}]")
    elif origin is dict and not isinstance(value, dict):
        yield f"{at}: {value!r} is not a {wanted}"
    elif origin is dict:
        for name, item in value.items():
            yield from faults(item, arguments[1], met, f"{at}.{name}")
    elif wanted is not Any and not _is_a(value, wanted):
        yield f"{at}: {value!r} is not a {wanted}"


def _faults_of_object(value: Any, wanted: Any, met: Fields, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: {value!r} is not a {wanted.__name__}"
        return
    hints = get_type_hints(wanted)
    for name in sorted(wanted.__required_keys__ - value.keys()):
        yield f"{at}: {wanted.__name__} lacks {name}"
    for name, item in value.items():
        if name not in hints:
            yield f"{at}: {wanted.__name__} has no field {name}"
            continue
        met.add((wanted.__name__, name))
        yield from faults(item, hints[name], met, f"{at}.{name}")


def _is_a(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool):
        return wanted is bool
    return isinstance(value, (int, float) if wanted is float else wanted)


def fields_of(wanted: Any) -> Fields:
    """All fields that a type can have, of the types inside it too."""
    if not is_typeddict(wanted):
        return set().union(*map(fields_of, get_args(wanted)))
    hints = get_type_hints(wanted)
    return {(wanted.__name__, name) for name in hints}.union(*map(fields_of, hints.values()))


def checked(endpoint: Endpoint, response: TestResponse, met: Fields) -> dict[str, Any]:
    """The JSON of a good answer, which must be what the endpoint promises."""
    assert response.status_code == 200, response.text
    content = unpack(response.data)[0] if endpoint.binary else response.get_json()
    if endpoint.tagged:
        assert isinstance(content.pop("etag"), str)
    assert list(faults(content, endpoint.answer, met)) == []
    return content


@pytest.fixture
def app(logs: Path, workspace: Path) -> Flask:
    return create_app(Setup(workspace, (logs,)), indexing=False)


@pytest.fixture
def check_types(frontend_types: ModuleType, node_modules: Callable[[], Path]) -> Callable[[Path], str]:
    """What TypeScript says of a folder of the page's scripts."""
    return lambda static: frontend_types.check(static, node_modules())


def test_the_pages_scripts_use_the_fields_that_the_answers_have(check_types: Callable[[Path], str]) -> None:
    assert check_types(STATIC) == ""


def test_a_field_that_no_answer_has_is_found_in_the_scripts(
    check_types: Callable[[Path], str], tmp_path: Path
) -> None:
    static = shutil.copytree(STATIC, tmp_path / "static", ignore=shutil.ignore_patterns("vendor", "bundle"))
    bulk = static / "pages" / "runs" / "bulk_actions.js"
    bulk.write_text(bulk.read_text(encoding="utf-8").replace("answer.runs", "answer.files"), encoding="utf-8")
    faults = check_types(static)
    assert "Property 'files' does not exist on type 'ZipReady'" in faults
    assert faults.count("error") == 1


def test_every_address_has_its_types(app: Flask) -> None:
    rules = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }
    assert rules == ENDPOINTS.keys()


EXAMPLE = re.compile(
    r"^```json (answer|request|error|conflict) (\S+ \S+)\n(.*?)^```", re.MULTILINE | re.DOTALL
)


def examples(page: str) -> list[tuple[str, str, Any]]:
    """Of each example of a page: answer, request or error; the endpoint; the content."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [(kind, name, json.loads(content)) for kind, name, content in EXAMPLE.findall(text)]


def test_every_example_of_the_documentation_is_valid() -> None:
    found = []
    for kind, name, content in examples("page-api.md"):
        endpoint = ENDPOINTS[name]
        wanted = {
            "answer": endpoint.answer,
            "request": endpoint.body,
            "error": ErrorAnswer,
            "conflict": ConfigConflict,
        }[kind]
        found += [f"{name} {fault}" for fault in faults(content, wanted, set())]
    assert found == []


def test_every_address_and_every_field_is_documented() -> None:
    """Fields by the examples, which have no others; what all computations take is documented once."""
    text = (DOCS / "page-api.md").read_text(encoding="utf-8")
    met: Fields = set()
    shown = set()
    for kind, name, content in examples("page-api.md"):
        shown.add((kind, name))
        if kind in ("answer", "request"):
            list(faults(content, getattr(ENDPOINTS[name], "body" if kind == "request" else "answer"), met))
    common = get_type_hints(PlotRequestBody).keys()
    for name, endpoint in ENDPOINTS.items():
        assert name.replace("<run_id>", "<id>").split(" ")[1] in text, name
        for kind, wanted in (("answer", endpoint.answer), ("request", endpoint.body)):
            assert wanted in (None, PlotRequestBody) or (kind, name) in shown, (
                f"no example of the {kind} of {name}"
            )
    wanted = {
        field
        for endpoint in ENDPOINTS.values()
        for type_ in (endpoint.answer, endpoint.body)
        if type_ is not None
        for field in fields_of(type_)
        if not (type_ is endpoint.body and field[1] in common)
    }
    assert sorted(wanted - met) == []


def test_the_chinese_page_has_the_same_examples() -> None:
    assert examples("page-api.zh.md") == examples("page-api.md")


STATES = {
    "finished": {"state": "finished", "step": 3},
    "failed": {"state": "failed", "error": "ValueError: bad", "traceback": "Traceback…"},
    "killed": {"state": "killed", "error": "SIGTERM"},
    "lost": {"state": "running", "pid": 2**22 - 1, "boot_id": boot_id(), "host": "x", "process_start": 1},
    "silent": {"state": "running", "heartbeat": 1.0},
    "odd": {"state": "on holiday"},
}


@pytest.fixture
def every_kind(make_run: Callable[..., Path], logs: Path) -> Path:
    """Runs of every state; with repairs, a duplicate, an earlier attempt, a plan, files of every kind."""
    table = "step,loss,a-b\n0,nan,1\n10,2,\n" + "".join(f"{step},1.5,3\n" for step in range(20, 400, 10))
    for seed, (name, status) in enumerate(STATES.items()):
        run = make_run(name, table, lr=0.1, env="Ant", seed=seed, sizes=[64, 64], none=None, big=2**60)
        (run / "config" / "status.json").write_text(json.dumps(status))
        defaults = {
            "parameter_defaults": {"lr": 0.3, "clip": 0.2},
            "host": "lab1",
            "packages": {"numpy": "2"},
        }
        (run / "config" / "run_config.json").write_text(
            json.dumps({"run_id": f"id{seed}", **defaults, "PASSWD": "x"})
        )
        (run / "log.txt").write_text("a\nTraceback (most recent call last):\n  File\nValueError: bad\nb")
    make_run("unknown", "step,loss,a-b\n0,1,2\n10,2", lr=0.2, env="Hopper", seed=1)
    make_run("same", table, lr=0.1, env="Ant", seed=0, sizes=[64, 64], none=None, big=2**60)
    make_run("empty", "")
    old = logs.parent / "logfile_bk" / "finished_2026-11-22-10-00-00-1a2b3c4d"
    shutil.copytree(logs / "finished", old)
    (old / "config" / "run_config.json").write_text(json.dumps({"run_id": "old"}))
    run = logs / "finished"
    (run / "progress.superseded-1.csv").write_text("step\n1\n")
    (run / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    _write_records(run)
    (run / "weights.bin").write_bytes(b"\0\1")
    (run / "bad.tar").write_text("no archive")
    for name, text in (("coders.tar", "a = 1\n"), ("../failed/coders.tar", "a = 2\n")):
        with tarfile.open(run / name, "w") as archive:
            (logs.parent / "main.py").write_text(text)
            archive.add(logs.parent / "main.py", "main.py")
    plans = logs.parent / ".sml-launch" / "plans"
    plans.mkdir(parents=True)
    tasks = [Task(("python", "m.py"), {"env": "Ant", "lr": 0.1, "seed": seed}) for seed in range(9)]
    Plan(tuple(tasks)).save(plans / "a1b2c3.json")
    return logs


def _write_records(run: Path) -> None:
    """Media, system metrics, checkpoints and alerts."""
    histogram = {"edges": [0, 1], "counts": [3], "min": 0.5, "max": 1, "num": 3, "sum": 2, "not_finite": 0}
    contents = {
        "text": "words",
        "table": json.dumps({"columns": ["a"], "data": [[1], ["x"], [None]]}),
        "histogram": json.dumps(histogram),
        "image": "P",
    }
    (run / "media").mkdir()
    with (run / "media" / "index.jsonl").open("w") as index:
        for kind, content in contents.items():
            path = f"media/{kind}.{'png' if kind == 'image' else 'txt'}"
            (run / path).write_text(content)
            index.write(
                json.dumps({"key": kind, "step": 1, "path": path, "type": kind, "caption": "c"}) + "\n"
            )
    (run / "system.csv").write_text("wall_time,step,cpu_percent\n1,0,50\n2,1,\n3,1,60\n")
    moment = "2026-11-29T10:00:00+00:00"
    checkpoint = {"path": "weights.bin", "step": 1, "metrics": {"loss": 1.5}, "bytes": 2, "time": moment}
    alert = {"cause": "nan", "active": True, "level": "error", "title": "NaN", "text": "loss", "time": moment}
    (run / "checkpoints.jsonl").write_text(json.dumps(checkpoint) + "\n")
    (run / "config" / "alerts.jsonl").write_text(json.dumps(alert) + "\n")


GETS = [
    "/api/v1/session", "/api/v1/session?data=/nowhere", "/api/v1/runs",
    "/api/v1/runs?column=parameter:sizes&column=last:loss&column=best:loss&column=least:step&column=last:acc&since=1",
    "/api/v1/events", "/api/v1/error-factors?kind=t&n=1&n=5",
    "/api/v1/search?q=hidden=* or loss", "/api/v1/complete?q=l&at=1", "/api/v1/compare?id=id0&id=id1&id=id3",
    "/api/v1/compare/code?id=id0&id=id1&id=id3", "/api/v1/coverage", "/api/v1/coverage?plan=a1b2c3",
    "/api/v1/annotations", "/api/v1/options", "/api/v1/configs", "/api/v1/configs/none",
    "/api/v1/drawn?config=a",
]  # fmt: skip
OF_A_RUN = ["", "/metrics", "/files", "/media", "/system", "/checkpoints", "/alerts"]
FILES = [
    "log.txt", "progress.csv", "config/parameter.json", "picture.png", "coders.tar",
    "coders.tar&member=main.py",
    "weights.bin", "config/run_config.json", "bad.tar",
]  # fmt: skip
FILE_ENDPOINTS = {name for name, endpoint in ENDPOINTS.items() if endpoint.answer is None}


def endpoint_of(app: Flask, method: str, address: str) -> str:
    rule, _ = app.create_url_adapter(None).match(address.partition("?")[0], method, return_rule=True)
    return f"{method} {rule.rule}"


@pytest.fixture
def asked(page: Any, library: Library, every_kind: Path) -> Callable[..., Any]:
    """Asks something that must be answered as its types say; returns the answer and notes which it was."""
    library.refresh()
    app = page.client.application
    app.config["SERVER_NAME"] = "localhost"
    seen: set[str] = set()
    met: Fields = set()

    def ask(address: str, content: Any = None) -> Any:
        method = "GET" if content is None else "POST"
        name = endpoint_of(app, method, address)
        if content is not None:
            assert list(faults(content, ENDPOINTS[name].body, set())) == []
        answer = page.get(address) if content is None else page.post(address, content)
        seen.add(name)
        return checked(ENDPOINTS[name], answer, met)

    ask.seen, ask.met = seen, met  # type: ignore[attr-defined]
    return ask


def test_real_answers_are_what_the_types_promise(asked: Any, page: Any, every_kind: Path) -> None:
    for address in GETS:
        asked(address)
    ids = next(each["cells"] for each in asked("/api/v1/runs")["columns"] if each["key"] == "id")
    assert len(ids) == len(STATES) + 4
    asked(f"/api/v1/folders?path={every_kind}")
    asked("/api/v1/searched")
    (every_kind / "none").mkdir()
    asked(f"/api/v1/searched?data={every_kind / 'none'}")
    for name in ids:
        for part in OF_A_RUN:
            asked(f"/api/v1/runs/{name}{part}")
    for part in ("series?y=loss&x=step", "series?y=loss", "log", "log?before=5", "log?at=2&colours=1"):
        asked(f"/api/v1/runs/id0/{part}")
    asked("/api/v1/runs/id0/log/search?q=bad")
    for key in asked("/api/v1/runs/id0/media")["keys"]:
        if key["kind"] != "image":
            asked(f"/api/v1/runs/id0/media/{key['items'][0]['id']}/content")
    for name in FILES:
        asked(f"/api/v1/runs/id0/preview?name={name}")
    config = {
        "PLOTTING_XY": [["step", "loss"], ["step", "a-b"]],
        "DATA_IGNORE": [{"lr": 0.2}],
        "SHORT_NAME_FROM_CONFIG": {"lr*": "ours"},
    }
    smooth = {"USE_SMOOTH": True, "SMOOTH_WINDOW": 0.5, "SMOOTH_GHOST": True}
    for more in ({}, {"config": config, "language": "zh"}, {"config": smooth}):
        for name in ("counts", "curves", "seeds", "bars", "aggregate", "table"):
            asked(f"/api/v1/{name}", more)
    for by in ("groups", "runs"):
        found = asked("/api/v1/charts", {**({} if by == "groups" else {"score": "loss"}), "by": by})
        keys = [line["key"] for line in found["lines"]]
        asked(
            "/api/v1/charts/panels", {"config": smooth, "by": by, "metrics": ["loss", "step"], "lines": keys}
        )
    asked("/api/v1/share", {"by": "runs", "metrics": ["loss"], "panels": {"loss": {"logy": True}}})
    asked("/api/v1/hyperparameters", {"score": "loss", "title": ""})
    asked("/api/v1/sparklines", {"ids": ids, "metric": "loss"})
    asked("/api/v1/table", {"kind": "md"})
    asked("/api/v1/values", {"parameter": "env", "search": "a"})
    asked("/api/v1/figure", {"kind": "csv", "save": True})
    asked("/api/v1/figure", {"kind": "png", "save": True})
    asked("/api/v1/figures")
    asked("/api/v1/command", {"kind": "table"})
    asked("/api/v1/language", {"language": "zh"})
    asked("/api/v1/zip", {"ids": ["id0", "id1"]})
    undo = asked(
        "/api/v1/annotations", {"changes": [{"ids": ["id0"], "add": ["a"], "note": "b", "hidden": True}]}
    )
    asked("/api/v1/runs/id0")
    asked("/api/v1/annotations", undo["undo"])
    automatic = {
        "AUTO_PLOTTING": True,
        "AUTO_PLOTTING_INTERVAL": 1,
        "AUTO_PLOTTING_TURN_ON_TIME": "2026-01-01",
    }
    asked("/api/v1/configs/none/opened", {})
    asked("/api/v1/configs/a", {"config": {**automatic, "PLOTTING_XY": [["step", "loss"]]}, "revision": ""})
    page.client.application.extensions[BACKGROUND].draw_due()
    asked("/api/v1/drawn?config=a")
    for action in ({"action": "copy", "to": "b"}, {"action": "merge", "other": "b"}, {"action": "delete"}):
        asked("/api/v1/configs", {"name": "a", **action})
    assert asked.seen | FILE_ENDPOINTS == ENDPOINTS.keys()
    promised = {
        field for endpoint in ENDPOINTS.values() if endpoint.answer for field in fields_of(endpoint.answer)
    }
    missing = ", ".join(".".join(field) for field in sorted(promised - asked.met))
    assert missing == "", "no answer has these"


def test_errors_are_what_the_types_promise(page: Any, library: Library, every_kind: Path) -> None:
    library.refresh()
    page.post("/api/v1/configs/a", {"config": {}, "revision": ""})
    answers = [
        page.get("/api/v1/search?q=nosuch = 1"), page.get("/api/v1/runs/nosuch"), page.get("/api/v1/none"),
        page.get("/api/runs"), page.get("/api/v1/compare?id=id0"), page.get("/api/v1/coverage?plan=none"),
        page.get("/api/v1/runs/id0/preview?name=../x"), page.get("/api/v1/runs/id0/series?y=none"),
        page.post("/api/v1/curves", {"where": "nosuch = 1"}),
        page.post("/api/v1/table", {"where": "name = none"}),
        page.post("/api/v1/figure", {"kind": "exe"}), page.post("/api/v1/language", {"language": "xx"}),
        page.client.post("/api/v1/language", json={"language": "zh"}),
    ]  # fmt: skip
    for answer in answers:
        assert list(faults(answer.get_json(), ErrorAnswer, set())) == [], answer.request.path
    conflict = page.post("/api/v1/configs/a", {"config": {}, "revision": "older"})
    assert conflict.status_code == 409
    assert list(faults(conflict.get_json(), ConfigConflict, set())) == []


# The first is compared with the answer's, the second is read where there is something to translate.
COMPARED = {"etag", "language"}
BODIES = {name: endpoint.body for name, endpoint in ENDPOINTS.items() if endpoint.body}
REQUIRED = {
    "POST /api/v1/values": {"parameter": "lr"},
    "POST /api/v1/configs": {"name": "a", "action": "new", "config": {}},
    "POST /api/v1/configs/<name>": {"config": {}, "revision": ""},
    "POST /api/v1/command": {"kind": "table"},
}
# Of the actions on configurations, which one reads a field.
ACTIONS = {"to": "copy", "other": "merge", "keys": "split"}


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name in BODIES for field in get_type_hints(BODIES[name])]
)
def test_every_field_of_a_request_is_read(
    page: Any, library: Library, make_run: Callable[..., Path], name: str, field: str
) -> None:
    """One of a wrong type is an error."""
    make_run("a", "step,loss\n0,1\n10,2\n", lr=0.1)
    library.refresh()
    page.post("/api/v1/configs/a", {"config": {}, "revision": ""})
    content = {**REQUIRED.get(name, {}), field: [["a wrong", {"type": 1}]]}
    if name == "POST /api/v1/configs" and field in ACTIONS:
        content["action"] = ACTIONS[field]
    answer = page.post(name.split(" ")[1].replace("<name>", "a"), content)
    assert field in COMPARED or "error" in answer.get_json(), answer.text
