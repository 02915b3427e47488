"""What all records have in common."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An immutable record with a JSON form; fields at their default are left out on the wire.

    Fields a record does not know are ignored when read, so a newer writer does not break an older reader.
    """


Identity = Annotated[str, Meta(min_length=1, max_length=512)]
"""An id: any text, kept as it came."""

Name = Annotated[str, Meta(min_length=1, max_length=1024)]
"""A name as it came, at most 1,024 characters."""

Text = Annotated[str, Meta(max_length=8192)]
"""Free text, at most 8,192 characters."""

Country = Annotated[str, Meta(max_length=128)]
"""A country: ISO 3166-1 alpha-2 in what Highfence writes; alpha-3 and names are accepted on input."""

PartialDate = Annotated[str, Meta(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
"""A date of which the day or the month may be unknown: YYYY, YYYY-MM or YYYY-MM-DD."""
