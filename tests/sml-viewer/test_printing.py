"""What commands print of runs that somebody else named: no text steers the terminal or forges a line."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from sml_viewer.cli.main import main
from sml_viewer.printing import shown, shown_json

HOSTILE = {
    "title and screen": "\x1b]0;pwn\x07\x1b[2J",
    "eight bits": "\x9b31m",
    "direction": "\u202eevil\u2066",
    "line": "line\nforged",
    "return": "line\rforged",
    "paragraph": "a\u2029forged",
}


def steers(text: str) -> list[str]:
    letters = {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp")}
    forged = [line for line in text.splitlines() if line.startswith("forged")]
    return [*sorted(letters - {"\n"}), *forged]


@pytest.fixture(params=HOSTILE)
def hostile(request: pytest.FixtureRequest, logs: Path) -> Path:
    """Two runs that have a text wherever one may stand."""
    text = HOSTILE[request.param]
    for seed in (1, 2):
        run = logs / f"run{text}{seed}"
        (run / "config").mkdir(parents=True)
        rows = "".join(f"{step},{step * seed}\n" for step in range(5))
        (run / "progress.csv").write_text(f'step,"re{text}turn"\n{rows}', newline="")
        (run / "broken.monitor.csv").write_bytes(b"\0\0")
        (run / "config.yaml").write_text("x: [")
        for name, content in {
            "parameter": {f"lr{text}": f"v{text}{seed}", f"env{text}": text, "seed": seed},
            "status": {"state": f"failed{text}", "error": text, "host": text},
            "run_config": {"run_id": f"id{text}{seed}", "host": text, "commit_id": text},
        }.items():
            (run / "config" / f"{name}.json").write_text(json.dumps(content))
        (logs / f"link{text}{seed}").symlink_to("/etc")
    return logs


@pytest.mark.parametrize(
    "words",
    [
        ["list"], ["list", "--notes"], ["list", "--json"], ["table"], ["plot", "-y", "nosuch"],
        ["list", "--where", "status = x"], ["plot", "-x", "nosuch"], ["diff"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_command_prints_what_steers_a_terminal(
    hostile: Path, workspace: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(path) for path in sorted(hostile.iterdir()) if path.name.startswith("run")]
    more = names if words == ["diff"] else []
    main([*words, *more, "-d", str(hostile), "-wks", str(workspace)])
    printed = capsys.readouterr()
    assert printed.out + printed.err
    assert steers(printed.out) == []
    assert steers(printed.err) == []


@pytest.mark.parametrize("text", HOSTILE.values())
def test_json_for_a_terminal_holds_the_same(text: str) -> None:
    value = {"a": [text, 1.5, "\U000e0041 é 中"]}
    assert json.loads(shown_json(value)) == value
    assert steers(shown_json(value)) == []
    assert "中" in shown_json(value)
    assert steers(shown(text)) == []
