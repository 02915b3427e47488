"""Reading a name: from any text to the words that are compared.

A name is cleaned (NFKC, zero-width characters), written in Latin letters, its dotted abbreviations and
legal forms recognised, and split into words. Reading depends on nothing but the text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from rigour.names import extract_org_types, replace_org_types_compare

from streams.matching.lexicon import PHRASES
from streams.matching.romanise import clean, latin
from streams.matching.words import Word, read_word

_dotted = re.compile(r"\b(?:[a-z]\.[ ]?){2,}(?:[a-z]\b(?!['’]))?")
_apostrophes = re.compile(r"['’‘ʼ`´ʻʿʾ]")
_tokens = re.compile(r"[a-z0-9]+")
_FIRST_OF_PHRASE: Final = frozenset(first for first, _ in PHRASES)

word_of = lru_cache(maxsize=262_144)(read_word)


class ReadName(NamedTuple):
    """A name as read: its words, and the token each came from. ``rough`` when its script spells
    foreign names only roughly (Han, Arabic …)."""

    words: tuple[Word, ...]
    tokens: tuple[str, ...]
    rough: bool


def read_name(text: str) -> ReadName:
    """Read ``text``; the result has no words when there is nothing to read."""
    rough = False
    if not text.isascii():
        text, rough = latin(clean(text))
    text = text.lower()
    if "'" in text or "`" in text:
        text = _apostrophes.sub("", text)
    if "." in text:
        text = _dotted.sub(lambda found: found.group().replace(".", "").replace(" ", "") + " ", text)
    if "&" in text:
        text = text.replace("&", " and ")
    forms = extract_org_types(text, generic=True)
    if forms:
        text = replace_org_types_compare(text, generic=True)
    tokens = _tokens.findall(text)
    if not _FIRST_OF_PHRASE.isdisjoint(tokens):
        tokens = _join_phrases(tokens)
    words = [word_of(token) for token in tokens]
    if forms:
        legal = {form for _, form in forms}
        words = [
            Word(word.text, "legal", word.text, word.text) if token in legal else word
            for word, token in zip(words, tokens, strict=True)
        ]
    return ReadName(tuple(words), tuple(tokens), rough)


def _join_phrases(tokens: list[str]) -> list[str]:
    joined: list[str] = []
    for token in tokens:
        if joined and (joined[-1], token) in PHRASES:
            joined[-1] += token
        else:
            joined.append(token)
    return joined
