"""A new project on two machines and a main one, as docs/howto tells it; one of them dies."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ..ports import free_port
from ..sshd import Server, serve
from .conftest import ROOT, Newcomer

HOWTO = (ROOT / "docs" / "howto" / "several-machines.md").read_text(encoding="utf-8")
pytestmark = [pytest.mark.needs("sshd"), pytest.mark.slow]


@dataclass(frozen=True)
class Machine:
    """A home with a key, and in it the project."""

    shell: Newcomer
    project: Path

    def run(self, line: str) -> str:
        """What a command of the document prints."""
        return self.shell.run("sh", "-c", line, cwd=self.project)

    @property
    def known(self) -> str:
        """The host keys that this machine accepts."""
        return (self.project.parent / ".ssh" / "known_hosts").read_text()


@dataclass(frozen=True)
class Lab:
    """The main machine's sshd, its log folder, and the machines that train."""

    server: Server
    logs: Path
    machines: tuple[Machine, ...]


@pytest.fixture(scope="module")
def lab(installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    newcomer, _ = installed
    base = tmp_path_factory.mktemp("lab")
    (base / "main").mkdir()
    with serve(base / "main") as server:
        logs = base / "TESTLog"
        yield Lab(server, logs, tuple(machine(newcomer, base / f"n{i}", server, logs) for i in range(3)))


def machine(newcomer: Newcomer, home: Path, server: Server, logs: Path) -> Machine:
    """The project of the document, copied to a machine; the first address of the main one is out of order."""
    (home / ".ssh").mkdir(parents=True)
    shutil.copy(server.key, home / ".ssh" / "id_ed25519")
    # ssh looks for the user's home in the database of users, and here three machines share one.
    own = {"HOME": str(home), "SML_SSH_CLIENT": "paramiko"}
    machine = Machine(replace(newcomer, environment=newcomer.environment | own), home / "ppo")
    machine.project.mkdir()
    for title, text in re.findall(r'```python title="(.+?)"\n(.*?)```', HOWTO, re.DOTALL):
        (machine.project / title).write_text(text)
    machine.run("sml-config init")
    settings = machine.project / "common_config" / "common_config.yaml"
    (block,) = re.findall(r"```yaml\n(.*?)```", HOWTO, re.DOTALL)
    for line in block.splitlines():
        name = line.partition(":")[0]
        settings.write_text(re.sub(rf"^{name}:.*(\n- .*)*$", line, settings.read_text(), flags=re.MULTILINE))
    here = {
        "[10.0.0.5, home.example]": "[127.0.0.1, localhost]",
        "[22, 2222]": f"[{free_port()}, {server.port}]",
        "USER: me": f"USER: {server.target.user}",
        "/data/TESTLog": str(logs),
    }
    for before, after in here.items():
        assert before in settings.read_text()
        settings.write_text(settings.read_text().replace(before, after))
    return machine


def cells(machine: Machine, logs: Path) -> list[tuple[str, int]]:
    runs = json.loads(machine.run(f"sml-viewer list -d {logs} --json"))
    return sorted((run["parameters"]["env_name"], run["parameters"]["seed"]) for run in runs)


def test_the_walk_of_several_machines(lab: Lab) -> None:
    first, second, third = lab.machines
    address = f"localhost:{lab.server.port}"
    key = (lab.server.home / "host.pub").read_text()
    fingerprint = subprocess.run(
        ["ssh-keygen", "-lf", lab.server.home / "host.pub"], check=True, capture_output=True, text=True
    ).stdout.split()[1]

    refused = first.run("sml-sync doctor; true")
    assert fingerprint in refused, "an unknown host shows its key, and how to accept it"
    for each in lab.machines:
        each.run(f"sml-sync accept-key {address} {fingerprint}")
        assert key.split()[1] in each.known
    report = first.run("sml-sync doctor; true")
    assert "Connection refused" in report
    assert "speed     ok" in report

    first.run("sml-launch -tn 2 -idx 0 --backend local && sml-sync push")
    second.run("sml-launch -tn 2 -idx 1 --backend local")
    expected = [(name, seed) for name in ("Ant-v4", "Hopper-v4") for seed in range(1, 6)]
    first_cells = cells(first, lab.logs)
    assert len(first_cells) == 5

    # The second is lost before it sent anything: a third one trains what is missing at home.
    shutil.rmtree(second.project)
    user = lab.server.target.user
    third.run(f"sml-sync pull --from {user}@{address} --path {lab.logs} logfile")
    assert cells(third, third.project / "logfile") == first_cells
    third.run("sml-launch --backend local --only-missing -d logfile")
    third.run("sml-sync push")
    assert cells(first, lab.logs) == expected
