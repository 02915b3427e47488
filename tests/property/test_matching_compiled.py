"""The compiled loops answer as plain code does."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.matching.vocabulary import Vocabulary
from streams.matching.words import read_word

FLOOR = 0.76

letters = st.text(alphabet="abeiklnorstuz", min_size=1, max_size=12)


@st.composite
def neighbours(draw: st.DrawFn) -> list[str]:
    """A word and some that are a few letters from it."""
    word = draw(letters)
    words = [word]
    for _ in range(draw(st.integers(1, 6))):
        other = draw(st.sampled_from(words))
        at = draw(st.integers(0, len(other)))
        words.append(
            other[:at] + draw(st.sampled_from(["", "a", "r", "t", "st"])) + other[at + draw(st.integers(0, 2)) :] or "x"
        )
    return words


@settings(max_examples=500, deadline=None)
@given(words=neighbours(), more=st.lists(letters, max_size=5))
@example(
    words=["sokolov", "soklov", "skolov", "sokolof", "solokov"], more=["maria", "marie", "bob", "robert", "li", "lee"]
)
@example(words=["a" * 300, "a" * 299 + "b"], more=["ltd", "limited"])
def test_the_words_found_are_those_of_comparing_with_every_word(words: list[str], more: list[str]) -> None:
    listed = Vocabulary.empty().extended([read_word(word) for word in words[1:]])
    listed = listed.extended([read_word(word) for word in more])
    for word in (*words, *more):
        asked = read_word(word)
        assert listed.alike(asked, FLOOR) == listed.alike_exhaustively(asked, FLOOR)
