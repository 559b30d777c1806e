"""Render tables of scores as markdown, LaTeX and HTML."""

from .html import to_html as to_html
from .latex import to_latex as to_latex
from .markdown import to_markdown as to_markdown
