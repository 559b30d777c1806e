"""Build wheel and sdist of every distribution into dist/, or into the folder that is named: `./dev build`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ["-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d"]


def main() -> None:
    """Build all; what the folder held of this version before is replaced."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist").absolute()
    for package in sorted(ROOT.glob("packages/*/")):
        build = [sys.executable, *BUILD, str(target)]
        subprocess.run(build, check=True, cwd=package, stderr=subprocess.DEVNULL)
    print(*sorted(path.name for path in target.iterdir()), sep="\n")


if __name__ == "__main__":
    main()
