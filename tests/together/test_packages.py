"""What is built: the same bytes each time, the family at one version, everything that it says it has."""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.slow

FAMILY = ("sml-config", "sml-launch", "sml-logger", "sml-sync", "sml-viewer")
VERSION = (ROOT / "VERSION").read_text().strip()


def build(checkout: Path, out: Path, umask: int) -> dict[str, bytes]:
    """Every wheel and sdist of a checkout."""
    for package in sorted(checkout.glob("packages/*/")):
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", out],
            cwd=package,
            check=True,
            capture_output=True,
            umask=umask,
        )
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return build(ROOT, tmp_path_factory.mktemp("dist"), 0o022)


def metadata(wheel: bytes, folder: Path) -> email.message.Message:
    (folder / "a.whl").write_bytes(wheel)
    with zipfile.ZipFile(folder / "a.whl") as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def test_all_six_are_built_as_wheel_and_sdist_at_one_version(built: dict[str, bytes]) -> None:
    stems = [f"{name.replace('-', '_')}-{VERSION}" for name in (*FAMILY, "smart-logger")]
    assert sorted(built) == sorted(
        [f"{stem}-py3-none-any.whl" for stem in stems] + [f"{stem}.tar.gz" for stem in stems]
    )


def test_another_place_day_and_umask_build_the_same_bytes(
    built: dict[str, bytes], newcomer, tmp_path: Path
) -> None:
    checkout = tmp_path / "elsewhere"
    shutil.copytree(newcomer.checkout / "packages", checkout / "packages")
    for name in ("VERSION", ".gitignore"):
        shutil.copy(ROOT / name, checkout)
    static = Path("packages/sml-viewer/src/sml_viewer/web/static")
    for folder in (static / "vendor", static / "bundle"):
        shutil.copytree(ROOT / folder, checkout / folder, dirs_exist_ok=True)
    for path in checkout.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert build(checkout, tmp_path / "dist", 0o077) == built


def test_the_whole_brings_exactly_the_five_at_its_own_version(
    built: dict[str, bytes], tmp_path: Path
) -> None:
    wheel = built[f"smart_logger-{VERSION}-py3-none-any.whl"]
    requirements = metadata(wheel, tmp_path).get_all("Requires-Dist")
    assert requirements is not None
    assert sorted(line.replace("[sync]", "") for line in requirements) == [
        f"{name}=={VERSION}" for name in FAMILY
    ]


@pytest.mark.parametrize("name", [*FAMILY, "smart-logger"])
def test_a_wheel_has_its_licence_its_types_and_no_test(
    name: str, built: dict[str, bytes], tmp_path: Path
) -> None:
    module = name.replace("-", "_")
    (tmp_path / "a.whl").write_bytes(built[f"{module}-{VERSION}-py3-none-any.whl"])
    with zipfile.ZipFile(tmp_path / "a.whl") as archive:
        names = archive.namelist()
    assert f"{module}/py.typed" in names
    assert any(path.endswith("licenses/LICENSE") for path in names)
    tops = {path.split("/")[0] for path in names}
    # Hydra finds its plugins in a namespace that no package may own.
    shared = {"sml_launch": {"hydra_plugins"}}.get(module, set())
    assert tops == {module, f"{module}-{VERSION}.dist-info", *shared}
    assert "hydra_plugins/__init__.py" not in names


@pytest.mark.parametrize("name", [*FAMILY, "smart-logger"])
def test_an_sdist_builds_the_same_wheel(
    name: str, built: dict[str, bytes], tmp_path: Path, unpack: Callable[[Path, Path], None]
) -> None:
    stem = f"{name.replace('-', '_')}-{VERSION}"
    (tmp_path / "a.tar.gz").write_bytes(built[f"{stem}.tar.gz"])
    unpack(tmp_path / "a.tar.gz", tmp_path)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "out"],
        cwd=tmp_path / stem,
        check=True,
        capture_output=True,
    )
    (wheel,) = (tmp_path / "out").iterdir()
    assert wheel.read_bytes() == built[wheel.name]
