"""What the engine says, in the languages of the page."""

from __future__ import annotations

import ast
import copy
import json
import re
import string
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlencode

import pytest

import sml_viewer
from sml_viewer.columns import axes
from sml_viewer.i18n import Message, Notes, joined, message_from_json, message_to_json, translated
from sml_viewer.model import issues
from sml_viewer.readers.registry import registry
from sml_viewer.web.http.array_codec import unpack

CATALOGUE: dict[str, str] = json.loads((files(sml_viewer) / "locales" / "zh.json").read_text("utf-8"))


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("template", CATALOGUE)
def test_a_translation_fills_in_nothing_that_the_english_does_not(template: str) -> None:
    assert fields(CATALOGUE[template]) <= fields(template)


# Words of the command line, which is English, and templates of names and numbers alone.
_WITHOUT_WORDS = re.compile(r"\{[^}]*\}|[^a-zA-Z]")


def english_templates() -> set[str]:
    """The literal templates of `Message` and `phrase` in the package, but for its command line."""
    package = Path(sml_viewer.__file__).parent
    return {
        template
        for path in package.rglob("*.py")
        if path.parent.name != "cli"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in ("Message", "phrase") and node.args and isinstance(node.args[0], ast.Constant)
        if isinstance(template := node.args[0].value, str) and _WITHOUT_WORDS.sub("", template)
    }


def test_every_template_has_a_translation() -> None:
    words = {*issues._WORDS.values(), *issues._COLUMN_WORDS.values(), *axes._LABELS.values()}
    readers = (*registry().readers, *registry().of_many_runs)
    titles = {title for reader in readers if (title := getattr(reader, "title", ""))}
    assert sorted((english_templates() | words | titles - {""}) - CATALOGUE.keys()) == []


def filled(template: str, n: int) -> str:
    """A template with `n` things, and any other values."""
    specified = {name: bool(spec) for _, name, spec, _ in string.Formatter().parse(template) if name}
    return Message(template, **{name: 3.0 if spec else "x" for name, spec in specified.items()} | {"n": n})


@pytest.mark.parametrize("template", sorted(english_templates()))
def test_no_template_leaves_its_forms_open_or_the_verb_of_many_to_one(template: str) -> None:
    for n in (1, 2, 42):
        assert not re.search(r"\(s\)|\([\w ]+\|[\w ]+\)|\d(?:st|nd|rd|th)\b", filled(template, n))
    if re.search(r"\{n\} \w+\(s\)", template):
        assert not re.search(r"\b1 \w+ .*\b(?:has|is) .*\band (?:are|have)\b", filled(template, 1))


def test_what_counts_has_separators_of_thousands_in_both_languages() -> None:
    message = Message("{n} more note(s).", n=12345)
    assert message == "12,345 more notes."
    assert translated(message_from_json(message_to_json(message)), "zh") == "另有 12,345 条说明。"


# Texts whose number is never one.
_ALWAYS_MANY = (
    "share.more", "charts.toomany", "compare.toomany", "compare.title", "charts.apart", "media.all",
    "hyper.selected",
)  # fmt: skip


@pytest.mark.parametrize("file", ["", ".plots", ".charts", ".hyper", ".run", ".share"])
def test_a_text_of_the_page_with_a_number_of_things_has_two_forms(file: str) -> None:
    texts = json.loads((files(sml_viewer) / "web/static/locales" / f"en{file}.json").read_text("utf-8"))
    one_form = [
        key
        for key, text in texts.items()
        if "|" not in text and key not in _ALWAYS_MANY
        if re.search(r"(?<!first )\{n\}(?: of \{\w+\})? (?:\w+s\b|match\b|differ\b|have\b|are\b)", text)
    ]
    assert one_form == []


def test_a_message_is_the_same_after_json() -> None:
    inner = joined([Message("{n} line(s) cut short left out", n=2), "{a}"], ": ")
    message = Message("{who}: {what}", who="r", what=inner)
    again = message_from_json(json.loads(json.dumps(message_to_json(message))))
    assert again == message == "r: 2 lines cut short left out: {a}"
    assert translated(again, "zh") == translated(message, "zh") == "r：2 行被截断，略去: {a}"
    assert message_from_json(message_to_json("plain {x}")) == "plain {x}"


