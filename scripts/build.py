"""Build wheel and sdist of every distribution into dist/, or into the folder that is named: `./dev build`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ["-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d"]


def main() -> None:
    """Build all; existing files of this version are replaced."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist").absolute()
    for package in sorted(ROOT.glob("packages/*/")):
        build = [sys.executable, *BUILD, str(target)]
        install_requirements(build, package)
        subprocess.run(build, check=True, cwd=package, stderr=subprocess.DEVNULL)
    print(*sorted(path.name for path in target.iterdir()), sep="\n")


def install_requirements(build: list[str], package: Path) -> None:
    """Install the dynamic requirements of a package's build hook (npm, if it is missing)."""
    command = [*build, "--show-dynamic-deps"]
    answer = subprocess.run(command, check=True, cwd=package, stdout=subprocess.PIPE, text=True).stdout
    if requirements := ast.literal_eval(answer):
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", *requirements], check=True)


if __name__ == "__main__":
    main()
