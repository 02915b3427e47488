"""Which scores below the review threshold go to the desk all the same, as quality samples: ``[sampling]``. Pure."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

import msgspec

from streams.errors import PolicyError


class SamplingRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ``share`` (0 to 1) of the matches that miss their review threshold by at most ``margin`` is a sample."""

    share: Annotated[float, msgspec.Meta(ge=0, le=1)]
    margin: Annotated[float, msgspec.Meta(gt=0, lt=1)]

    def draws(self, fingerprint: str, source: str, entry_id: str) -> bool:
        """Whether this party and entry are a sample: by a hash, so always or never, whatever the event.

        Who is drawn with a share is drawn with every larger one.
        """
        # Lengths make the parts unambiguous whatever characters the ids hold.
        text = "".join(f"{len(part)}:{part}" for part in (fingerprint, source, entry_id))
        number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8])
        return number < self.share * 2**64


def read_sampling(table: Any, where: str) -> SamplingRules | None:
    """The ``[sampling]`` table of a policy; None where its share is 0.

    :raises PolicyError: a key is unknown, missing, of the wrong type or out of range.
    """
    try:
        rules = msgspec.convert(table, SamplingRules)
    except msgspec.ValidationError as error:
        raise PolicyError(f"{where}: sampling: {error}") from None
    return rules if rules.share else None