def test_the_notes_of_runs_are_in_the_pages_language(page, make_run, library, logs: Path) -> None:
    rows = "step,loss\n0,1\n1,oops\n2\n3,4,5\n4,5"
    make_run("a", rows, seed=1)
    (logs / "a" / "config" / "status.json").write_text("{")
    (logs / "a" / "config" / "run_config.json").write_bytes(b"\xff")
    other = make_run("b", "step,loss\n0,1\n")
    (other / "args.yml").write_text("lr: 1\n")
    (other / "config.yml").write_text("lr: 2\n")
    (other / "params.json").write_text("[]")
    closed = make_run("c", "", seed=3)
    (closed / "progress.csv").unlink()
    (closed / "progress.csv").mkdir()
    third = logs / "d"
    third.mkdir()
    (third / "trainer_state.json").write_text('{"log_history": [{"loss": 1, "step": 1}], "global_step": 1}')
    library.refresh()
    notes = {}
    for run in library.runs():
        notes[run.name] = [
            page.get(f"/api/v1/runs/{run.id}?lang={language}").get_json()["notes"]
            for language in ("en", "zh")
        ]
    assert sum(len(english) for english, _ in notes.values()) >= 8
    for english, chinese in notes.values():
        assert len(english) == len(chinese)
        for before, after in zip(english, chinese, strict=True):
            assert not re.search("[\u4e00-\u9fff]", before)
            assert re.search("[\u4e00-\u9fff]", after), after
            assert not re.search(r"([a-z]+ ){2}[a-z]+", after), after


@pytest.mark.parametrize(
    ("axis", "label"), [("(row)", "行号"), ("(hours)", "运行小时数"), ("(time)", "时钟时间")]
)
def test_derived_axes_are_named_in_the_language_of_the_caption(
    page, make_run, library, axis: str, label: str
) -> None:
    rows = "timestep,timestamp,episode_return\n" + "".join(f"{n},{1.7e9 + n},{n}\n" for n in range(9))
    for seed in (1, 2):
        make_run(f"r{seed}", rows, seed=seed)
    library.refresh()
    body = {"config": {"PLOTTING_XY": [[axis, "episode_return"]]}, "language": "zh"}
    answer = page.post("/api/v1/curves", body)
    assert f"随 {label} 的变化" in unpack(answer.data)[0]["caption"]


def test_a_phrase_is_its_english_text_and_says_itself_in_another_language() -> None:
    inner = Message("{n} commits", n=2)
    phrase = joined([Message("{names} pools {what}.", names="lr=0.1", what=inner), "Ant: CURVE_ERROR sd."])
    assert phrase == "lr=0.1 pools 2 commits. Ant: CURVE_ERROR sd."
    assert translated(phrase, "en") == phrase
    assert translated(phrase, "zh") == "lr=0.1 混合了 2 个代码提交。Ant: CURVE_ERROR sd."


def test_what_has_no_translation_and_names_with_braces_stay_as_they_are() -> None:
    assert translated("plain", "zh") == "plain"
    assert translated(Message("nothing like it {n}", n=1), "zh") == "nothing like it 1"
    assert translated(Message("no run has the parameter {name}", name="{n}"), "zh") == "没有实验含参数 {n}"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copied_phrase_says_the_same_also_of_names_with_braces(copied) -> None:
    phrase = joined([Message("no run has the parameter {name}", name="{0}"), 'layers [{"units":64}]'])
    assert copied(phrase) == phrase
    assert translated(copied(phrase), "zh") == translated(phrase, "zh")


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize("what", ["bars", "table", "aggregate", "curves", "figure"])
def test_captions_are_said_in_the_language_that_is_asked_for(page, what: str) -> None:
    def captions(language: str) -> list[str]:
        answer = page.post(f"/api/v1/{what}", {"config": {"TABLE_ERROR": "sd"}, "language": language})
        found = answer.get_json() if answer.is_json else unpack(answer.data)[0]
        parts = found.get("tables") or found.get("aggregates") or [found]
        return [one["caption"] for one in parts]

    for english, chinese in zip(captions("en"), captions("zh"), strict=True):
        assert "种子" not in english
        assert "种子" in chinese
        assert "runs" not in chinese
        assert " over " not in chinese


