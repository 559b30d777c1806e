"""Classify project files by name: source, settings, data, or credentials."""

from __future__ import annotations

import fnmatch
import re

# fmt: off
_SOURCE = frozenset(
    [
        ".py", ".pyi", ".pyx", ".pxd", ".ipynb", ".c", ".cc", ".cpp", ".cxx", ".cu", ".cuh", ".h",
        ".hh", ".hpp", ".go", ".rs", ".java", ".kt", ".scala", ".swift", ".js", ".jsx", ".ts", ".tsx",
        ".lua", ".m", ".jl", ".r", ".pl", ".rb", ".sh", ".bash", ".zsh", ".ps1", ".bat", ".sql",
        ".proto", ".cmake", ".mk", ".gradle", ".tcl", ".v", ".sv", ".vhd", ".f90",
    ]
)
_SETTINGS = frozenset(
    [
        ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".gin", ".json", ".jsonnet", ".xml",
        ".urdf", ".mjcf", ".sdf", ".txt", ".md", ".rst", ".tex", ".lock", ".in", ".html", ".css", ".j2",
        ".jinja", ".hydra", ".properties",
    ]
)
_DATA = frozenset(
    [
        ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".svg", ".pdf", ".mp3",
        ".wav", ".flac", ".ogg", ".mp4", ".avi", ".mkv", ".mov", ".webm", ".npy", ".npz", ".pt",
        ".pth", ".ckpt", ".safetensors", ".onnx", ".pb", ".tflite", ".h5", ".hdf5", ".pkl", ".pickle",
        ".joblib", ".bin", ".dat", ".csv", ".tsv", ".jsonl", ".parquet", ".feather", ".arrow",
        ".tfrecord", ".tfrecords", ".lmdb", ".mdb", ".db", ".sqlite", ".tar", ".gz", ".tgz", ".bz2",
        ".xz", ".zst", ".zip", ".7z", ".rar", ".whl", ".so", ".o", ".a", ".dll", ".exe", ".obj",
        ".ply", ".stl", ".glb", ".fbx", ".log", ".out", ".index", ".idx", ".rec", ".msgpack", ".zarr",
    ]
)
# fmt: on
_SOURCE_NAMES = frozenset(
    {"Makefile", "Dockerfile", "CMakeLists.txt", "requirements.txt", "Pipfile", "Snakefile"}
)

_KEYS = re.compile(
    "|".join(
        fnmatch.translate(pattern)
        for pattern in (
            *("id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "id_xmss"),
            *(
                "*.pem",
                "*.key",
                "*.p12",
                "*.pfx",
                "*.pk8",
                "*.jks",
                "*.keystore",
                "*.ppk",
                "*.kdbx",
                "*.asc",
                "*.gpg",
            ),
            *("*.env", ".env", ".env.*", "*.env.*", "*.envrc", ".envrc"),
            *("netrc", ".netrc", "_netrc", ".pgpass", "pgpass", ".htpasswd", "htpasswd", ".npmrc", ".pypirc"),
            *(
                "credentials",
                "credentials.*",
                "*_credentials.json",
                "*-credentials.json",
                "client_secret*.json",
            ),
            *(
                "service[-_]account*.json",
                "secrets.json",
                "secrets.y*ml",
                "secrets.toml",
                "kaggle.json",
                ".git-credentials",
            ),
            *("*.ovpn", "kubeconfig", "*.kubeconfig", "*.tfvars", "*.token"),
        )
    ),
    re.IGNORECASE,
)
# Ranks of files.
SOURCES, SETTINGS, _UNKNOWN_FILES, _DATA_FILES = range(4)
_PRIVATE_KEY = re.compile(rb"\A\s*-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----|\APuTTY-User-Key-File-")


def rank(name: str) -> int:
    """Priority in the archive: SOURCES, SETTINGS (texts too), then unknown files, then data."""
    base = name.rpartition("/")[2]
    ending = f".{base.rpartition('.')[2].lower()}" if "." in base else ""
    if ending in _SOURCE or base in _SOURCE_NAMES:
        return SOURCES
    if ending in _SETTINGS or not ending:
        return SETTINGS
    return _DATA_FILES if ending in _DATA else _UNKNOWN_FILES


def holds_keys(name: str) -> bool:
    """Whether files of this name usually hold keys or passwords; public keys do not count."""
    return _KEYS.fullmatch(name) is not None


def is_private_key(content: bytes) -> bool:
    """Whether the first line marks a private key."""
    return _PRIVATE_KEY.match(content[:200]) is not None
