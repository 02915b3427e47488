"""What a match rests on, in records and in one plain sentence. Built for hits only."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import OSA

from streams.matching.addresses import AddressMatch
from streams.matching.identifiers import IdentifierMatch
from streams.matching.names import ReadName
from streams.matching.scoring import Agreement, Query
from streams.records.alert import Evidence

_IGNORED = {"legal": "legal form", "empty": "word without content", "initial": "single letter"}


def name_evidence(
    read: ReadName,
    query: Query,
    listed: ReadName,
    weights: Sequence[float],
    agreement: Agreement,
) -> list[Evidence]:
    """The aligned words, the words of one side only, and what was all but ignored.

    ``weights`` are the listed words' weights; a word's ``weight`` is its share of its own name.
    """
    total, listed_total = query.weight or 1.0, sum(weights) or 1.0
    evidence: list[Evidence] = []
    ours_left = set(range(len(read.tokens)))
    listed_left = set(range(len(listed.tokens)))
    for pair in sorted(agreement.aligned):
        ours_left.difference_update(pair.ours)
        listed_left.difference_update(pair.listed)
        ours = " ".join(read.tokens[i] for i in pair.ours)
        theirs = " ".join(listed.tokens[j] for j in pair.listed)
        kind = read.words[pair.ours[0]].kind
        if kind in _IGNORED:
            evidence.append(_ignored(_IGNORED[kind], ours, theirs))
            continue
        evidence.append(
            Evidence(
                kind="word",
                effect="supports",
                text=f"'{ours}' agrees" if pair.similarity == 1.0 else _nearly(ours, theirs),
                ours=ours,
                listed=theirs,
                similarity=pair.similarity,
                weight=min(sum(query.words[i].weight for i in pair.ours) / total, 1.0),
            )
        )
    evidence += [_alone(read, i, query.words[i].weight / total, ours=True) for i in sorted(ours_left)]
    evidence += [_alone(listed, j, weights[j] / listed_total, ours=False) for j in sorted(listed_left)]
    return evidence


def _nearly(ours: str, listed: str) -> str:
    letters = OSA.distance(ours, listed)
    return f"'{ours}' ≈ '{listed}' ({letters} letter{'s' if letters > 1 else ''})"


def _ignored(what: str, ours: str, listed: str) -> Evidence:
    return Evidence(
        kind="ignored", effect="ignored", text=f"{what} '{ours or listed}' ignored", ours=ours, listed=listed
    )


def _alone(read: ReadName, position: int, weight: float, ours: bool) -> Evidence:
    word, token = read.words[position], read.tokens[position]
    if word.kind in _IGNORED:
        return _ignored(_IGNORED[word.kind], token if ours else "", "" if ours else token)
    return Evidence(
        kind="word",
        effect="contradicts",
        text=f"'{token}' is only in the {'party' if ours else 'listed'} name",
        ours=token if ours else "",
        listed="" if ours else token,
        similarity=0.0,
        weight=min(weight, 1.0),
    )


def address_evidence(found: AddressMatch) -> Evidence:
    """The address that agrees."""
    return Evidence(
        kind="address",
        effect="supports",
        text=f"address agrees ({found.similarity:.0%})",
        ours=found.ours,
        listed=found.listed,
        similarity=found.similarity,
    )


def identifier_evidence(found: IdentifierMatch) -> Evidence:
    """The identifier that agrees."""
    return Evidence(
        kind="identifier",
        effect="supports",
        text=f"{found.listed.type} {found.listed.value} agrees",
        ours=found.ours.value,
        listed=found.listed.value,
        similarity=1.0,
    )


def summarise(evidence: Sequence[Evidence]) -> str:
    """One sentence for a compliance officer."""
    words = [item for item in evidence if item.kind == "word"]
    parts = []
    if words:
        agreeing = [item for item in words if item.effect == "supports"]
        ours = len(agreeing) + sum(1 for item in words if item.effect == "contradicts" and item.ours)
        parts.append(f"{len(agreeing)} of {ours} words agree")
        parts += [item.text for item in agreeing if item.similarity is not None and item.similarity < 1.0]
        parts += [item.text for item in words if item.effect == "contradicts"][:3]
    ignored = sorted({item.text.rpartition(" '")[0] for item in evidence if item.kind == "ignored"})
    parts += [f"{what} ignored" for what in ignored]
    parts += [item.text for item in evidence if item.kind not in ("word", "ignored")]
    sentence = "; ".join(parts)
    return sentence[:1].upper() + sentence[1:]
