"""Install each distribution by itself and import every module of it.

Usage: python scripts/alone.py [DISTRIBUTION …]. A sibling that is imported but not declared, or a
dependency that is used but not declared, fails here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTIONS = ["sml-config", "sml-logger", "sml-launch", "sml-sync", "sml-viewer"]

# Runs inside the distribution's own environment.
IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
names = [item.name for item in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(f"{sys.argv[1]}: {len(names)} modules import alone")
"""


def check(distribution: str, wheels: Path, folder: Path) -> bool:
    """Install one distribution from wheels into an empty environment, import it, ask its command for help."""
    venv.create(folder)
    python = folder / "bin" / "python"
    command = folder / "bin" / distribution
    home = folder / "home"
    home.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)} | {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))
    }

    def runs(*words: str | Path, quiet: bool = False) -> bool:
        out = subprocess.DEVNULL if quiet else None
        done = subprocess.run(words, check=False, env=environment, cwd=home, stdout=out)
        return done.returncode == 0

    version = (ROOT / "VERSION").read_text(encoding="utf-8").strip()
    pip: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "-q",
        "--find-links",
        wheels,
    ]
    if not runs(*pip, f"{distribution}=={version}"):
        return False
    if not runs(python, "-c", IMPORT_ALL, distribution.replace("-", "_")):
        return False
    return not command.exists() or runs(command, "--help", quiet=True)


def main() -> None:
    """Build all wheels once, then check the named distributions, or all."""
    with tempfile.TemporaryDirectory(prefix="alone-") as temporary:
        wheels = Path(temporary) / "wheels"
        build = [sys.executable, str(ROOT / "scripts" / "build.py"), str(wheels)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        chosen = sys.argv[1:] or DISTRIBUTIONS
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            passed = pool.map(lambda name: check(name, wheels, Path(temporary) / name), chosen)
            failed = [name for name, good in zip(chosen, passed, strict=True) if not good]
    if failed:
        sys.exit(f"not able to stand alone: {', '.join(failed)}")


if __name__ == "__main__":
    main()
