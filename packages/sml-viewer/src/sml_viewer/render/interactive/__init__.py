"""Charts as one self-contained, anonymous, interactive HTML file."""

from .page import make_interactive_html
from .view import SharedView

__all__ = ["SharedView", "make_interactive_html"]
