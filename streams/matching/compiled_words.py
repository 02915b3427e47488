"""Compiled loops over the words of lists: keys, edit distances, likeness.

Strings are bytes in one array, string i from ``at[i]`` to ``at[i + 1]``. What the numbers mean is said in
:mod:`streams.matching.words` and :mod:`streams.matching.rough`, whose plain answers these repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.matching.arrays import Bytes, Chars, Keys, Names, Numbers, Values, compiled

_NUMBER_BITS: Final = 24
_NUMBER: Final = (1 << _NUMBER_BITS) - 1
"""Keys are kept with the number of the word that has them, in the lowest bits."""
_BUCKET_BITS: Final = 17
_BUCKETS: Final = 1 << _BUCKET_BITS
_OFFSET, _PRIME, _MIX = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3), np.uint64(0x9E3779B97F4A7C15)
_NONE: Final = -1


_TEXT, _SOUND, _SKELETON, _END, _LETTERS, _PLAIN = 0, 1, 2, 3, 4, 7
"""The columns of a word as spelt: where its text, sound and skeleton begin and the last ends, a bit for each letter of
each of the three, and whether it is plain."""
_COLUMNS: Final = 8
UNDECIDED: Final = -1.0
"""Stands for the likeness of words that edits alone do not tell."""


@compiled
def _letters(chars: Chars, start: int, end: int) -> int:
    """A bit for each letter of a string; digits share the bits of some letters."""
    letters = 0
    for i in range(start, end):
        letters |= 1 << int(chars[i] & 31)
    return letters


@compiled
def _rows(chars: Bytes, at: Numbers, plain: NDArray[np.bool]) -> Names:
    """Words as spelt, string i from ``at[i]`` on: text, sound and skeleton of one after the other."""
    rows = np.empty((len(plain), _COLUMNS), np.int32)
    for word in range(len(plain)):
        for part in range(3):
            start, end = at[3 * word + part], at[3 * word + part + 1]
            rows[word, _TEXT + part] = start
            rows[word, _LETTERS + part] = _letters(chars, start, end)
        rows[word, _END] = at[3 * word + 3]
        rows[word, _PLAIN] = plain[word]
    return rows


class Spellings(NamedTuple):
    """Words as spelt: ``chars`` of text, sound and skeleton of one after the other, and a row for each that says where.

    ``fuzzy`` words may be alike without being the same, plain ones are so by edits alone. What a look-up needs of a
    word lies together in memory, as it reads words here and there.
    """

    chars: Bytes
    rows: Names
    fuzzy: NDArray[np.bool]

    @classmethod
    def of(cls, strings: Sequence[str], fuzzy: Sequence[bool], plain: Sequence[bool]) -> Spellings:
        """Of lower-case ASCII letters and digits: text, sound and skeleton of one word after the other."""
        at = np.zeros(len(strings) + 1, np.int64)
        np.cumsum([len(string) for string in strings], out=at[1:])
        chars = np.frombuffer("".join(strings).encode("ascii"), np.uint8)
        return cls(chars, _rows(chars, at, np.array(plain, np.bool)), np.array(fuzzy, np.bool))

    def followed_by(self, more: Spellings) -> Spellings:
        """These and ``more``."""
        later = more.rows.copy()
        later[:, : _END + 1] += len(self.chars)
        return Spellings(
            np.concatenate((self.chars, more.chars)),
            np.concatenate((self.rows, later)),
            np.concatenate((self.fuzzy, more.fuzzy)),
        )


@compiled
def _hash(chars: Chars, start: int, end: int, left_out: int, seed: int) -> np.uint64:
    """40 bits of a string's hash without one letter (FNV-1a, mixed), above room for a number."""
    value = _OFFSET ^ np.uint64(seed)
    for i in range(start, end):
        if i != left_out:
            value = (value ^ np.uint64(chars[i])) * _PRIME
    value = (value ^ (value >> np.uint64(29))) * _MIX
    value ^= value >> np.uint64(32)
    return value << np.uint64(_NUMBER_BITS)


