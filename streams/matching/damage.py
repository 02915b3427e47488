"""Text damaged or disguised on its way, put right: encodings read wrongly, escapes left in, letters lost or turned."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final
from urllib.parse import unquote

_entity = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
_percents = re.compile(r"%20|(?:%[c-fC-F][0-9a-fA-F](?:%[89abAB][0-9a-fA-F])+)")
_lost = re.compile(r"(?<=[^\W\d_])\?(?=[^\W\d_])")
_accents_alone = re.compile("(?<![A-Za-z])[\xa1-\xff]{4,}(?![A-Za-z])")
_overridden = re.compile("\u202e([^\u202c\u202e]*)\u202c?")
_RIGHT_TO_LEFT: Final = ("R", "AL", "AN")
# What code page 1252 shows in place of the bytes 80 to 9F.
_BYTES: Final = {ord(bytes([byte]).decode("cp1252", "ignore") or chr(byte)): chr(byte) for byte in range(0x80, 0xA0)}
_MARKS: Final = re.compile("[\xa0-\xbf\u2000-\u206f\u3000-\u303f\uff00-\uffef]")


def is_suspect(text: str) -> bool:
    """Whether there may be anything to mend: quick, as nearly every name is plain."""
    return not (text.isascii() and text.isprintable()) or "?" in text or "%" in text or ("&" in text and ";" in text)


def mended(text: str) -> str:
    """``text`` as it was written.

    - A reference of HTML or a percent-encoded character (RFC 3986) stands for its character.
    - What are bytes of valid UTF-8 when read as code page 1252 or Latin-1 was UTF-8: Ã¡ is á. By chance no text is.
    - Words of accented letters alone are no Western language's, but Russian in code page 1251 or Chinese in GB 2312.
    - Latin letters behind a right-to-left override (UAX #9) are read as they are shown.
    - A question mark within a word is a letter that some code page did not have: it is left out.
    """
    if "&" in text:
        text = _entity.sub(lambda found: html.unescape(found.group()), text)
    if "%" in text:
        text = _percents.sub(lambda found: unquote(found.group()), text)
    if not text.isascii():
        text = _as_shown(_accents_alone.sub(_of_other_code_page, _of_utf8(text)))
    return _lost.sub("", text) if "?" in text else text


def _of_utf8(text: str) -> str:
    try:
        written = text.translate(_BYTES).encode("latin-1").decode()
    except UnicodeError:
        return text
    return written if all(map(_may_be_in_a_name, written)) else text


def _may_be_in_a_name(char: str) -> bool:
    """Whether it is of a living script: CAFÉ™ is no word with the phonetic letter that its last two bytes make."""
    return char.isascii() or bool(_MARKS.match(char)) or (char.isalpha() and not "\u0180" <= char <= "\u036f")


def _of_other_code_page(found: re.Match[str]) -> str:
    text = found.group()
    code_page = "cp1251" if min(text) >= "\xc0" else "gb2312"
    try:
        written = text.encode("latin-1").decode(code_page)
    except UnicodeError:
        return text
    return written if written.isalpha() else text


def _as_shown(text: str) -> str:
    return _overridden.sub(_turned, text) if "\u202e" in text else text


def _turned(found: re.Match[str]) -> str:
    inner = found.group(1)
    return inner if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in inner) else inner[::-1]
