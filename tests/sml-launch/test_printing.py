"""Printed commands can be checked, and typed: folder, environment, GPU, set-up, chain; secrets hidden."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from sml_launch.shell_words import shell_word

SECRET = "s3cr3t-value-9"


def typed(line: str, **environment: str) -> None:
    subprocess.run(["bash", "-c", line], cwd="/", env={"PATH": "/usr/bin:/bin", **environment}, check=True)


@pytest.mark.parametrize(
    "names",
    [
        {},
        {"setup": ["export SETUP=it", "true"]},
        {"setup": ["export SETUP=it # for the record"]},
        {"setup": ["if true; then\n  export SETUP=it\nfi"]},
    ],
)
def test_a_printed_command_typed_elsewhere_does_what_the_worker_does(project, names: dict) -> None:
    project.sweep(
        exclusive_candidates={"text": ["a b", "$HOME", "it's"]},
        environment_dict={"MODE": 'a "b" $SOME/`x` $(y) \''},
        GPUS=[0, 1],
        MAX_PARALLEL=2,
        rnd_seed=None,
        **names,
    )
    lines = project.launch("--dry-run", SOME="/some").stdout
    typed(lines if "\n  export" in lines else "\n".join(lines.splitlines()), SOME="/some")
    by_hand = project.calls()
    (project.folder / "calls.jsonl").unlink()
    assert project.launch("--backend", "local", SOME="/some").returncode == 0
    launched = project.calls()
    for calls in (by_hand, launched):
        calls.sort(key=lambda call: call["argv"])
    for name in ("argv", "cwd"):
        assert [call[name] for call in by_hand] == [call[name] for call in launched]
    for name in ("MODE", "SETUP"):
        assert [call["environment"][name] for call in by_hand] == [
            call["environment"][name] for call in launched
        ]
    assert {call["gpu"] for call in by_hand} == {"0", "1"}


def test_what_a_pane_runs_one_after_the_other_is_told_with_its_gpu(project) -> None:
    project.sweep(exclusive_candidates={"seed": list(range(5))}, GPUS=[3, 5], MAX_PARALLEL=2, rnd_seed=None)
    done = project.launch()
    notes = [line for line in done.stderr.splitlines() if line.startswith("#")]
    assert notes == [
        "# pane 0, GPU 3: 3 commands, one after the other",
        "# pane 1, GPU 5: 2 commands, one after the other",
    ]
    gpus = [line.partition("CUDA_VISIBLE_DEVICES=")[2][0] for line in done.stdout.splitlines()]
    assert gpus == ["3", "3", "3", "5", "5"]
    assert [line.rpartition(" ")[2] for line in done.stdout.splitlines()] == ["0", "2", "4", "1", "3"]
    run_all = json.loads((project.folder / "run_all.json").read_text())
    assert sorted(task["command"] for task in run_all["tasks"]) == sorted(done.stdout.splitlines())


@pytest.mark.slow
def test_secrets_are_hidden_in_printed_lines_and_files_for_tmux(project) -> None:
    project.sweep(
        exclusive_candidates={"api_key": [SECRET, SECRET + "2"], "seed": [1]},
        environment_dict={"TOKEN": SECRET, "WANDB_API_KEY": "$MY_KEY", "URL": f"http://u:{SECRET}@h"},
    )
    for words in (("--dry-run",), (), ("--backend", "local")):
        done = project.launch(*words, MY_KEY=SECRET)
        assert SECRET not in done.stdout + done.stderr
        assert 'WANDB_API_KEY="$MY_KEY"' in done.stdout + done.stderr
        assert "TOKEN='<redacted>'" in done.stdout + done.stderr
    assert SECRET not in (project.folder / "run_all.json").read_text()
    (project.folder / "none").mkdir()
    for words in (("status", "--all"), ("missing", "-d", "none")):
        shown = project.launch(*words).stdout
        assert "api_key" in shown
        assert SECRET not in shown


def test_a_start_tells_its_first_command(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2]}, environment_dict={"MODE": "m"}, rnd_seed=None)
    lines = project.launch("--backend", "local").stdout.splitlines()
    assert lines[1].startswith("the first command: cd ")
    assert lines[1].endswith(f" && MODE=m {sys.executable} main.py --seed 1")


@pytest.mark.parametrize("text", ["a\nb", "it's\x1b[2J", "a b", "\\n'\t", "caf\u00e9 \udcff", "$x"])
def test_a_word_is_one_line_that_a_shell_reads_back(text: str) -> None:
    word = shell_word(text)
    assert word.isprintable() or "\udcff" in word
    read = subprocess.run(["bash", "-c", f"printf %s {word}"], check=True, capture_output=True).stdout
    assert os.fsdecode(read) == text