@compiled
def _same(chars: Chars, a0: int, a1: int, b0: int, b1: int) -> bool:
    """Whether two stretches of a string are the same."""
    while a0 < a1 and b0 < b1 and chars[a0] == chars[b0]:
        a0 += 1
        b0 += 1
    return a0 == a1 and b0 == b1


@compiled
def _word_keys(
    chars: Chars, text: int, sound: int, skeleton: int, end: int, shortest: tuple[int, int, int], out: Keys
) -> int:
    """Hashes of the keys of one word (:func:`streams.matching.words.share_a_key`) but for those of given names.

    Keys of text and sound are of one sort, so that a word that sounds as it is written has them once. ``shortest`` are
    the least letters of a text, the most of a sound, and the least of a skeleton whose letters are (not) left out.
    """
    written, short, short_skeleton = shortest
    out[0] = _hash(chars, sound, skeleton, _NONE, 0)
    n = 1
    if sound - text >= written and not (skeleton - sound > short and _same(chars, text, sound, sound, skeleton)):
        out[n] = _hash(chars, text, sound, _NONE, 0)
        n += 1
        for i in range(text, sound):
            out[n] = _hash(chars, text, sound, i, 0)
            n += 1
    if skeleton - sound > short:
        for i in range(sound, skeleton):
            out[n] = _hash(chars, sound, skeleton, i, 0)
            n += 1
        out[n] = _hash(chars, skeleton, end, _NONE, 1)
        n += 1
        if end - skeleton >= short_skeleton:
            for i in range(skeleton, end):
                out[n] = _hash(chars, skeleton, end, i, 1)
                n += 1
    return n


@compiled
def pack_keys(chars: Bytes, rows: Names, fuzzy: NDArray[np.bool], first: int, shortest: tuple[int, int, int]) -> Keys:
    """Each key's hash with the number of the word that has it, sorted; words are numbered from ``first`` on."""
    packed = np.empty(len(chars) + 3 * len(fuzzy), np.uint64)
    longest = 0
    for word in range(len(fuzzy)):
        longest = max(longest, rows[word, _END] - rows[word, _TEXT])
    keys = np.empty(longest + 3, np.uint64)
    total = 0
    for word in range(len(fuzzy)):
        if fuzzy[word]:
            text, sound, skeleton, end = rows[word, _TEXT], rows[word, _SOUND], rows[word, _SKELETON], rows[word, _END]
            n = _word_keys(chars, text, sound, skeleton, end, shortest, keys)
            for i in range(n):
                packed[total] = keys[i] | np.uint64(first + word)
                total += 1
    found = packed[:total].copy()
    found.sort()
    return found


@compiled
def bucket_keys(packed: Keys) -> Names:
    """Where the keys of each bucket begin: those whose highest bits are its number."""
    starts = np.zeros(_BUCKETS + 1, np.int32)
    for key in packed:
        starts[np.int64(key >> np.uint64(64 - _BUCKET_BITS)) + 1] += 1
    for bucket in range(_BUCKETS):
        starts[bucket + 1] += starts[bucket]
    return starts


@compiled
def _edits(a: Chars, a0: int, a1: int, b: Bytes, b0: int, b1: int, rows: NDArray[np.int32]) -> int:
    """The optimal string alignment distance: insert, delete, replace, swap neighbours."""
    while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
        a0 += 1
        b0 += 1
    while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
        a1 -= 1
        b1 -= 1
    n, m = a1 - a0, b1 - b0
    if n == 0 or m == 0:
        return n + m
    before, last, row = 0, 1, 2
    for j in range(m + 1):
        rows[last, j] = j
    for i in range(1, n + 1):
        rows[row, 0] = i
        for j in range(1, m + 1):
            best = rows[last, j - 1] + (a[a0 + i - 1] != b[b0 + j - 1])
            best = min(best, rows[last, j] + 1, rows[row, j - 1] + 1)
            if i > 1 and j > 1 and a[a0 + i - 1] == b[b0 + j - 2] and a[a0 + i - 2] == b[b0 + j - 1]:
                best = min(best, rows[before, j - 2] + 1)
            rows[row, j] = best
        before, last, row = last, row, before
    return int(rows[last, m])