@pytest.mark.usefixtures("grid")
def test_faults_are_said_in_the_language_that_is_asked_for(page) -> None:
    config = {"DATA_IGNORE": [{"seed": "*"}], "DATA_IGNORE_PROPERTY": [{"seed": {"manual": True}}]}
    answer = page.post("/api/v1/curves", {"config": config, "language": "zh"})
    assert "配置中的规则" in answer.get_json()["error"]["message"]


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(
    "query",
    ["seed <", "seed < a", "(seed = 1", "seed = 1)", "name ~ [", "seeed = 1", "nothing = 1", "seed = 1 and",
     "seed = 1 and )", 'name = "a', "modified < never", "modified = 2h", "(" * 99, "= 1",
     "seed = 1 && seed = 2", "seed = 1 Or seed = 2", "seed in [1]"],
)  # fmt: skip
def test_what_is_wrong_with_a_query_is_said_in_the_pages_language(page, library, query: str) -> None:
    library.refresh()
    address = "/api/v1/search?" + urlencode({"q": query, "lang": "zh"})
    found = page.get(address).get_json()["error"]
    assert re.search("[\u4e00-\u9fff]", found["message"])
    assert (
        found
        == page.post("/api/v1/curves", {"config": {}, "where": query, "language": "zh"}).get_json()["error"]
    )
    assert page.get(f"{address}&typing=1").get_json()["error"] == found
    english = page.get(address.replace("zh", "en")).get_json()["error"]
    assert english["message"].isascii()
    assert english["where"] == found["where"]


@pytest.mark.parametrize(
    "address",
    ["/api/v1/runs/none", "/api/v1/compare?id=none&id=other", "/api/v1/compare?id=none", "/api/v1/zip/none",
     "/api/v1/folders?path=/nonexistent", "/api/v1/runs?data=/nonexistent"],
)  # fmt: skip
def test_what_is_not_there_is_said_in_the_pages_language(page, address: str) -> None:
    between = "&" if "?" in address else "?"
    found = page.get(f"{address}{between}lang=zh").get_json()["error"]["message"]
    assert re.search("[\u4e00-\u9fff]", found)
    assert page.get(address).get_json()["error"]["message"].isascii()


def test_code_and_addresses_that_are_missing_are_told_in_the_pages_language(page, make_run, library) -> None:
    for name in ("a", "b"):
        make_run(name, "step,reward\n0,1\n", seed=name)
    library.refresh()
    ids = "&".join(f"id={run.id}" for run in library.runs())
    (other,) = page.get(f"/api/v1/compare/code?{ids}&lang=zh").get_json()["others"]
    assert "没有代码存档" in other["missing"]
    assert "这个地址没有页面" in page.get("/nowhere?lang=zh").text


def test_what_a_group_pools_is_counted_also_where_values_hold_braces(page, make_run, library) -> None:
    for name, units in (("a", 64), ("b", 128)):
        make_run(name, "step,reward\n0,1\n", alg="ppo", layers=[{"units": units}])
    library.refresh()
    answer = page.post("/api/v1/counts", {"config": {"DATA_MERGER": ["alg"]}, "language": "zh"})
    (algorithm,) = answer.get_json()["algorithms"]
    assert '[{"units": 128}] ×1' in dict(algorithm["pools"])[""]


def test_the_same_said_of_several_is_one_sentence_with_the_span_of_its_numbers() -> None:
    notes = Notes()
    for who, n, y in (("a", 3, "ret"), ("b", 1, "ret"), ("c", 2, "ret"), ("a", 7, "loss")):
        notes.add(who, Message("{n} row(s) with {y} (has|have) no x; left out", n=n, y=y))
    notes.add("a", "odd")
    assert notes.sentences == [
        "a, b and c: 1 to 3 rows with ret have no x; left out",
        "a: 7 rows with loss have no x; left out",
        "a: odd",
    ]
    assert translated(notes.sentences[0], "zh") == "a, b 和 c：1–3 行有 ret 而没有横坐标；略去"
