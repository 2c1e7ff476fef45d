"""What is shown, and the way back to what was said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.spoken.numerals import DECADE_OF, DENOMINATOR_OF, ORDINAL_VALUE_OF, SCALES, VALUE_OF, cardinal, digits, ordinal, year
from models.spoken.write import Span, write_numbers
from models.text import Region, normalise_text, search_text

# Everything a rule looks at, and words that none does.
_OTHERS = (
    "hundred a an and of the to point minus past at half quarter oh o double triple am pm p m o'clock may june dollars pounds cents euros "
    "percent grams cups hour minutes second degrees celsius route version between timer under flour people"
)
_WORDS = st.sampled_from([*VALUE_OF, *ORDINAL_VALUE_OF, *DECADE_OF, *DENOMINATOR_OF, *SCALES[1:], *_OTHERS.split()])
spoken_texts = st.lists(_WORDS, max_size=9).map(" ".join)
_NUMBERS = st.one_of(
    st.integers(0, 10**12).map(cardinal),
    st.integers(1010, 1999).map(year),
    st.integers(1, 999).map(cardinal).map(ordinal),
    st.builds("{} point {}".format, st.integers(0, 999).map(cardinal), st.integers(0, 999).map(str).map(digits)),
    st.builds("{} and a half".format, st.integers(1, 99).map(cardinal)),
    st.builds("minus {}".format, st.integers(0, 999).map(cardinal)),
)
_COUNTED = (
    "grams",
    "kilograms",
    "liters",
    "miles per hour",
    "percent",
    "degrees celsius",
    "minutes",
    "cups",
    "dollars",
    "euros",
    "people",
    "eggs",
    "",
)
number_phrases = st.builds("{} {} then".format, _NUMBERS, st.sampled_from(_COUNTED)).map(lambda text: " ".join(text.split()))
"""One number and what it counts."""


def test_a_span_says_which_words_stand_where() -> None:
    written = write_numbers("bake two hundred grams for an hour and a half")
    assert written.text == "bake 200 g for 1 1/2 hours"
    assert written.spans == (Span(1, 3, "two hundred grams", 5, 10), Span(5, 5, "an hour and a half", 15, 26))


@pytest.mark.parametrize(("region", "text"), [(Region.US, "20 lb"), (Region.UK, "£20")])
def test_the_region_decides_what_pounds_are(region: Region, text: str) -> None:
    assert write_numbers("twenty pounds", region).text == text
    assert write_numbers("twenty pounds of beef", region).text == "20 lb of beef"


@given(spoken_texts, st.sampled_from(Region))
def test_what_was_said_comes_back_word_for_word(spoken: str, region: Region) -> None:
    written = write_numbers(spoken, region)
    assert written.spoken == spoken
    words = spoken.split()
    for span in written.spans:
        assert span.spoken.split() == words[span.first_word : span.first_word + span.word_count]
        assert any(character.isdigit() for character in written.text[span.start : span.end])
    assert [span.first_word for span in written.spans] == sorted({span.first_word for span in written.spans})


@given(st.text("abc' \n", max_size=30))
def test_words_without_numbers_stay(text: str) -> None:
    assert write_numbers(text).text == " ".join(text.split())


@given(number_phrases)
def test_said_shown_and_read_aloud_are_searched_for_alike(spoken: str) -> None:
    shown = write_numbers(spoken).text
    assert search_text(spoken) == search_text(shown) == search_text(normalise_text(shown))


@given(number_phrases)
def test_what_is_shown_is_written_already(spoken: str) -> None:
    shown = write_numbers(spoken).text
    assert write_numbers(shown).text == shown
    assert write_numbers(normalise_text(shown)).text == shown
