"""Build and check the files of a release: `./dev release`.

Checks the working tree, the version, the changelog and the six names on the package index; builds wheels and
sdists into dist/VERSION/ and writes their hashes. Publishes nothing and sets no tag, see docs/releasing.md.
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
    """Print everything that prevents a release; build if nothing does."""
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
    """Faults of the checkout: uncommitted changes, tag, changelog."""
    faults = []
    if git("status", "--porcelain"):
        faults.append("the tree has changes that are not committed")
    if f"v{version}" in tags():
        faults.append(f"{version} was released before (tag v{version}); set the next version with ./dev bump")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE):
        faults.append(f"CHANGELOG.md has no heading '## [{version}] - YYYY-MM-DD'; rename [Unreleased]")
    return faults


def faults_of_name(name: str) -> list[str]:
    """Faults of a name on the package index: it has versions that were never tagged here."""
    # Include versions that pip would not choose; `-vv` distinguishes an unknown name from no answer.
    words = "index versions -vv --pre --ignore-requires-python"
    command = [sys.executable, "-m", "pip", *words.split(), name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    listed = re.search(r"^Available versions: (.+)$", done.stdout, re.MULTILINE)
    if listed is None:
        if "404 Client Error" in done.stdout:
            return []  # free
        answer = done.stderr.strip().splitlines() or ["nothing"]
        return [f"{name}: the index does not answer: {answer[-1]}"]
    strange = [version for version in listed[1].split(", ") if f"v{version}" not in tags()]
    if not strange:
        return []
    return [
        f"{name}: the index has {', '.join(strange)}, never released here: the name belongs to others. "
        "Obtain it, or rename the distribution; import name and command can stay"
    ]


def tags() -> list[str]:
    """Tags of the releases of this repository."""
    return git("tag", "--list", "v*").split()


def git(*words: str) -> str:
    """Output of a git command."""
    return subprocess.run(["git", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
