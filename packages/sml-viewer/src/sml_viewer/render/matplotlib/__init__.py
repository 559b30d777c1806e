"""Draw curves, bars and aggregates with matplotlib, and write the figures to files."""

from .aggregates import draw_aggregates as draw_aggregates
from .bars import draw_bars as draw_bars
from .curves import draw_curves as draw_curves
from .output import KINDS as KINDS
from .output import figure_bytes as figure_bytes
from .output import stacked_png as stacked_png
