"""Events of other platforms as transactions: a mapping says, field by field, where in the event its content is."""

from streams.mappings.coverage import Coverage, coverage
from streams.mappings.loading import load_mapping, ready_made
from streams.mappings.mapping import Mapping

__all__ = ["Coverage", "Mapping", "coverage", "load_mapping", "ready_made"]
