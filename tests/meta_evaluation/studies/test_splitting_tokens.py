from evalmuse_hf.meta_evaluation.studies.splitting_tokens import LABELS, NONE, content_tokens, label_tokens
from evalmuse_hf.schema import CATEGORIES, Element


def test_every_category_has_a_number_of_its_own():
    assert sorted(LABELS.values()) == list(range(1, len(CATEGORIES) + 1))
    assert NONE not in LABELS.values()


def test_stop_words_are_no_content_words():
    text = "a red cat on the old sofa"  # as it is cleaned
    assert [text[start:end] for start, end in content_tokens("A red cat, on the old sofa!".replace(",", ""))] == [
        *("red", "cat", "old", "sofa")
    ]


def test_words_take_the_category_of_their_element():
    elements = [Element("red", "color"), Element("cat", "animal/human"), Element("on", "spatial")]
    assert label_tokens("a red cat on the sofa", elements) == [LABELS["color"], LABELS["animal/human"], NONE]


def test_the_shortest_of_two_elements_decides_and_of_equal_ones_the_first():
    table, wooden = Element("old wooden table", "object"), Element("wooden", "material")
    expected = [LABELS["object"], LABELS["material"], LABELS["object"]]
    assert label_tokens("an old wooden table", [table, wooden]) == expected
    assert label_tokens("an old wooden table", [wooden, table]) == expected
    assert label_tokens("blue", [Element("blue", "attribute"), Element("blue", "color")]) == [LABELS["attribute"]]


def test_an_element_that_is_not_there_labels_nothing_and_one_without_category_is_other():
    assert label_tokens("a cat", [Element("dog", "object")]) == [NONE]
    assert label_tokens("a cat", [Element.from_text("cat")]) == [LABELS["other"]]


def test_part_of_a_word_with_a_hyphen_counts():
    assert label_tokens("an award-winning photo", [Element("award", "object")])[0] == LABELS["object"]
