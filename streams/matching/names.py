"""Reading a name: from any text to the words that are compared.

A name is cleaned (damage mended, NFKC, zero-width characters), written in Latin letters, its dotted abbreviations and
legal forms recognised, and split into words. Reading depends on nothing but the text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import zip_longest
from typing import Final, NamedTuple

from rigour.names import extract_org_types

from streams.matching.lexicon import MEANINGS, PHRASES
from streams.matching.pinyin import from_wade_giles
from streams.matching.romanise import Script, clean, latin
from streams.matching.words import Word, as_name, read_word

_run_together = re.compile(r"(?<=[a-z]{3})(?=[A-Z]{2,}\b)|(?<=[A-Za-z][a-z]{3})(?=[A-Z][a-z]{4})")
_mixed_case = re.compile("[a-z][A-Z]")
_bracketed = re.compile(r"\(([a-z]{2,8})\)")
_dotted = re.compile(r"\b(?:(?:[a-z]\.){2,}(?:[a-z]\b(?!['’]))?|[a-z]\.(?: [a-z]\.)+)")
_apostrophes = re.compile(r"['’‘ʼ`´ʻʿʾ]")
_tokens = re.compile(r"[a-z0-9]+")
_surname_first = re.compile(r"\s*[a-z]+,(?! *(?:inc|ltd|llc|co|corp|s\.?a)\b)")
_TELLING: Final = ("name", "common", "everyday", "generic", "place", "number", "legal")
_SYLLABLE: Final = 3
"""Up to so many letters a syllable of Han or Hangul only looks like a legal form: Yu, Gu."""
_CYRILLIC_INITIALS: Final = frozenset({"ya", "yu", "ye", "zh", "kh", "ts", "ch", "sh", "iu", "ia"})
_letters_apart = re.compile(" [a-z] [a-z](?: |$)")
_digit = re.compile("[0-9]")
_spaced = re.compile(r"(?<![a-z0-9'.])[a-z](?: [a-z]){2,}(?![a-z0-9'.])")
_SPACED_NAME: Final = 2
"""What is written in letters apart before a legal form has at least so many; the form has more."""
_numbered = re.compile(r"\b(?:no|nr|number)\b\.? ?(?=\d)")
_SHORT_FORM: Final = 4
_UNITS: Final = frozenset("123456789")
_TENS: Final = frozenset(str(ten) for ten in range(20, 100, 10))
_FILLERS: Final = ("legal", "empty", "particle")
_dotted_apart = re.compile(r"(?<=\b[^\W\d_])(?<!\..)\. (?=[^\W\d_]\.)")
_letters_in_a_row = re.compile(r"\b[a-z](?:[./ ]{1,2}[a-z]\b)+")
_other_forms = re.compile(r"\b[ikp]/s\b|\bs\. ?de r\.?l\b")
# But not in Bauer, Quest, Blue, Michael and Samuel.
_umlauts = re.compile(r"(?:[aou]e|aa)(?<![aeiouq]..)(?!(?<=[au]e)l\b)(?=[a-z])|(?<=[a-z]{3})oe\b")
_FIRST_OF_PHRASE: Final = frozenset(first for first, _ in PHRASES)

word_of = lru_cache(maxsize=262_144)(read_word)


class ReadName(NamedTuple):
    """A name as read: its words, and the token each came from."""

    words: tuple[Word, ...]
    tokens: tuple[str, ...]


@lru_cache(maxsize=8192)
def read_name(text: str, proper: bool = False) -> ReadName:
    """Read ``text``; the result has no words when there is nothing to read.

    A ``proper`` name, of a person, ship or aircraft, has no legal form, place or business word: those are
    names there.
    """
    rough: dict[str, Script] = {}
    text = clean(text)
    if not text.isascii():
        text, rough = latin(text)
    if _mixed_case.search(text):
        text = _run_together.sub(" ", text)
    text = text.lower()
    if "(" in text:
        text = _bracketed.sub(_unless_acronym, text)
    if "'" in text or "`" in text:
        text = _apostrophes.sub("", text)
    if "." in text:
        text = _dotted.sub(lambda found: found.group().replace(".", "").replace(" ", "") + " ", text)
    if _letters_apart.search(text):
        text = _spaced.sub(_joined_letters, text)
    if _digit.search(text):
        text = _numbered.sub(" ", text)
    if "&" in text:
        text = text.replace("&", " and ")
    forms: set[str] = set()
    if not (proper or ("," in text and _surname_first.match(text))):
        for form, generic in extract_org_types(text, generic=True):
            if _is_legal_form(form) and not (form in rough and len(form) <= _SYLLABLE):
                text = _whole(form).sub(f" {generic} ", text)
                if word_of(generic).kind != "legal":  # what the form is called tells nothing of itself
                    forms.add(generic)
    tokens = from_wade_giles(_tokens.findall(text))
    if not _CYRILLIC_INITIALS.isdisjoint(tokens):
        tokens = _initials(tokens)
    if proper:
        words = [_proper_word(token) for token in tokens]
    else:
        if not _FIRST_OF_PHRASE.isdisjoint(tokens):
            tokens = _join_phrases(tokens)
        words = [word_of(token) for token in tokens]
        if not _TENS.isdisjoint([word.text for word in words]):
            words, tokens = _join_numbers(words, tokens)
        if forms:
            words = [
                word._replace(kind="legal") if token in forms else word
                for word, token in zip(words, tokens, strict=True)
            ]
    kinds = [word.kind for word in words]
    if "particle" in kinds and len(words) > 1 and sum([kind in _TELLING for kind in kinds]) < 2:
        words = [as_name(word.text) if word.kind == "particle" else word for word in words]
    if rough:
        words = [
            _of_script(word, token, rough) if token in rough else word
            for word, token in zip(words, tokens, strict=True)
        ]
    return ReadName(tuple(words), tuple(tokens))


def name_key(text: str) -> str:
    """What two spellings of one organisation's name have in common when no letter is wrong, to look it up by.

    These are its words in Latin letters without legal forms and fillers, or all its words when there are no others,
    written as one: spaces, hyphens and dots make no other name, nor do ä, ö, ü and å written ae, oe, ue and aa, as
    passports have them (ICAO Doc 9303, part 3). Empty when nothing can be read. It costs some microseconds where
    :func:`read_name` costs tens.
    """
    whole = _lowered(text)
    text = _without_forms(whole)
    if "." in text and (joined := _dotted.sub(_as_one_word, text)) != text:
        text = _without_forms(joined)
    if not text.isascii():
        text = latin(text)[0].lower()
    if "'" in text or "`" in text:
        text = _apostrophes.sub("", text)
    text = without_umlauts(text)
    tokens = _tokens.findall(text)
    if 1 in map(len, tokens):
        text = _other_forms.sub(" ", text).replace(" y ", " & ")
        tokens = _tokens.findall(_letters_in_a_row.sub(_as_one_word, text))
    words = [_KEY_MEANINGS.get(token) or (token, "name") for token in tokens]
    telling = [word for word, kind in words if kind not in _FILLERS]
    if words and len(tokens[0]) == 1 and words[0][1] in _FILLERS:
        telling.insert(0, tokens[0])  # O Neil
    if not tokens:  # its name is a legal form
        tokens = _tokens.findall(without_umlauts(latin(whole)[0].lower()))
    return "".join(telling or tokens)


def kinds_of_forms(text: str) -> frozenset[str]:
    """What a name has of legal forms, those of one kind as one: GmbH and S.r.l. are ``llc``."""
    text = _lowered(text)
    return frozenset([kind for form, kind in extract_org_types(text, generic=True) if _whole_form(form).search(text)])


def _lowered(text: str) -> str:
    text = clean(text).lower()
    return _dotted_apart.sub(".", text) if "." in text else text


def _without_forms(text: str) -> str:
    for form in dict(extract_org_types(text)):
        if _is_legal_form(form) or "partnership" in form:
            text = _whole_form(form).sub(" ", text)
    return text


def _as_one_word(letters: re.Match[str]) -> str:
    return "".join(filter(str.isalnum, letters.group())) + " "


def without_umlauts(text: str) -> str:
    """``text`` (lower-case ASCII) with an umlaut in two letters written as the one that it has without its dots."""
    if "ae" in text or "oe" in text or "ue" in text or "aa" in text:
        return _umlauts.sub(lambda umlaut: umlaut.group()[0], text)
    return text


# The last ones are legal forms that neither rigour nor the lexicon has.
_KEY_MEANINGS: Final = {
    **{without_umlauts(word): meaning for word, meaning in MEANINGS.items()},
    **MEANINGS,
    **dict.fromkeys(("publ", "haftungsbeschrankt", "tzov", "lda"), ("", "legal")),
}


@lru_cache(maxsize=4096)
def _whole_form(form: str) -> re.Pattern[str]:
    """A legal form that is no part of a longer one, as L.P. is of L.L.P.; one of few letters at the end of a name only:
    Swedish KB is no design bureau, as Russian KB is."""
    end = r"(?=\W*$)" if form.isascii() and form.isalpha() and len(form) <= _SHORT_FORM else ""
    return re.compile(rf"(?<!\w)(?<!\w\.){re.escape(form)}(?!\.?\w){end}")


def _of_script(word: Word, token: str, rough: dict[str, Script]) -> Word:
    """A word with its script; a syllable written on its own is a name, whatever it means in other languages."""
    script = rough[token]
    if not script:
        return as_name(token) if word.kind != "legal" else word
    return word._replace(script=script) if word.kind == "name" else word


@lru_cache(maxsize=262_144)
def _proper_word(token: str) -> Word:
    word = read_word(token)
    if word.kind in ("legal", "everyday", "generic", "place") or (word.kind == "roman" and len(token) == 2):
        return as_name(token)
    return word


@lru_cache(maxsize=4096)
def _is_legal_form(form: str) -> bool:
    """Whether rigour's legal form is one: II is a number, "scientific and production enterprise" a description."""
    words = [word_of(word) for word in _tokens.findall(form)]
    return "unitary" in form or all(word.kind not in ("generic", "roman") for word in words)