@compiled
def _count(bits: int) -> int:
    n = 0
    while bits:
        bits &= bits - 1
        n += 1
    return n


@compiled
def _least_edits(a: int, b: int) -> int:
    """How many edits two strings of these letters differ in at least: one brings or takes away one letter."""
    return max(_count(a & ~b), _count(b & ~a))


@compiled
def _one_left_out(a: Chars, a0: int, a1: int, b: Bytes, b0: int, b1: int) -> bool:
    """Whether two strings are the same when at most one letter of each is left out."""
    while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
        a0 += 1
        b0 += 1
    while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
        a1 -= 1
        b1 -= 1
    n, m = a1 - a0, b1 - b0
    if n <= 1 and m <= 1:
        return True
    if n != m:
        return False
    first = second = True
    for i in range(n - 1):
        first = first and a[a0 + i + 1] == b[b0 + i]
        second = second and a[a0 + i] == b[b0 + i + 1]
    return first or second


@compiled
def _likeness(doubled_edits: int, length: int) -> float:
    edits = doubled_edits / 2
    return 1.0 - edits * (1.0 + edits) / (2 * length)


@compiled
def alike_words(
    word: bytes,
    sound: int,
    skeleton: int,
    is_plain: bool,
    chars: Bytes,
    rows: Names,
    packed: Keys,
    buckets: Names,
    shortest: tuple[int, int, int],
    same_sound: tuple[float, float],
    floor: float,
    seen: NDArray[np.bool],
    numbers: Numbers,
    values: Values,
) -> int:
    """Fill in the ``numbers`` of the listed words at least ``floor`` like a word, and their likeness.

    ``word`` is its text, then from ``sound`` and ``skeleton`` on these. :data:`UNDECIDED` are words that share a key
    with it where edits alone do not tell. ``same_sound`` are what another spelling costs and the least likeness of
    words that sound the same. ``seen``, false before and after, ``numbers`` and ``values`` are room to work in, as long
    as the list of words.
    """
    spelling_cost, least_same_sound = same_sound
    end = len(word)
    long_text, short, short_skeleton = shortest
    keys = np.empty(end + 3, np.uint64)
    shared = 0
    for k in range(_word_keys(word, 0, sound, skeleton, end, shortest, keys)):
        key = keys[k]
        bucket = np.int64(key >> np.uint64(64 - _BUCKET_BITS))
        for place in range(buckets[bucket], buckets[bucket + 1]):
            if packed[place] >= key:
                if packed[place] > key | np.uint64(_NUMBER):
                    break
                number = np.int64(packed[place] & np.uint64(_NUMBER))
                if not seen[number]:
                    seen[number] = True
                    numbers[shared] = number
                    shared += 1
    if shared == 0:
        return 0
    edits = np.empty((3, end + 64), np.int32)
    in_text, in_sound = _letters(word, 0, sound), _letters(word, sound, skeleton)
    in_skeleton = _letters(word, skeleton, end)
    found = 0
    for candidate in range(shared):
        number = numbers[candidate]
        seen[number] = False
        row = rows[number]
        decided = is_plain and row[_PLAIN] != 0
        value = 0.0
        if decided:
            t, s, k, e = row[_TEXT], row[_SOUND], row[_SKELETON], row[_END]
            by_sound_of, written_of = max(skeleton - sound, k - s), max(sound, s - t)
            by_sound = _least_edits(in_sound, row[_LETTERS + 1])
            written = _least_edits(in_text, row[_LETTERS])
            consonants = _least_edits(in_skeleton, row[_LETTERS + 2])
            as_written = _likeness(written + min(consonants, written), written_of)
            if max(_likeness(by_sound + consonants, by_sound_of), as_written) < floor:
                continue
            if e - t + 1 > edits.shape[1]:
                edits = np.empty((3, e - t + 1), np.int32)
            by_sound = _edits(word, sound, skeleton, chars, s, k, edits)
            written = _edits(word, 0, sound, chars, t, s, edits)
            if by_sound == 0:
                decided = min(sound, s - t) > short  # a shorter one may be an acronym, which has no sound
                value = max(1.0 - spelling_cost * written / written_of, least_same_sound)
            else:
                if max(_likeness(by_sound, by_sound_of), _likeness(written, written_of)) < floor:
                    continue
                consonants = _edits(word, skeleton, end, chars, k, e, edits)
                as_written = _likeness(written + min(consonants, written), written_of)
                value = max(_likeness(by_sound + consonants, by_sound_of), as_written)
                if value < floor:
                    continue
                key_shared = consonants == 0 or _one_left_out(word, sound, skeleton, chars, s, k)
                if not key_shared and min(sound, s - t) >= long_text:
                    key_shared = _one_left_out(word, 0, sound, chars, t, s)
                if not key_shared and max(end - skeleton, e - k) >= short_skeleton:
                    key_shared = _one_left_out(word, skeleton, end, chars, k, e)
                if not key_shared:
                    continue
        if not decided or value >= floor:
            numbers[found] = number
            values[found] = value if decided else UNDECIDED
            found += 1
    return found


