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
    venv.create(folder, with_pip=True)
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
    if not runs(python, "-m", "pip", "install", "-q", "--find-links", wheels, f"{distribution}=={version}"):
        return False
    if not runs(python, "-c", IMPORT_ALL, distribution.replace("-", "_")):
        return False
    return not command.exists() or runs(command, "--help", quiet=True)


def main() -> None:
    """Build all wheels once, then check the named distributions, or all."""
    with tempfile.TemporaryDirectory(prefix="alone-") as temporary:
        wheels = Path(temporary) / "wheels"
        build: list[str | Path] = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", wheels]
        subprocess.run([*build, *sorted(ROOT.glob("packages/*/"))], check=True, stderr=subprocess.DEVNULL)
        chosen = sys.argv[1:] or DISTRIBUTIONS
        failed = [name for name in chosen if not check(name, wheels, Path(temporary) / name)]
    if failed:
        sys.exit(f"not able to stand alone: {', '.join(failed)}")


if __name__ == "__main__":
    main()
