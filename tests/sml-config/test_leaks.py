"""A planted secret is in nothing that is written, said, shown or raised."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sml_config
from sml_config import CommonConfig, ExperimentConfig, ParameterTemplate, Redactor, Settings
from sml_config.project_settings.secrets import redacted_settings
from sml_config.redaction import REDACTED, is_searchable

PASSWORD = 'Gänse\'füßchen "42" 密'
TOKEN = "hf_plantedTOKEN0123"
NESTED = "sk-nested-7c1e"
PIECES = ["füßchen", "f\\u00fc", "f\\xfc", "plantedTOKEN", "nested-7c1e", "%C3%BC", "f\\xFC"]

SCRIPT = """
import subprocess, sys
import sml_config
from sml_config import ParameterTemplate, param

sml_config.init_config("common_config/common_config.yaml", "common_config/experiment_config.yaml", ".")


class Parameter(ParameterTemplate):
    env_name: str = "x"
    note: str = ""
    information: str = "None"


parameter = Parameter()
print(parameter, repr(parameter), sml_config.settings(), parameter.short_name)
parameter.set_config_path("logfile/run/config")
parameter.save_config()
again = Parameter(config_path="logfile/run/config")
sml_config.register_customized_value("more", {"api_key": "sk-nested-7c1e", "list": ["hf_plantedTOKEN0123"]})
sml_config.save_all("configs")
subprocess.run([sys.executable, "-c", "import sml_config; print(sml_config.settings())"], check=True)
try:
    Parameter(config_data={"note": ["hf_plantedTOKEN0123"]})
except sml_config.ParameterError as error:
    print(error)
"""


def holds_secret(text: str) -> list[str]:
    return [piece for piece in PIECES if piece in text]


def test_a_planted_secret_is_found_nowhere(
    project: Path,
    run_script: Callable[..., subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    common = project / "common_config" / "common_config.yaml"
    experiment = project / "common_config" / "experiment_config.yaml"
    experiment.write_text(
        "EXPERIMENT_TARGET: target ${PLANTED_TOKEN}\nIMPORTANT_CONFIGS: [env_name]\nSHORT_NAME_SUFFIX: s\n"
        "EXPERIMENT_COMMON_PARAMETERS:\n  url: https://u:${PLANTED_TOKEN}@h\n"
        f"  deep:\n  - client:\n      secret: {NESTED}\n",
        encoding="utf-8",
    )
    settings_before = {common.read_bytes(), experiment.read_bytes()}
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=project, check=True)
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, "commit", "-q", "-m", "x"], cwd=project, check=True)
    loader = project / "common_config" / "load_config.py"
    loader.write_text(
        f"{loader.read_text(encoding='utf-8')}\nPW = {PASSWORD!r}\nKEY = {NESTED!r}\n", encoding="utf-8"
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {"PLANTED_TOKEN": TOKEN, "SML_PASSWD": PASSWORD, "TMPDIR": str(scratch)}
    words = ["--note", f"with {PASSWORD} and {NESTED}", "--env_name", TOKEN, "--information", NESTED]
    done = run_script(SCRIPT, *words, cwd=project, **environment)
    assert done.returncode == 0, done.stderr
    assert holds_secret(done.stdout + done.stderr) == []

    written = [
        path
        for folder in (project / "logfile", project / "configs", scratch)
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert {"parameter.json", "run_config.json", "full_description.txt", "uncommitted.patch"} <= {
        path.name for path in written
    }
    for path in written:
        assert holds_secret(str(path) + path.read_text(encoding="utf-8")) == [], path
    assert "<redacted>" in (project / "logfile" / "run" / "config" / "uncommitted.patch").read_text(
        encoding="utf-8"
    )
    assert settings_before == {common.read_bytes(), experiment.read_bytes()}


def test_an_archive_made_with_the_redactor_holds_no_secret(tmp_path: Path) -> None:
    experiment = ExperimentConfig(EXPERIMENT_COMMON_PARAMETERS={"token": TOKEN})
    in_force = Settings(CommonConfig(MAIN_MACHINE_PASSWD=PASSWORD), experiment, tmp_path)
    redactor = Redactor(sml_config.secret_values(in_force))
    source = tmp_path / "code.py"
    source.write_bytes(f"pw = {PASSWORD!r}\nkey = '{TOKEN}'\n".encode() + b"\x00\xff" + TOKEN.encode())
    data, places = redactor.data(source.read_bytes())
    source.write_bytes(data)
    with tarfile.open(tmp_path / "coders.tar", "w") as archive:
        archive.add(source, "code.py")
    assert places == 3
    assert TOKEN.encode() not in (tmp_path / "coders.tar").read_bytes()
    assert "füßchen".encode() not in (tmp_path / "coders.tar").read_bytes()


def test_parameters_are_otherwise_untouched(tmp_path: Path) -> None:
    sml_config.set_common_config(MAIN_MACHINE_PASSWD="geheim-12")
    values = {"tokenizer": "bpe", "pad_token": "<pad>", "n": 12, "note": "x geheim-12"}
    parameter = ParameterTemplate(config_data=values)
    parameter.set_config_path(tmp_path / "config")
    parameter.save_config()
    loaded = ParameterTemplate(config_path=tmp_path / "config", silence=True)
    assert loaded.make_dict() == {**values, "note": "x <redacted>"}


def test_a_mistake_in_a_file_shows_no_secret(
    tmp_path: Path, command_line: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    class Parameter(ParameterTemplate):
        seed: int = 1

    sml_config.set_common_config(MAIN_MACHINE_PASSWD="geheim-12")
    (tmp_path / "run.yaml").write_text("seed: geheim-12\n", encoding="utf-8")
    command_line("--config", str(tmp_path / "run.yaml"))
    with pytest.raises(SystemExit):
        Parameter()
    assert "seed: invalid value '<redacted>'; expected an integer" in capsys.readouterr().err


def test_a_secret_that_was_not_saved_is_said_on_loading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "parameter.json").write_text('{"note": "<redacted>"}', encoding="utf-8")
    ParameterTemplate(config_path=tmp_path)
    assert "contains a redacted secret: note" in capsys.readouterr().out


SECRET = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=8, max_size=20
)
TREE = st.recursive(
    st.text(max_size=5) | st.integers() | st.just("SECRET"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "token", "x y", "SECRET"]), inner, max_size=3)
    ),
    max_leaves=8,
)


# A secret that is also the name of a key, or a placeholder, cannot be told from it.
OPEN = repr(
    Settings(CommonConfig(), ExperimentConfig(EXPERIMENT_COMMON_PARAMETERS={"values": REDACTED}), Path("/b"))
)


@settings(max_examples=60)
@given(SECRET.filter(lambda text: is_searchable(text) and not text.isdigit() and text not in OPEN), TREE)
def test_no_secret_survives_anywhere_in_settings(secret: str, tree: object) -> None:
    def planted(value: object) -> object:
        if isinstance(value, dict):
            return {str(key).replace("SECRET", f"k{secret}"): planted(item) for key, item in value.items()}
        if isinstance(value, list):
            return [planted(item) for item in value]
        return f"before{secret}after" if value == "SECRET" else value

    experiment = ExperimentConfig(EXPERIMENT_COMMON_PARAMETERS={"values": planted(tree), "note": secret})
    in_force = Settings(CommonConfig(MAIN_MACHINE_PASSWD=secret), experiment, Path("/b"))
    assert secret not in str(redacted_settings(in_force)["EXPERIMENT_COMMON_PARAMETERS"])
    assert secret not in repr(in_force)
