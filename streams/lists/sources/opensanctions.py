"""What the formats of OpenSanctions have in common. All its datasets are one source, which tells the lists as programs.

The days a record was first seen, last seen and last changed are left out: they are about OpenSanctions' own work, and
would make every entry of every release a changed one.
"""

from __future__ import annotations

from streams.lists.sources.draft import Draft, is_latin
from streams.records.party import EntityType

SOURCE = "opensanctions"

TYPES: dict[str, EntityType | None] = {
    "Person": "person",
    "Organization": "organization",
    "Company": "organization",
    "PublicBody": "organization",
    "LegalEntity": None,  # a person or an organisation
    "Vessel": "vessel",
    "Airplane": "aircraft",
    "Vehicle": None,
    "CryptoWallet": None,
    "Security": None,
    "Asset": None,
}
"""Types of FollowTheMoney that can be parties, by their name."""


def add_name(draft: Draft, name: str, *, weak: bool = False, former: bool = False) -> None:
    """A name: native when it is in another script than Latin and not the only one."""
    draft.name(name, "native" if not is_latin(name) else "former" if former else "alias", weak=weak)
