from evalmuse_hf.prompts.labels import CATEGORY_LABELS, DIMENSIONS, LOGIC_LABELS, NO_LABEL, STYLE_LABELS
from evalmuse_hf.prompts.rule_labelling import RuleLabeller


def test_there_are_as_many_labels_as_in_the_paper():
    assert [len(labels) for labels in DIMENSIONS.values()] == [13, 7, 6]
    assert list(DIMENSIONS) == ["category", "logic", "style"]


def test_each_dimension_is_sorted_and_names_nothing_twice():
    for labels in (CATEGORY_LABELS, LOGIC_LABELS, STYLE_LABELS):
        assert list(labels) == sorted(set(labels))


def test_none_is_a_label_of_logic_and_style_only():
    assert [NO_LABEL in labels for labels in DIMENSIONS.values()] == [False, True, True]


def test_a_labeller_keeps_the_protocol():
    labels = RuleLabeller().label(["a cat", "two dogs"])
    assert len(labels) == 2
    for found in labels:
        for dimension, known in DIMENSIONS.items():
            mine = getattr(found, dimension)
            assert mine == tuple(label for label in known if label in mine)
