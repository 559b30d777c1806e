"""Hashes of text and bytes, used as identifiers, not for security."""

from __future__ import annotations


def sha256(content: str | bytes) -> str:
    """SHA-256 in hex; text is encoded as UTF-8."""
    import hashlib  # late: loads OpenSSL, and most scripts that import this package hash nothing

    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()


def short_hash(content: str | bytes, digits: int) -> str:
    """The first `digits` hex digits of SHA-256."""
    return sha256(content)[:digits]
