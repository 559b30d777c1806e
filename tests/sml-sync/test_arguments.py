"""What callers give: each kind of value that a user would naturally give is taken, any other is named."""

# mypy: disable-error-code="arg-type,list-item"

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

import sml_sync
from sml_config import CommonConfig, ExperimentConfig, Settings
from sml_sync import ArgumentError, Session, SmlSyncError, Target, Watch, pull, push_run, sync, watch_run
from sml_sync.arguments import patterns, port, remote_path, seconds, size
from sml_sync.session import request_of, request_of_settings
from sml_sync.transfer.local_files import Selection

from .conftest import Server, make_run, tree

needs_sshd = pytest.mark.needs("sshd", "ssh-keygen")
NOWHERE = Target("127.0.0.1", 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("*.pt", ("*.pt",)),
        (Path("a/*.pt"), ("a/*.pt",)),
        (None, ()),
        ((), ()),
        (["*.pt", Path("log.txt")], ("*.pt", "log.txt")),
        ((one for one in ["a", "b"]), ("a", "b")),
        (np.array(["a", "b"]), ("a", "b")),
    ],
)
def test_one_text_is_one_pattern(value: Any, expected: tuple[str, ...]) -> None:
    assert patterns("exclude", value) == expected
    assert Selection(exclude=expected).exclude == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (5, 5),
        (np.int64(5), 5),
        ("500K", 500 << 10),
        ("20M", 20 << 20),
        ("2G", 2 << 30),
        ("7", 7),
    ],
)
def test_a_size_is_a_number_or_what_the_command_takes(value: Any, expected: int | None) -> None:
    assert size("max_size", value) == expected
    assert Selection(max_size=value).max_size == expected


@pytest.mark.parametrize("value", [22, np.int64(22), np.uint16(22), "22"])
def test_a_port_may_be_a_text_or_of_numpy(value: Any) -> None:
    assert port("port", value) == 22
    assert Target("h", value) == Target("h", 22)
    assert str(Target("h", value)) == "h:22"


@pytest.mark.parametrize("value", [90, np.float32(90), np.int64(90), "90", "1.5m", timedelta(seconds=90)])
def test_a_duration_is_a_number_a_text_or_a_timedelta(value: Any) -> None:
    assert seconds("every", value) == 90.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("~", "."),
        ("~/a", "a"),
        ("/a/../b/", "/b"),
        (Path("/a"), "/a"),
        (PurePosixPath("~/a"), "a"),
        (".", "."),
    ],
)
def test_a_far_path_may_be_a_path_and_begin_with_a_tilde(value: Any, expected: str) -> None:
    assert remote_path("remote_path", value) == expected


def test_files_of_a_target_may_be_texts_and_begin_with_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for known in ("~/kh", Path("~/kh"), tmp_path / "kh", str(tmp_path / "kh")):
        target = Target("h", known_hosts=known, ssh_config=known, key_filename=known)
        assert target.known_hosts == target.ssh_config == tmp_path / "kh"
        assert target.key_filename == str(tmp_path / "kh")


@pytest.mark.parametrize("value", [NOWHERE, [NOWHERE], (NOWHERE,), "127.0.0.1:1", ["127.0.0.1:1"]])
def test_targets_are_one_or_several_or_their_text(tmp_path: Path, value: Any) -> None:
    run = make_run(tmp_path / "run")
    for report in (sync(run, value, "far"), pull(value, "far", tmp_path / "here")):
        assert [target.target for target in report.targets] == ["127.0.0.1:1"]
        assert not report.ok
    with Session(value) as session:
        assert not session.sync(request_of(str(run), Path("far"), Selection())).ok


def settings(tmp_path: Path, **common: Any) -> Settings:
    values = {"MAIN_MACHINE_IP": ["127.0.0.1"], "MAIN_MACHINE_PORT": [1], "MAIN_MACHINE_LOG_PATH": "~/far"}
    return Settings(CommonConfig(**{**values, **common}), ExperimentConfig(), tmp_path)


def test_a_run_folder_may_be_a_text(tmp_path: Path) -> None:
    make_run(tmp_path / "run")
    report = push_run(str(tmp_path / "run"), settings(tmp_path))
    assert (report.ok, report.remote_path) == (False, "far/run")
    assert request_of_settings(str(tmp_path / "run"), settings(tmp_path)).local == tmp_path / "run"


