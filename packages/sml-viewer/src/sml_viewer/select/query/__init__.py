"""Filter runs by the rules of a configuration and by queries."""

from sml_viewer.select.rules import rule_matches as rule_matches
from sml_viewer.select.rules import rules_mask as rules_mask

from .conditions import AnnotationLookup as AnnotationLookup
from .parser import Query as Query
from .parser import no_annotations as no_annotations
from .parser import parse_query as parse_query
from .run_columns import RunColumns as RunColumns
