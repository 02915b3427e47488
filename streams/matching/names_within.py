"""The names within one field, where somebody has put several into it, or more than a name.

``Newtech FZE c/o Inspur Group``, ``Inspur Co., Ltd. - Warehouse 3``, or a role, a telephone and an address beside a
name: read as one name, what was added speaks against every listed one. So what such words and signs set apart is asked
for, too, beside the whole, which may be a name all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from streams.matching.lexicon import Kind
from streams.matching.names import ReadName, read_name
from streams.matching.words import Word, cut_short

# Between two names, or between a name and what is told of it.
_between = re.compile(
    r"""[;|\n\r]|\s/\s
    |(?<!\w)(?:
        [cf]/o | [dafn]/[bk]/a | t/a | o/b/o | dba | aka | fka | nka | obo | care\ of | attn
        | (?:doing\ business|trading|operating)\ (?:as|under) | (?:also|now)\ known\ as | (?<=\s)alias
        | (?:formerly|previously)(?:\ (?:known\ as|called|named))?
        | on\ behalf\ of | for\ (?:the\ )?account\ of | to\ (?:the\ )?order\ of
        | (?:part|subsidiary|branch|division)\ of | ultimate\ consignee | notify\ party
        | (?:attention|consignee|shipper|notify|beneficiary|applicant)(?=:)
        | (?:tel|phone|telephone|mobile|fax|e-?mail|vat|swift|iban|tax\ id)(?=[.:]|\ (?:no\b|\+?[(\d]))
    )(?!\w)[.:]?""",
    re.IGNORECASE | re.VERBOSE,
)
_ENDS: Final = frozenset({"ltd", "llc", "inc", "plc", "gmbh", "bhd", "fze", "fzco", "ltda", "srl"})
"""Legal forms that end a name, as they are read. OOO is read so, too, but before a name there is none that it ends."""
_bracketed = re.compile(r"[(\[{（]([^()\[\]{}（）\s]+\s[^()\[\]{}（）]+)[)\]}）]")
_signs = re.compile(r"[;|\n\r/(\[{（]")
_TOLD_BY: Final = """
dba aka fka nka obo care attn as under alias formerly previously behalf account order part subsidiary branch division
consignee party attention shipper notify beneficiary applicant tel phone telephone mobile fax mail email vat swift iban
tax
"""
_WORDS: Final = frozenset(_TOLD_BY.split())
"""Without one of these words, or of the signs, a name has nothing in it that ``_between`` looks for."""
_CUT_AT: Final = frozenset({34, 35, 39, 40})
"""So many characters of a name payments (SWIFT MT), EDIFACT and many systems keep, one less before a space."""
_TELL_NOBODY: Final[frozenset[Kind]] = frozenset({"place", "legal", "empty", "particle", "number", "roman", "initial"})


def names_within(text: str, read: ReadName, proper: bool) -> list[ReadName]:
    """The names that something in ``text``, which is ``read`` whole, sets apart; none where nothing does.

    A name whose last word the field has cut short, so that it begins a business word or a legal form, is one with that
    word, too.
    """
    whole = [] if proper or len(text.strip()) not in _CUT_AT else _completed(read)
    names = [read]
    if not _WORDS.isdisjoint(read.tokens) or _signs.search(text) is not None:
        pieces = (text, *_bracketed.findall(text))
        names = [read_name(part, proper) for piece in pieces for part in _between.split(piece)]
    elif not _runs_on(read.words):
        return whole
    found = dict.fromkeys([one for name in names for one in _ended(name)])
    found.pop(read, None)
    return whole + [name for name in found if not _TELL_NOBODY.issuperset([word.kind for word in name.words])]


def _completed(name: ReadName) -> list[ReadName]:
    last = cut_short(name.tokens[-1]) if name.words and name.words[-1].kind == "name" else None
    return [] if last is None else [ReadName((*name.words[:-1], last), name.tokens)]


def _runs_on(words: Sequence[Word]) -> bool:
    """Whether something follows a legal form."""
    return bool(words) and words[-1].kind != "legal" and "legal" in [word.kind for word in words]


def _ended(name: ReadName) -> Iterator[ReadName]:
    """What ends in a legal form within ``name``, or else the whole."""
    start = 0
    if _runs_on(name.words):
        for at, (word, following) in enumerate(pairwise(name.words)):
            if word.text in _ENDS and word.kind == "legal" != following.kind:
                yield ReadName(name.words[start : at + 1], name.tokens[start : at + 1])
                start = at + 1
    if not start:
        yield name
