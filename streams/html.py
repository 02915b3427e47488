"""Templates to pages for people: whatever comes from outside is escaped, and moments and numbers read well."""

from __future__ import annotations

from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment(package: str) -> Environment:
    """The templates of a package, with the filters ``stamp``, ``words`` and ``count``; a missing value is an error."""
    made = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["stamp"] = stamp
    made.filters["words"] = lambda text: text.replace("_", " ")
    made.filters["count"] = lambda number: f"{number:,}"
    return made


def stamp(moment: datetime) -> str:
    """A moment in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
