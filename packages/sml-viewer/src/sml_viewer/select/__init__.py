"""Which runs are looked at: rules of a configuration, and queries that a person types."""

from .matching import Said as Said
from .query import Query as Query
from .query import nothing_said as nothing_said
from .query import parse_query as parse_query
from .rules import catches_of_rules as catches_of_rules
from .rules import kept_by_rules as kept_by_rules
