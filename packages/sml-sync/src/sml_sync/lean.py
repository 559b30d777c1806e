"""Imports paramiko without the package `invoke`, which it needs only for `Match exec`: 7 MB and some time."""

from __future__ import annotations

import importlib
import sys
import types


class _Later(types.ModuleType):
    """Stands for a module that is imported when something of it is used."""

    def __getattr__(self, name: str) -> object:
        return getattr(importlib.import_module(self.__name__), name)


def _import_lean() -> None:
    """Import paramiko; nobody else in this process sees a difference."""
    if "paramiko" in sys.modules or "invoke" in sys.modules:
        return
    sys.modules["invoke"] = _Later("invoke")
    try:
        importlib.import_module("paramiko")
    finally:
        del sys.modules["invoke"]


_import_lean()
