"""The last check of an entry made from an official file: it has to be readable wherever it is sent."""

from __future__ import annotations

from datetime import date

import msgspec

from streams.errors import ListFormatError
from streams.records.list_entry import ListEntry


def checked(entry: ListEntry, place: str) -> ListEntry:
    """The entry, whose fields keep to their lengths and forms; building a record alone does not check that.

    Raises :class:`~streams.errors.ListFormatError` naming the field.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(entry, builtin_types=(date,)), ListEntry)
    except msgspec.ValidationError as error:
        raise ListFormatError(f"{place}: {error}; the file is damaged, or the format changed") from error