TRAPS: list[tuple[str, Callable[[Path, Path], object], str]] = [
    ("exclude number", lambda run, _: sync(run, NOWHERE, "far", exclude=5), "invalid exclude 5"),
    ("exclude bytes", lambda run, _: sync(run, NOWHERE, "far", exclude=b"*.pt"), "invalid exclude b'"),
    ("include mixed", lambda run, _: sync(run, NOWHERE, "far", include=["a", 1]), "invalid include ['a', 1]"),
    ("include mapping", lambda _, to: pull(NOWHERE, "far", to, include={"a": 1}), "invalid include {'a': 1}"),
    ("max_size", lambda run, _: sync(run, NOWHERE, "far", max_size="20 MiB"), "invalid max_size '20 MiB'"),
    ("max_size true", lambda _, to: pull(NOWHERE, "far", to, max_size=True), "invalid max_size True"),
    ("max_size less", lambda _, to: pull(NOWHERE, "far", to, max_size=-1), "invalid max_size -1"),
    ("light", lambda _, to: pull(NOWHERE, "far", to, light="no"), "invalid light 'no'"),
    ("verify", lambda _, to: pull(NOWHERE, "far", to, verify="no"), "invalid verify 'no'"),
    ("replace", lambda run, _: sync(run, NOWHERE, "far", replace="no"), "invalid replace 'no'"),
    ("remote None", lambda run, _: sync(run, NOWHERE, None), "invalid remote_path None"),
    ("remote empty", lambda _, to: pull(NOWHERE, "", to), "invalid remote_path ''"),
    ("remote NUL", lambda _, to: pull(NOWHERE, "a\0b", to), "invalid remote_path 'a\\x00b'"),
    ("remote surrogate", lambda _, to: pull(NOWHERE, "a\ud800", to), "invalid remote_path"),
    ("remote user", lambda run, _: sync(run, NOWHERE, "~bob/x"), "invalid remote_path '~bob/x'; give"),
    ("local None", lambda *_: sync(None, NOWHERE, "far"), "invalid local None; expected a path"),
    ("local NUL", lambda *_: pull(NOWHERE, "far", "a\0"), "invalid local 'a\\x00'"),
    ("targets None", lambda run, _: sync(run, None, "far"), "invalid targets None"),
    ("targets number", lambda run, _: sync(run, [5], "far"), "invalid targets [5]"),
    ("targets none", lambda run, _: sync(run, [], "far"), "no target given"),
    ("targets text", lambda run, _: sync(run, "a:b", "far"), "'a:b' is not a target; expected [user@]"),
    ("host", lambda *_: Target(None), "invalid host None"),
    ("host path", lambda *_: Target(Path("h")), "invalid host"),
    ("port text", lambda *_: Target("h", "ssh"), "invalid port 'ssh'; expected a number from 1 to 65535"),
    ("port 0", lambda *_: Target("h", 0), "invalid port 0"),
    ("port large", lambda *_: Target("h", 65536), "invalid port 65536"),
    ("port true", lambda *_: Target("h", True), "invalid port True"),
    ("user", lambda *_: Target("h", user=5), "invalid user 5; expected a text"),
    ("password", lambda *_: Target("h", password=5), "invalid password; expected a text"),
    ("known_hosts", lambda *_: Target("h", known_hosts=["a"]), "invalid known_hosts ['a']"),
    ("key", lambda *_: Target("h", key_filename=b"a"), "invalid key_filename b'a'"),
    ("host_key accept", lambda *_: Target("h", host_key="accept"), "expected refuse, accept-new or SHA256:"),
    ("host_key case", lambda *_: Target("h", host_key="ACCEPT-NEW"), "invalid host_key 'ACCEPT-NEW'"),
    ("host_key true", lambda *_: Target("h", host_key=True), "invalid host_key True"),
    ("host_key hash", lambda *_: Target("h", host_key="SHA256:"), "invalid host_key 'SHA256:'"),
    ("run number", lambda _, to: push_run(5, settings(to)), "invalid run_folder 5"),
    ("every", lambda run, to: watch_run(run, settings(to), "soon"), "invalid every 'soon'"),
    ("every 0", lambda run, to: watch_run(run, settings(to), 0), "invalid every 0"),
    (
        "every nan",
        lambda run, _: Watch(NOWHERE, request_of(run, "far", Selection()), float("nan")),
        "every nan",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "words"), [trap[1:] for trap in TRAPS], ids=[trap[0] for trap in TRAPS])
def test_a_wrong_argument_is_one_error_that_names_it(
    tmp_path: Path, call: Callable[[Path, Path], object], words: str
) -> None:
    run = make_run(tmp_path / "run")
    with pytest.raises(SmlSyncError) as caught:
        call(run, tmp_path / "here")
    assert words in str(caught.value)
    assert not (tmp_path / "here").exists()


def test_a_password_is_never_in_the_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        Target("h", passphrase="pl4nted\0")
    assert "pl4nted" not in str(caught.value)


@needs_sshd
def test_a_text_excludes_what_it_matches_and_nothing_else(sshd: Server, tmp_path: Path) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    (run / "model.pt").write_text("weights")
    report = sync(run, sshd.target, tmp_path / "far" / "run", exclude="*.pt", max_size="1M")
    assert report.ok, report.text
    (run / "model.pt").unlink()
    assert tree(tmp_path / "far" / "run") == tree(run)
    assert sml_sync.pull(sshd.target, tmp_path / "far", tmp_path / "here", include="*.csv").ok
    fetched = [path.name for path in (tmp_path / "here").rglob("*") if path.is_file() and "." in path.name]
    assert {"progress.csv", "run_config.json"} <= set(fetched)
    assert "log.txt" not in fetched
