"""The two settings files: what they may say, and one report of all that is wrong with them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sml_config import CommonConfig, ExperimentConfig, SettingsError, SettingsWarning
from sml_config.project_settings.load import load_section
from sml_config.project_settings.settings import Section
from sml_config.project_settings.yaml_with_lines import read_mapping, to_yaml

VALID: dict[str, Any] = {
    "MAIN_MACHINE_IP": ["10.0.0.1"],
    "MAIN_MACHINE_PORT": [22],
    "MAIN_MACHINE_LOG_PATH": "/data/TESTLog",
}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(path: Path, section: type[Section] = CommonConfig) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_section(path, section)
    prefix = str(path)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


def test_chinese_text_and_every_key_are_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "e.yaml",
        '# 实验\nEXPERIMENT_TARGET: "初始化训练"\nIMPORTANT_CONFIGS: [env_name]\n'
        "SHORT_NAME_SUFFIX: 演示\nEXPERIMENT_COMMON_PARAMETERS: {变量: 值, lr: 1e-4, day: 2024-01-02}\n",
    )
    loaded = load_section(path, ExperimentConfig)
    assert loaded == ExperimentConfig(
        EXPERIMENT_TARGET="初始化训练",
        IMPORTANT_CONFIGS=["env_name"],
        SHORT_NAME_SUFFIX="演示",
        EXPERIMENT_COMMON_PARAMETERS={"变量": "值", "lr": 0.0001, "day": "2024-01-02"},
    )


def test_a_list_or_mapping_with_nothing_behind_its_key_is_empty(tmp_path: Path) -> None:
    path = write(tmp_path / "c.yaml", "BACKUP_IGNORE_TAIL:\nBACKUP_IGNORE_KEY:\nMAIN_MACHINE_IP:\n")
    assert load_section(path, CommonConfig).BACKUP_IGNORE_KEY == []


def test_json_files_are_read_like_yaml_files(tmp_path: Path) -> None:
    content = {**VALID, "MAIN_MACHINE_USER": "用户 \U0001f600"}
    as_json = write(tmp_path / "c.json", json.dumps(content, indent="\t"))
    as_yaml = write(tmp_path / "c.yaml", yaml.safe_dump(content))
    assert load_section(as_json, CommonConfig) == load_section(as_yaml, CommonConfig)


def test_all_faults_of_a_file_are_in_one_report(tmp_path: Path) -> None:
    path = write(
        tmp_path / "c.yaml",
        "LOG_FOLDER_NAM: x\n"
        "main_machine_ip: [a]\n"
        "IMPORTANT_CONFIGS: [a]\n"
        "something_else: 1\n"
        "BACKUP_IGNORE_HEAD: __p\n"
        "MAIN_MACHINE_PORT: ['22']\n"
        "LOG_DIR_BACKING_NAME: 12\n"
        "MAIN_MACHINE_PASSWD: 123456\n"
        "MAIN_MACHINE_USER: ${NOBODY_SET_THIS}\n",
    )
    assert faults_of(path) == [
        ":1: LOG_FOLDER_NAM: unknown key; did you mean LOG_FOLDER_NAME?",
        ":2: main_machine_ip: unknown key; did you mean MAIN_MACHINE_IP?",
        ":3: IMPORTANT_CONFIGS: unknown key in this file; move it to experiment_config.yaml",
        ":4: something_else: unknown key; put own values under EXPERIMENT_COMMON_PARAMETERS in "
        f"experiment_config.yaml; expected one of {', '.join(CommonConfig.keys())}",
        ":5: BACKUP_IGNORE_HEAD: invalid value '__p'; expected a list of texts",
        ":6: MAIN_MACHINE_PORT: invalid value ['22']; expected a list of integers",
        ":7: LOG_DIR_BACKING_NAME: invalid value 12; expected text (numbers, dates and yes/no in quotes)",
        ":8: MAIN_MACHINE_PASSWD: invalid value <redacted>; "
        "expected text or null (numbers, dates and yes/no in quotes)",
        ":9: MAIN_MACHINE_USER: ${NOBODY_SET_THIS} is not set in the environment; "
        "export NOBODY_SET_THIS=… before starting, or write the value in the file",
    ]


def test_a_fault_carries_its_evidence(tmp_path: Path) -> None:
    path = write(tmp_path / "c.yaml", "\nLOG_FOLDER_NAM: x\nLOG_FOLDER_NAME: 3\n")
    with pytest.raises(SettingsError) as caught:
        load_section(path, CommonConfig)
    first, second = caught.value.faults
    assert (first.line, first.key, first.nearest) == (2, "LOG_FOLDER_NAM", "LOG_FOLDER_NAME")
    assert (second.line, second.key) == (3, "LOG_FOLDER_NAME")
    assert second.expected == "text (numbers, dates and yes/no in quotes)"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "A: [1\nB: 2\n",
            ":2: not valid YAML: expected ',' or ']', but got ':'"
            ", while parsing a flow sequence that begins in line 1; close the bracket, or add the comma",
        ),
        (
            "LOG_FOLDER_NAME: a\n\tLOG: b\n",
            ":2: not valid YAML: found character '\\t' that cannot start any token"
            "; write spaces instead of the tab",
        ),
        ("- a\n- b\n", ":1: expected `KEY: value` lines"),
        ("LOG_FOLDER_NAME: a\nLOG_FOLDER_NAME: b\n", ":2: LOG_FOLDER_NAME: given twice, first in line 1"),
        ("WORKSPACE_PATH: &a [*a]\n", ":1: refers to itself"),
        ("[1]: 2\n", ":1: a key must be text"),
        (
            "a: 1\n---\nb: 2\n",
            ":2: not valid YAML: but found another document"
            ", expected a single document in the stream that begins in line 1; remove the line `---`",
        ),
        (
            "SHORT_NAME_SUFFIX: a: b\n",
            ":1: not valid YAML: mapping values are not allowed here"
            "; put text that contains `: ` in quotes, or correct the indentation",
        ),
        (
            'A: "b\nC: 1\n',
            ":3: not valid YAML: found unexpected end of stream"
            ", while scanning a quoted scalar that begins in line 1; close the quote",
        ),
        (
            "A: 1\nB：2\nC: 3\n",
            ":3: not valid YAML: could not find expected ':'"
            ", while scanning a simple key that begins in line 2; write `KEY: value`"
            ", with an ASCII colon and a space",
        ),
        (
            "A: %x\n",
            ":1: not valid YAML: found character '%' that cannot start any token; put the text in quotes",
        ),
        (
            "WORKSPACE_PATH: !!python/object/apply:os.getcwd []\n",
            ":1: not valid YAML: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/object/apply:os.getcwd'; write plain values, without a tag",
        ),
        ("WORKSPACE_PATH: a\x07\n", ":1: not valid YAML: the character '\\x07' is not allowed"),
    ],
)
def test_broken_yaml_is_one_fault_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    assert faults_of(write(tmp_path / "c.yaml", text)) == [fault]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{\n "A": 1,\n "B" 2}', ":3: not valid JSON: Expecting ':' delimiter"),
        ('{\n "A": 1,\n "B": 2,\n "A": 3}', ":4: A: given twice"),
        ("[1]", ":1: expected an object, {…}"),
        ('{\n"A": {"x": 1},\n"LOG_FOLDER_NAM": "x"}', None),
    ],
)
def test_broken_json_is_one_fault_with_its_line(tmp_path: Path, text: str, fault: str | None) -> None:
    faults = faults_of(write(tmp_path / "c.json", text))
    if fault is not None:
        assert faults == [fault]
    else:
        assert faults[1] == ":3: LOG_FOLDER_NAM: unknown key; did you mean LOG_FOLDER_NAME?"


def test_every_python_says_that_a_trailing_comma_is_broken_json(tmp_path: Path) -> None:
    assert "not valid JSON" in faults_of(write(tmp_path / "c.json", '{"A": 1,}'))[0]


def test_an_integer_of_thousands_of_digits_is_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path / "c.yaml", f"WORKSPACE_PATH: {'9' * 5000}\n")
    assert "not valid YAML: Exceeds the limit" in faults_of(path)[0]


@pytest.mark.parametrize(
    "value",
    [
        "!!bool maybe",
        "!!timestamp x",
        "!!timestamp 2020-13-01",
        '!!int ""',
        '!!float ""',
        "!!int 1e5",
        "!!set {[a]}",
    ],
)
def test_a_value_that_does_not_fit_its_tag_is_a_fault_of_its_line(tmp_path: Path, value: str) -> None:
    (fault,) = faults_of(write(tmp_path / "c.yaml", f"A: 1\nWORKSPACE_PATH: {value}\n"))
    assert "c.yaml" in fault or ":2:" in fault or "not valid YAML" in fault


@pytest.mark.parametrize("content", ['x: "a\n' * 2_000_000, "k: [" + "a," * 400_000 + "]", "[" * 190_000])
def test_a_file_too_large_for_settings_is_refused_in_no_time(tmp_path: Path, content: str) -> None:
    path = write(tmp_path / "c.yaml", content)
    started = time.process_time()
    assert faults_of(path)
    assert time.process_time() - started < 5


def test_aliases_that_multiply_are_a_fault(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "nested aliases" in faults_of(write(tmp_path / "c.yaml", "\n".join(rows)))[0]


def test_a_missing_file_and_one_that_is_no_text(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "absent.yaml") == [
        ": no such file; correct the path, or write the settings files with `sml-config init`"
    ]
    binary = tmp_path / "c.yaml"
    binary.write_bytes(b"LOG_FOLDER_NAME: a\nWORKSPACE_PATH: \xff\xfe\n")
    assert faults_of(binary) == [":2: not UTF-8 text; save the file as UTF-8"]
    assert faults_of(tmp_path) == [": cannot be read: Is a directory"]


def test_nothing_follows_from_the_default_of_a_key_that_could_not_be_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "c.yaml",
        "MAIN_MACHINE_IP: [a, b]\nMAIN_MACHINE_PORT: 22\n"
        "MAIN_MACHINE_LOG_PATH: /data/Mine\nLOG_DIR_BACKING_NAME: 3\nLOG_FOLDER_NAME_BK: a/b\n",
    )
    assert [fault.split(": ")[1] for fault in faults_of(path)] == [
        "MAIN_MACHINE_PORT",
        "LOG_DIR_BACKING_NAME",
        "LOG_FOLDER_NAME_BK",
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"MAIN_MACHINE_PORT": [22, 23]},
            "MAIN_MACHINE_PORT: has 2 entries, but MAIN_MACHINE_IP has 1; "
            "expected one port for each address, in the same order",
        ),
        ({"MAIN_MACHINE_PORT": [0]}, "MAIN_MACHINE_PORT: invalid port 0; expected 1 to 65535"),
        (
            {"MAIN_MACHINE_LOG_PATH": "data/TESTLog"},
            "MAIN_MACHINE_LOG_PATH: invalid value 'data/TESTLog'; "
            "expected an absolute path on the main machine, /…",
        ),
        (
            {"MAIN_MACHINE_LOG_PATH": "/data/Other"},
            "MAIN_MACHINE_LOG_PATH: invalid value '/data/Other'; "
            "expected a path that ends in LOG_DIR_BACKING_NAME, …/TESTLog",
        ),
        (
            {"MAIN_MACHINE_HOST_KEY": "yes please"},
            "MAIN_MACHINE_HOST_KEY: invalid value 'yes please'; expected refuse, accept-new or SHA256:…",
        ),
        (
            {"LOG_FOLDER_NAME": "a/b"},
            "LOG_FOLDER_NAME: invalid value 'a/b'; expected the name of a folder, not a path",
        ),
        (
            {"LOG_FOLDER_NAME_BK": "logfile"},
            "LOG_FOLDER_NAME_BK: is the same as LOG_FOLDER_NAME; expected another folder, for earlier runs",
        ),
        (
            {"MAIN_MACHINE_PASSWD": "${NOBODY_SET_THIS}"},
            "MAIN_MACHINE_PASSWD: uses ${NOBODY_SET_THIS}, which is not set in the environment; "
            "expected a value: export the variable before starting, or write null to use SSH keys",
        ),
    ],
)
def test_keys_that_do_not_agree(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    path = write(tmp_path / "c.yaml", yaml.safe_dump({**VALID, **changes}, sort_keys=False))
    assert [text.split(": ", 1)[1] for text in faults_of(path)] == [fault]


def test_a_password_that_is_not_set_is_no_fault_without_a_main_machine(tmp_path: Path) -> None:
    path = write(tmp_path / "c.yaml", "MAIN_MACHINE_PASSWD: ${NOBODY_SET_THIS}\n")
    assert load_section(path, CommonConfig).MAIN_MACHINE_PASSWD is None


def test_the_environment_gives_values_of_every_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PORT", "2222")
    monkeypatch.setenv("LAB_PASS", "geheim-12")
    monkeypatch.setenv("HOME", "/home/somebody")
    path = write(
        tmp_path / "c.yaml",
        "MAIN_MACHINE_IP: [lab]\nMAIN_MACHINE_PORT: ['${LAB_PORT}']\nMAIN_MACHINE_PASSWD: a${LAB_PASS}z\n"
        "WORKSPACE_PATH: ${HOME}/x\nMAIN_MACHINE_USER: $${LAB_PORT}\n",
    )
    loaded = load_section(path, CommonConfig)
    assert loaded.MAIN_MACHINE_PORT == [2222]
    assert loaded.MAIN_MACHINE_PASSWD == "ageheim-12z"
    assert loaded.WORKSPACE_PATH == "/home/somebody/x"
    assert loaded.MAIN_MACHINE_USER == "${LAB_PORT}"
    assert loaded.from_environment == {"2222", "geheim-12"}


def test_a_fault_does_not_show_what_the_environment_put_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_PASS", "geheim-12")
    path = write(
        tmp_path / "c.yaml", "BACKUP_IGNORE_HEAD: ${LAB_PASS}\nMAIN_MACHINE_LOG_PATH: x/${LAB_PASS}\n"
    )
    faults = faults_of(path)
    assert "BACKUP_IGNORE_HEAD: invalid value '<redacted>'" in faults[0]
    assert "MAIN_MACHINE_LOG_PATH: invalid value 'x/<redacted>'" in faults[1]


TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | TEXT.filter(lambda text: "${" not in text),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT.filter(lambda key: key != "<<"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    values=st.dictionaries(TEXT.filter(lambda key: key != "<<"), PLAIN, max_size=4),
    target=TEXT.filter(lambda text: "${" not in text),
)
def test_what_is_written_as_yaml_or_json_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, Any], target: str
) -> None:
    folder = tmp_path_factory.mktemp("files")
    content = {"EXPERIMENT_COMMON_PARAMETERS": values, "EXPERIMENT_TARGET": target}
    for path in (
        write(folder / "e.json", json.dumps(content)),
        write(folder / "e.yaml", to_yaml(content)),
    ):
        loaded = load_section(path, ExperimentConfig)
        assert loaded.values()["EXPERIMENT_COMMON_PARAMETERS"] == values
        assert target == loaded.EXPERIMENT_TARGET


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("012", 12), ("08", 8), ("-010", -10), ("0o14", 12), ("0x1F", 31), ("0b101", 5), ("1_000", 1000),
        ("1:30", "1:30"), ("12:30:45", "12:30:45"), ("190:20:30.15", "190:20:30.15"),
        ("1e-4", 1e-4), ("1.5e3", 1500.0), (".5", 0.5), ("2.", 2.0), ("-.inf", float("-inf")),
        ("1.2.3", "1.2.3"),
        ("'012'", "012"), ("2026-11-29", "2026-11-29"), ("true", True), ("False", False), ("null", None),
        ("'NO'", "NO"), ("NOR", "NOR"), ("y", "y"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_yaml_1_2_has_them_and_text_stays_text(
    tmp_path: Path, written: str, value: object, recwarn: pytest.WarningsRecorder
) -> None:
    file = tmp_path / "experiment_config.yaml"
    file.write_text(f"EXPERIMENT_COMMON_PARAMETERS:\n  a: {written}\n  list: [{written}]\n")
    read = load_section(file, ExperimentConfig).EXPERIMENT_COMMON_PARAMETERS
    assert read == {"a": value, "list": [value]}
    assert type(read["a"]) is type(value)
    assert not recwarn.list
    assert read_mapping(write(file, to_yaml({"a": value})))["a"].value == value
    assert yaml.safe_load(to_yaml({"a": value})) == {"a": value} or written == "2026-11-29"


def test_words_that_yaml_versions_take_differently_are_one_warning_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "experiment_config.yaml"
    file.write_text("EXPERIMENT_COMMON_PARAMETERS:\n  country: NO\n  light: 'off'\n  lights: [on, off]\n")
    with pytest.warns(SettingsWarning) as caught:
        read = load_section(file, ExperimentConfig).EXPERIMENT_COMMON_PARAMETERS
    assert read == {"country": False, "light": "off", "lights": [True, False]}
    assert [str(warning.message) for warning in caught] == [
        f"{file}:2: NO is false in YAML 1.1 and text in YAML 1.2; write false, or 'NO' in quotes for the "
        "text; it is read as a boolean (so are words in line 4)"
    ]


def test_a_setting_that_is_true_or_false_takes_the_words_as_they_are(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    file = tmp_path / "common_config.yaml"
    file.write_text("BACKUP_GIT_IGNORED: yes\n")
    assert load_section(file, CommonConfig).BACKUP_GIT_IGNORED is True
    assert not recwarn.list


def test_a_variable_with_a_leading_zero_is_no_octal_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT_OF_A_TEST", "0022")
    file = tmp_path / "common_config.yaml"
    file.write_text("MAIN_MACHINE_IP: [lab]\nMAIN_MACHINE_PORT: ['${PORT_OF_A_TEST}']\n")
    assert load_section(file, CommonConfig).MAIN_MACHINE_PORT == [22]
