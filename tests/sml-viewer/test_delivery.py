"""The page's npm packages: pinned, unchanged, licensed; and its scripts as they are bundled and installed."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sml_viewer.web.bundle import PACKAGES, SCRIPT, STYLE, is_current
from sml_viewer.web.frontend import make_frontend

PACKAGE = Path(__file__).parents[2] / "packages" / "sml-viewer"
STATIC = PACKAGE / "src" / "sml_viewer" / "web" / "static"
VENDOR = STATIC / "vendor"
# Beside our modules: what is not ours.
_OTHERS = ("bundle", "vendor")

pytestmark = [pytest.mark.usefixtures("bundle"), pytest.mark.slow]


def recorded() -> dict[str, str]:
    """The recorded hash of each file below the vendor folder."""
    lines = (PACKAGE / "vendor.sha256").read_text().splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def own_scripts() -> list[Path]:
    return [path for path in STATIC.rglob("*.js") if path.relative_to(STATIC).parts[0] not in _OTHERS]


def test_every_file_is_the_one_that_was_recorded() -> None:
    there = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file()
    }
    assert there == recorded()


def test_every_package_is_pinned_hashed_and_licensed() -> None:
    lock = json.loads((PACKAGE / "package-lock.json").read_text())
    wanted = json.loads((PACKAGE / "package.json").read_text())
    packages = {name.removeprefix("node_modules/"): entry for name, entry in lock["packages"].items() if name}
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert packages[name]["version"] == version
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    for name in wanted["dependencies"]:
        assert len((VENDOR / name / "LICENSE").read_text()) > 500


def test_the_lock_names_no_place_to_fetch_from() -> None:
    lock = json.loads((PACKAGE / "package-lock.json").read_text())
    assert not any("resolved" in entry for entry in lock["packages"].values())


def test_every_import_leads_to_a_file() -> None:
    assert all((STATIC / place).is_file() for place in PACKAGES.values())
    for path in own_scripts():
        for name in re.findall(r'(?:from|import)\s*\(?\s*"([^"]+)"', path.read_text()):
            assert name in PACKAGES or (path.parent / name).is_file(), f"{path.name} imports {name}"


def test_all_scripts_and_styles_that_the_page_can_load_are_small() -> None:
    served = [path for path in make_frontend().files.values() if path.suffix in (".js", ".mjs", ".css")]
    assert {"app.js", "style.css", "uPlot.iife.min.js"} < {path.name for path in served}
    assert sum(len(gzip.compress(path.read_bytes())) for path in served) < 200_000


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_first_view_is_light(language: str) -> None:
    """The charts and what they need, and the words of one language; other pages come when they are opened."""
    words = sorted((STATIC / "locales").glob(f"{language}*.json"))
    first = [
        STATIC / SCRIPT,
        STATIC / STYLE,
        *words,
        *map(STATIC.__truediv__, make_frontend().preloads("/charts")),
    ]
    assert sum(len(gzip.compress(path.read_bytes())) for path in first) < 100_000


def test_the_page_loads_its_bundle_and_one_style_sheet() -> None:
    frontend = make_frontend()
    assert (frontend.script, *frontend.styles) == ("bundle/app.js", "bundle/style.css")
    assert (frontend.import_map, frontend.policy()) == ("", "'self'")


def test_the_first_view_is_one_script_from_which_those_of_other_pages_import() -> None:
    frontend = make_frontend()
    assert frontend.preloads("/charts") == ()
    for name in frontend.preloads("/experiment"):
        imports = re.findall(r'from"\./([\w.-]+)"', (STATIC / name).read_text(encoding="utf-8"))
        assert {f"bundle/{each}" for each in imports} <= {SCRIPT, *frontend.preloads("/experiment")}


def test_each_page_preloads_its_own_scripts_and_not_those_of_others() -> None:
    frontend = make_frontend()
    for address, folder in (("/experiment", "list"), ("/run/8e0d41eb", "run"), ("/param_adjust", "editor")):
        names = frontend.preloads(address)
        assert all(name in frontend.files for name in names)
        assert any(re.fullmatch(rf"bundle/{folder}-\w+\.js", name) for name in names)
    assert not any("editor-" in name for name in frontend.preloads("/charts"))


@pytest.mark.parametrize("changed", ["lib/api.js", "css/base.css", "vendor/htm/dist/htm.mjs"])
def test_a_bundle_that_is_older_than_a_module_is_not_served(tmp_path: Path, changed: str) -> None:
    static = shutil.copytree(STATIC, tmp_path / "static")
    with (static / changed).open("a") as file:
        file.write("\n")
    frontend = make_frontend(static)
    assert frontend.script == "app.js"
    assert "lib/api.js" in frontend.preloads("/charts")
    assert "'sha256-" in frontend.policy()
    assert not any(name.startswith("bundle/") for name in frontend.files)


def test_a_module_that_is_new_or_gone_makes_a_bundle_old(tmp_path: Path) -> None:
    static = shutil.copytree(STATIC, tmp_path / "static")
    (static / "pages" / "new.js").write_text("")
    assert not is_current(static)
    (static / "pages" / "new.js").unlink()
    assert is_current(static)
    (static / "pages" / "help.js").unlink()
    assert not is_current(static)


def test_the_page_speaks_both_languages_wholly() -> None:
    words = {
        name: {
            key: words
            for path in sorted((STATIC / "locales").glob(f"{name}*.json"))
            for key, words in json.loads(path.read_text()).items()
        }
        for name in ("en", "zh")
    }
    assert words["en"].keys() == words["zh"].keys()
    for key, english in words["en"].items():
        places = set(re.findall(r"\{\w+\}", english))
        assert set(re.findall(r"\{\w+\}", words["zh"][key])) == places, key
    used = {key for path in own_scripts() for key in re.findall(r'\bt\("([\w.]+)"', path.read_text())}
    assert used <= words["en"].keys()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Wheel and sdist of this distribution, built where npm cannot be found: the files are there already."""
    pytest.importorskip("hatchling", reason="a development dependency")
    target = tmp_path_factory.mktemp("dist")
    environment = {**os.environ, "PATH": str(target)}
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(target)]
    subprocess.run(build, cwd=PACKAGE, env=environment, check=True, capture_output=True)
    return next(target.glob("*.whl")), next(target.glob("*.tar.gz"))


def test_wheel_and_sdist_hold_the_whole_page(built: tuple[Path, Path]) -> None:
    wheel, sdist = built
    page = {
        f"sml_viewer/web/static/{path.relative_to(STATIC).as_posix()}"
        for path in STATIC.rglob("*")
        if path.is_file()
    }
    assert page <= set(zipfile.ZipFile(wheel).namelist())
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"src/{name}" for name in page} | {
        "hatch_build.py",
        "package-lock.json",
        "vendor.sha256",
    } <= names


def test_an_sdist_becomes_a_wheel_without_npm_and_network(
    built: tuple[Path, Path], tmp_path: Path, unpack: Callable[[Path, Path], None]
) -> None:
    unpack(built[1], tmp_path)
    (source,) = tmp_path.iterdir()
    # A version that is read from a file of the repository is in PKG-INFO by now.
    environment = {**os.environ, "PATH": str(tmp_path)}
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=source, env=environment, check=True, capture_output=True)
    assert (
        "sml_viewer/web/static/vendor/preact/dist/preact.mjs"
        in zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    )
