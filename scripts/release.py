"""Make ready what is published, and refuse while something is missing: `./dev release`.

Looks at the tree, the version, the changelog and the six names on the package index; builds wheels and sdists
into dist/VERSION/, checks them, and writes their hashes beside them. Publishes nothing and sets no tag:
docs/releasing.md says what a person does with them.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))


def main() -> None:
    """Say all that stands against a release at once; build if nothing does."""
    version = (ROOT / "VERSION").read_text(encoding="utf-8").strip()
    faults = [*faults_of_tree(version), *(fault for name in NAMES for fault in faults_of_name(name))]
    if faults:
        sys.exit("\n".join(f"release: {fault}" for fault in faults))
    target = ROOT / "dist" / version
    subprocess.run([sys.executable, str(ROOT / "scripts" / "build.py"), str(target)], check=True)
    files = sorted(path for path in target.iterdir() if path.suffix in (".whl", ".gz"))
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *map(str, files)], check=True)
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (target / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    print(f"{target.relative_to(ROOT)}: {len(files)} files, checked; go on with docs/releasing.md")


def faults_of_tree(version: str) -> list[str]:
    """What the checkout lacks."""
    faults = []
    if git("status", "--porcelain"):
        faults.append("the tree has changes that are not committed")
    if f"v{version}" in tags():
        faults.append(f"{version} was released before (tag v{version}); ./dev bump sets the next version")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE):
        faults.append(f"CHANGELOG.md has no heading '## [{version}] - YYYY-MM-DD'; rename [Unreleased]")
    return faults


def faults_of_name(name: str) -> list[str]:
    """Whether a name on the index is somebody else's: it has versions that were never tagged here."""
    # What pip would not choose is somebody's too; `-vv` tells a name that is not there from no answer.
    words = "index versions -vv --pre --ignore-requires-python"
    asked = [sys.executable, "-m", "pip", *words.split(), name]
    done = subprocess.run(asked, check=False, capture_output=True, text=True)
    listed = re.search(r"^Available versions: (.+)$", done.stdout, re.MULTILINE)
    if listed is None:
        if "404 Client Error" in done.stdout:
            return []  # nobody has it
        answer = done.stderr.strip().splitlines() or ["nothing"]
        return [f"{name}: the index does not answer: {answer[-1]}"]
    strange = [version for version in listed[1].split(", ") if f"v{version}" not in tags()]
    if not strange:
        return []
    return [
        f"{name}: the index has {', '.join(strange)}, never released here: the name is somebody else's. "
        "Obtain it, or rename the distribution; import name and command stay"
    ]


def tags() -> list[str]:
    """Every release of this repository."""
    return git("tag", "--list", "v*").split()


def git(*words: str) -> str:
    """What a git command prints."""
    return subprocess.run(["git", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