@lru_cache(maxsize=4096)
def _whole(form: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(form)}(?!\w)")


def _unless_acronym(found: re.Match[str]) -> str:
    """Nothing, when the brackets repeat the initials of the words before them: Muhammad Jamal Network (MJN)."""
    words = _tokens.findall(found.string[: found.start()])
    acronym = found.group(1)
    initials = "".join([word[0] for word in words])
    telling = "".join([word[0] for word in words if word_of(word).kind not in ("empty", "particle")])
    return " " if len(acronym) > 2 and (initials.endswith(acronym) or telling.endswith(acronym)) else found.group()


def _joined_letters(found: re.Match[str]) -> str:
    """Letters written apart as a word, and the legal form they end in as another: S I S d o o."""
    text = found.group().replace(" ", "")
    starts = range(_SPACED_NAME, len(text) - _SPACED_NAME)
    form = next((at for at in starts if word_of(text[at:]).kind == "legal"), 0)
    return f"{text[:form]} {text[form:]}" if form else text


def _initials(tokens: list[str]) -> list[str]:
    """``tokens`` with the two letters of a Cyrillic initial as one, where another initial follows: Ya M Sverdlov."""
    return [
        token[0] if token in _CYRILLIC_INITIALS and len(next_one) == 1 and next_one.isalpha() else token
        for token, next_one in zip_longest(tokens, tokens[1:], fillvalue="")
    ]


def _join_numbers(words: list[Word], tokens: list[str]) -> tuple[list[Word], list[str]]:
    """Forty-four is 44."""
    joined_words: list[Word] = []
    joined_tokens: list[str] = []
    for word, token in zip(words, tokens, strict=True):
        if word.kind == "number" and word.text in _UNITS and joined_words and joined_words[-1].text in _TENS:
            joined_words[-1] = word_of(str(int(joined_words[-1].text) + int(word.text)))
            joined_tokens[-1] += f" {token}"
        else:
            joined_words.append(word)
            joined_tokens.append(token)
    return joined_words, joined_tokens


def _join_phrases(tokens: list[str]) -> list[str]:
    joined: list[str] = []
    for token in tokens:
        if joined and (joined[-1], token) in PHRASES:
            joined[-1] += token
        else:
            joined.append(token)
    return joined
