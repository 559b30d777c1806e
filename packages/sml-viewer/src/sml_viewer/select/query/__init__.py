"""Filter runs by the rules of a configuration and by queries."""

from sml_viewer.select.rules import catches_of_rules as catches_of_rules
from sml_viewer.select.rules import kept_by_rules as kept_by_rules

from .parser import Query as Query
from .parser import no_annotations as no_annotations
from .parser import parse_query as parse_query
from .predicates import Said as Said
