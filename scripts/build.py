"""Build wheel and sdist of every distribution into dist/: `./dev build`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Build all; what dist/ held of this version before is replaced."""
    target = ROOT / "dist"
    for package in sorted(ROOT.glob("packages/*/")):
        build: list[str | Path] = [
            sys.executable,
            "-m",
            "hatchling",
            "build",
            "-t",
            "wheel",
            "-t",
            "sdist",
            "-d",
            target,
        ]
        subprocess.run(build, check=True, cwd=package, stderr=subprocess.DEVNULL)
    print(*sorted(path.name for path in target.iterdir()), sep="\n")


if __name__ == "__main__":
    main()
