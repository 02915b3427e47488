"""Matching parties with listed entries: pure computation, no I/O, no clock, no environment."""

from streams.matching.index import EntityIndex
from streams.matching.match import Match
from streams.matching.policy import Policy

__all__ = ["EntityIndex", "Match", "Policy"]
