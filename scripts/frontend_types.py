"""Check the types of the page's scripts with TypeScript, against the answers that the server promises.

Usage: python scripts/frontend_types.py. The npm packages of the lock file are fetched into .venv/npm once.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "packages" / "sml-viewer"
STATIC = PACKAGE / "src" / "sml_viewer" / "web" / "static"


def main() -> int:
    """Print type errors; 1 if there are any."""
    faults = check(STATIC, npm_packages())
    print(faults or "no type errors in the page's scripts")
    return 1 if faults else 0


def check(static: Path, modules: Path) -> str:
    """Type errors in the page's scripts; `modules` are the installed npm packages."""
    settings = json.loads((PACKAGE / "tsconfig.json").read_text(encoding="utf-8"))
    options = {**settings["compilerOptions"], "paths": {"*": [f"{modules}/*"]}, "skipLibCheck": True}
    content = {
        "compilerOptions": options,
        "include": [str(static)],
        "exclude": [str(static / name) for name in ("bundle", "vendor")],
    }
    # The native program: the launcher of the package needs node on PATH. npm installs it for this platform.
    programs = sorted(modules.glob("@typescript/*/lib/tsc*"))
    program = next((path for path in programs if path.stem == "tsc" and path.suffix in ("", ".exe")), None)
    if program is None:
        raise SystemExit("typescript has no program for this platform, so the page's types are not checked")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "tsconfig.json"
        project.write_text(json.dumps(content), encoding="utf-8")
        command = [str(program), "-p", str(project), "--pretty", "false"]
        done = subprocess.run(command, cwd=static, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def npm_packages() -> Path:
    """The npm packages of the lock file; installed once, for the type check and for tests."""
    lock = hashlib.sha256((PACKAGE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = ROOT / ".venv" / "npm" / lock
    if not (folder / "node_modules").is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            _hatch_build().install(PACKAGE, Path(temporary))
            with contextlib.suppress(OSError):  # another process was faster
                Path(temporary).rename(folder)
    return folder / "node_modules"


def _hatch_build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", PACKAGE / "hatch_build.py")
    if spec is None or spec.loader is None:
        raise SystemExit("packages/sml-viewer/hatch_build.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
