"""Dates along x: clock time in the time zone of the machine that draws."""

from __future__ import annotations

from datetime import datetime

from dateutil.tz import tzlocal  # type: ignore[import-untyped]  # matplotlib needs it
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

DAY = 86400.0


def show_dates(area: Axes, size: float) -> None:
    """Dates and times at the ticks of an x axis in days since 1970; `size` is that of their font."""
    zone = tzlocal()
    locator = AutoDateLocator(tz=zone, minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    area.xaxis.set_major_locator(locator)
    area.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))  # type: ignore[no-untyped-call]
    area.xaxis.get_offset_text().set_fontsize(size)


def zone_name(moment: float) -> str:
    """The time zone at a moment in seconds since 1970, as `UTC+08:00`."""
    offset = datetime.fromtimestamp(moment, tzlocal()).strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:]}"
