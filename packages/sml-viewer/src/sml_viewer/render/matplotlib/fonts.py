"""Fonts for a figure: one that is always there, and one for Chinese, Japanese and Korean names."""

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
# How the files of such fonts begin, without case and separators; sans before serif.
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
    """The families to draw with, in order; only those that are there, as matplotlib warns about any other.

    matplotlib remembers the fonts it once found: a CJK font that was installed later is looked for on disk.
    """
    installed = set(fontManager.get_font_names())
    known = next((name for name in _CJK if name in installed), None) or _add_from_disk()
    return (_LATIN,) if known is None else (_LATIN, known)


def _add_from_disk() -> str | None:
    """The family of a CJK font file that matplotlib did not know of, now known for this process."""
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
