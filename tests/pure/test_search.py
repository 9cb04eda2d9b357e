"""Text made searchable."""

import pytest

from exchanges import search


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Gestão da Água (B2)", ["gestao", "da", "agua", "b2"]),
        ("Straße, ÅNGSTRÖM; ﬁnd ½", ["strasse", "angstrom", "find", "1", "2"]),
        ("snake_case e-mail it's", ["snake", "case", "e", "mail", "it", "s"]),
        ("水資源", ["水資源"]),
        ("\0 \n\t ' % & | ! : *", []),
        ("x" * 100, ["x" * search.LONGEST_WORD]),
    ],
)
def test_words(text, words):
    assert search.words(text) == words


def test_searchable_keeps_the_title_on_its_own_line_and_every_other_word_once():
    assert (
        search.searchable("Two rivers, two", ["Rivers rivers", "and a studio"]) == "two rivers two\nrivers and a studio"
    )


def test_asked_is_short():
    assert len(search.asked("a b c d e f g h i j k l")) == search.MOST_WORDS
