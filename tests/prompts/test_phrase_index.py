import pytest

from evalmuse_hf.prompts.phrase_index import Mention, PhraseIndex, plurals, split_phrases, tokenize, word_set


@pytest.fixture
def index():
    return PhraseIndex(
        {"food": "hot dog, cake, orange juice", "animal": "cat, dog, puppy", "thing": "dog, teddy bear"}
    )


def test_the_longest_phrase_counts_and_nothing_begins_inside_it(index):
    assert list(index.find(tokenize("a hot dog and a dog"))) == [
        Mention(1, 3, ("food",)),
        Mention(5, 6, ("animal", "thing")),
    ]


@pytest.mark.parametrize(
    "text, found",
    [("Hot dogs", 1), ("puppies", 1), ("teddy bears", 1), ("hots dog", 1), ("cats' cakes", 2), ("hot", 0), ("", 0)],
    ids=["of two words", "irregular", "last word", "first word alone is no phrase", "two", "half a phrase", "nothing"],
)
def test_plurals_are_found(index, text, found):
    assert len(list(index.find(tokenize(text)))) == found


def test_a_phrase_that_the_text_cuts_off_does_not_reach_beyond_it():
    """A slice at the end is short; "cake shop" must not be found, and "cake" must end where the text ends."""
    index = PhraseIndex({"place": "cake shop window", "food": "cake"})
    assert list(index.find(["a", "cake"])) == [Mention(1, 2, ("food",))]
    assert list(index.find(["a", "cake", "shop"])) == [Mention(1, 2, ("food",))]


def test_has_says_whether_there_is_any(index):
    assert index.has(tokenize("my puppy"))
    assert not index.has(tokenize("my hot tea"))


def test_tokens_keep_what_prompts_are_written_with():
    assert tokenize("F/1.8, 16:9 corgi's 8k (cat:1.2) co-op 猫") == [
        *("f", "/", "1.8", ",", "16:9", "corgi", "'s", "8k", "(", "cat", ":", "1.2", ")", "co-op", "猫"),
    ]
    assert tokenize("Jane's", keep_case=True) == ["Jane", "'s"]


@pytest.mark.parametrize(
    "noun, expected",
    [("cat", ["cats"]), ("bus", ["buses"]), ("wolf", ["wolves"]), ("glass", ["glasses"]), ("day", ["days"])],
)
def test_plurals(noun, expected):
    assert plurals(noun) == expected


def test_texts_of_phrases_and_words():
    assert split_phrases(" a b ,\n c,,") == ["a b", "c"]
    assert word_set(" a  b\n a") == {"a", "b"}
