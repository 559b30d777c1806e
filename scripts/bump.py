"""Set one version for all distributions and the `==` pins between them: `./dev bump 1.0.1`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"((?:sml-[a-z]+|smart-logger)(?:\[[a-z,]+\])?)==[\w.]+")


def bump(root: Path, version: str) -> list[Path]:
    """Write VERSION, and every pin under packages/ and in the READMEs; returns the files that changed."""
    changed = []
    for path in [root / "VERSION", *sorted(root.glob("packages/*/pyproject.toml")), *root.glob("README*.md")]:
        old = path.read_text(encoding="utf-8")
        new = f"{version}\n" if path.name == "VERSION" else PIN.sub(rf"\1=={version}", old)
        if new != old:
            path.write_text(new, encoding="utf-8")
            changed.append(path)
    return changed


def main() -> None:
    """Read the version from the command line."""
    if len(sys.argv) != 2 or not re.fullmatch(r"\d+\.\d+\.\d+(?:(?:a|b|rc|\.dev)\d+)?", sys.argv[1]):
        sys.exit(f"usage: ./dev bump VERSION   (now {(ROOT / 'VERSION').read_text().strip()})")
    for path in bump(ROOT, sys.argv[1]):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
