"""Fonts for figures: one that is always available, and one for Chinese, Japanese and Korean."""

from __future__ import annotations

import functools
from pathlib import Path

from matplotlib.font_manager import FontProperties, findSystemFonts, fontManager

_LATIN = "DejaVu Sans"  # comes with matplotlib
_CJK = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "SimHei",
)
# Prefixes of font files, without case and separators; sans before serif.
_CJK_FILES = (
    "notosanscjk",
    "notosanssc",
    "sourcehansans",
    "wqy",
    "pingfang",
    "msyh",
    "simhei",
    "notoserifcjk",
)


@functools.cache
def font_families() -> tuple[str, ...]:
    """The font families to draw with, in order; only installed ones, since matplotlib warns about others.

    matplotlib caches its list of fonts, so a CJK font installed later is searched for on disk.
    """
    installed = set(fontManager.get_font_names())
    known = next((name for name in _CJK if name in installed), None) or _add_from_disk()
    return (_LATIN,) if known is None else (_LATIN, known)


def _add_from_disk() -> str | None:
    """Find a CJK font file that matplotlib does not know, register it and return its family."""
    files = {Path(path).stem.lower().replace("-", "").replace("_", ""): path for path in findSystemFonts()}
    for start in _CJK_FILES:
        names = sorted(name for name in files if name.startswith(start))
        regular = [name for name in names if "regular" in name]
        for name in [*regular, *names]:
            try:
                fontManager.addfont(files[name])
                return FontProperties(fname=files[name]).get_name()
            except (OSError, RuntimeError):
                continue  # a file that FreeType cannot open
    return None