@compiled
def alike_roughly(
    word: Bytes,
    parts: tuple[int, int, int],
    vowel_first: bool,
    script: int,
    han_name: int,
    is_pinyin: bool,
    groups: Numbers,
    members: Names,
    members_at: Numbers,
    chars: Bytes,
    at: Numbers,
    vowels_first: NDArray[np.bool],
    scripts: Bytes,
    pinyin: NDArray[np.bool],
    costs: tuple[float, float, float, float],
    range_of: tuple[float, float, float],
    short: int,
    floor: float,
    numbers: Numbers,
    values: Values,
) -> int:
    """Fill in the ``numbers`` and likeness of words of other scripts, as :func:`streams.matching.rough.similarity`.

    ``word`` is its classes, then from ``parts`` on these without l, its letters and vowels; so are the listed words in
    ``chars``. Those in one of the ``groups`` of ``members`` have the same classes, and share a key with the word.
    ``costs`` are those of a class, a letter, a vowel and a start, ``range_of`` the least raw likeness and what it is
    mapped to. Only words at least ``floor`` like it are left, and none in pinyin for a Chinese name in Han.
    """
    class_cost, letter_cost, vowel_cost, start_cost = costs
    least, lowest, highest = range_of
    thin, letters, vowels = parts
    end = len(word)
    rows = np.empty((3, end + 64), np.int32)
    found = 0
    for group in groups:
        first = members[members_at[group]]
        c, t, e = at[4 * first], at[4 * first + 1], at[4 * first + 2]
        if e - c + 1 > rows.shape[1]:
            rows = np.empty((3, e - c + 1), np.int32)
        longest = max(thin, t - c)
        edits = _edits(word, 0, thin, chars, c, t, rows) + _edits(word, thin, letters, chars, t, e, rows)
        limit = (1.0 - least) * (longest + class_cost)
        if class_cost * edits / 2 > limit or (longest <= short and edits > 0):
            continue
        for place in range(members_at[group], members_at[group + 1]):
            other = members[place]
            if scripts[other] == script:
                continue
            if (script == han_name and pinyin[other]) or (scripts[other] == han_name and is_pinyin):
                continue
            a, b, e = at[4 * other + 2], at[4 * other + 3], at[4 * other + 4]
            if e - a + 1 > rows.shape[1]:
                rows = np.empty((3, e - a + 1), np.int32)
            cost = class_cost * edits / 2 + start_cost * (vowels_first[other] != vowel_first)
            by_letters = _edits(word, letters, vowels, chars, a, b, rows)
            by_vowels = _edits(word, vowels, end, chars, b, e, rows)
            cost += letter_cost * by_letters + vowel_cost * by_vowels
            if cost > limit:
                continue
            raw = 1.0 - cost / (longest + class_cost)
            value = lowest + (highest - lowest) * max(raw - least, 0.0) / (1.0 - least)
            if value >= floor:
                numbers[found] = other
                values[found] = value
                found += 1
    return found
