"""The words of a name, marked by what the evidence says of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from streams.matching.names import read_name
from streams.records.alert import Evidence

Mark = Literal["same", "near", "only", "ignored", ""]
"""In both names; much alike; in this name only; not counted; not spoken of."""

Side = Literal["ours", "listed"]

_word = re.compile(r"[^\W_]+(?:['’`´ʼ][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a name and its mark; all pieces together are the name as it came."""

    text: str
    mark: Mark = ""


def marked(name: str, evidence: Iterable[Evidence], side: Side) -> list[Piece]:
    """The name in pieces; each word has the mark of the evidence about its tokens.

    Evidence speaks of words as they were read, lower case and romanised, so each word is read again to find its own.
    """
    marks = _marks(evidence, side)
    pieces: list[Piece] = []
    end = 0
    for found in _word.finditer(name):
        if found.start() > end:
            pieces.append(Piece(name[end : found.start()]))
        told = [marks[token] for token in read_name(found.group()).tokens if token in marks]
        pieces.append(Piece(found.group(), told[0] if told else ""))
        end = found.end()
    if end < len(name):
        pieces.append(Piece(name[end:]))
    return pieces


def _marks(evidence: Iterable[Evidence], side: Side) -> dict[str, Mark]:
    marks: dict[str, Mark] = {}
    for item in evidence:
        words = (item.ours if side == "ours" else item.listed).split()
        if item.kind == "ignored":
            mark: Mark = "ignored"
        elif item.kind != "word":
            continue
        elif item.effect == "contradicts":
            mark = "only"
        else:
            mark = "same" if item.similarity == 1.0 else "near"
        for word in words:
            marks.setdefault(word, mark)
    return marks


def sentence(item: Evidence) -> str:
    """One reason for or against the match as a plain sentence."""
    if item.kind == "word" and item.effect == "contradicts":
        return f"“{item.ours or item.listed}” is only in the {'party’s' if item.ours else 'listed'} name."
    if item.kind == "word" and item.similarity == 1.0:
        if item.ours == item.listed:
            return f"“{item.ours}” is in both names."
        return f"“{item.ours}” and “{item.listed}” are the same."
    if item.kind == "word" and item.similarity is not None:
        return f"“{item.ours}” is much like “{item.listed}”: {item.similarity:.0%} alike."
    if item.kind == "ignored" and (item.ours or item.listed):
        what = item.text.partition(" '")[0]
        return f"“{item.ours or item.listed}” is not counted: {what}."
    text = item.text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def share(item: Evidence) -> str:
    """How much of the name's information a word carries, in words; empty where it is not said."""
    return f"{item.weight:.0%} of the name" if item.kind == "word" and item.weight else ""
