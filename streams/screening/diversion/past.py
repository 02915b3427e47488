"""What customers bought before, folded from the records of the registry. Pure."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from streams.records.codec import decode
from streams.records.registered_party import NOTHING_BOUGHT, Bought, RegisteredParty
from streams.screening.diversion.cast import cast_of

_TELLING = b'"bought":'
"""Stands in the JSON of a record that tells of quantities; no text can hold it, as its quotes would be escaped."""

_MOST_RECORDS = 16
"""So many of a customer's records are known apart: those that workers write again at one time are fewer."""


class _Customer(msgspec.Struct):
    """What each of a customer's records says, by key, and what those before them come to."""

    records: OrderedDict[bytes, Bought]
    before: Bought = NOTHING_BOUGHT


class Past:
    """Takes the registry's records, in the order of their partition, and tells what each customer bought.

    Of each key the last record counts. A customer, by :attr:`Cast.key`, is remembered while fewer than ``most`` others
    were written of since.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._customers: OrderedDict[str, _Customer] = OrderedDict()

    def take(self, key: bytes, value: bytes) -> None:
        """The next record; one that tells of no quantities is not even read. Raises RecordError."""
        if _TELLING not in value:
            return
        record = decode(RegisteredParty, value, f"registered party {key!r}")
        cast = cast_of(record.party, frozenset())
        if record.bought is None or cast is None:
            return
        customer = self._customers.pop(cast.key, None) or _Customer(OrderedDict())
        self._customers[cast.key] = customer
        if len(self._customers) > self._most:
            self._customers.popitem(last=False)
        customer.records[key] = record.bought
        customer.records.move_to_end(key)
        if len(customer.records) > _MOST_RECORDS:
            _, oldest = customer.records.popitem(last=False)
            customer.before = customer.before.then(oldest)

    def bought(self) -> dict[str, Bought]:
        """What each customer bought, those written of last at the end."""
        told = {}
        for key, customer in self._customers.items():
            told[key] = customer.before
            for record in customer.records.values():
                told[key] = told[key].then(record)
        return told
