import pytest

from evalmuse_hf.prompts.labelling_run import count_labels, label_prompts, labelled_row, read_prompt_rows
from evalmuse_hf.prompts.labels import PromptLabels
from evalmuse_hf.prompts.rule_labelling import RuleLabeller
from evalmuse_hf.prompts.tables import TableRow

LABELS = PromptLabels(("Animals",), ("Color", "Number"), ("None",))


def rows(*values):
    return [TableRow(f"row {number}", value) for number, value in enumerate(values, start=1)]


def test_rows_keep_their_columns():
    found = read_prompt_rows(rows({"prompt_id": 7, "text": "a cat", "more": 1}), column="text")
    assert [(row.prompt_id, row.prompt, dict(row.values)) for row in found] == [
        ("7", "a cat", {"prompt_id": 7, "text": "a cat", "more": 1})
    ]


@pytest.mark.parametrize(
    "values, message",
    [
        ([], "has no rows"),
        ([{"prompt": "a"}], "row 1 has no column id or prompt_id, only prompt"),
        ([{"id": "1"}], "row 1 has no column prompt, only id"),
        ([{"id": "1", "prompt": "a"}, {"id": "1", "prompt": "b"}], "row 2 has the id '1' a second time"),
        ([{"id": " ", "prompt": "a"}], "row 1 has no id"),
        ([{"id": None, "prompt": "a"}], "row 1 has no id"),
        ([{"id": "1", "prompt": 5}], "row 1 has 5 in 'prompt', expected a text"),
    ],
    ids=["empty", "no id column", "no prompt column", "id twice", "blank id", "null id", "a number"],
)
def test_bad_rows(values, message):
    with pytest.raises(ValueError, match=message):
        read_prompt_rows(rows(*values))


def test_prompts_are_labelled_in_parts_and_in_order():
    sizes = []

    class Remembering(RuleLabeller):
        def label(self, prompts):
            sizes.append(len(prompts))
            return super().label(prompts)

    prompts = ["a cat", "a car"] * 600
    found = list(label_prompts(prompts, Remembering()))
    assert sizes == [1000, 200]
    assert [labels.category for labels in found[998:1002]] == [("Animals",), ("Vehicles",)] * 2


def test_a_labeller_that_loses_prompts_is_stopped():
    class Losing:
        name = "losing"

        def label(self, prompts):
            return [LABELS]

    with pytest.raises(ValueError, match="'losing' returned 1 labels for 2 prompts"):
        list(label_prompts(["a", "b"], Losing()))


def test_a_row_gets_its_labels_and_keeps_what_its_source_said():
    row = labelled_row({"id": "1", "prompt": "p", "category": "Pets"}, LABELS, labeller="rules-1", cluster=4)
    assert row == {
        **{"id": "1", "prompt": "p", "source_category": "Pets", "category": ["Animals"]},
        **{"logic": ["Color", "Number"], "style": ["None"], "cluster": "4", "label_status": "ok"},
        **{"label_message": "", "labeller": "rules-1"},
    }


def test_labelling_again_replaces_labels_and_keeps_the_source():
    first = labelled_row({"id": "1", "prompt": "p", "category": "Pets"}, LABELS, labeller="rules-1", cluster=4)
    again = labelled_row(first, PromptLabels((), (), (), "failed", "why"), labeller="llm:x")
    assert (again["category"], again["source_category"], again["label_status"]) == ([], "Pets", "failed")
    assert (again["labeller"], again["label_message"]) == ("llm:x", "why")
    assert "cluster" not in again


def test_labels_are_counted():
    written = [labelled_row({"id": str(n)}, LABELS, labeller="r", cluster=n % 11) for n in range(12)]
    counts = count_labels(written)
    assert counts["logic"]["Color"] == 12
    assert counts["logic"]["Writing"] == 0
    assert list(counts["cluster"]) == [str(number) for number in range(11)]
    assert counts["cluster"]["0"] == 2
    assert "cluster" not in count_labels([labelled_row({"id": "1"}, LABELS, labeller="r")])


def test_half_a_character_fails_and_takes_no_other_prompt_with_it():
    asked = []

    class Remembering(RuleLabeller):
        def label(self, prompts):
            asked.extend(prompts)
            return super().label(prompts)

    found = list(label_prompts(["a cat", "a \ud800 cat", "a car"], Remembering()))
    assert asked == ["a cat", "a car"]
    assert [labels.status for labels in found] == ["ok", "failed", "ok"]
    assert [labels.category for labels in found] == [("Animals",), (), ("Vehicles",)]
    assert found[1].message.startswith(r"The prompt holds half of a character ('\ud800' at position 2)")


def test_a_source_that_has_both_names_keeps_both_columns():
    source = {"id": "1", "category": "Pets", "source_category": "Living", "source_category_2": "Small"}
    row = labelled_row(source, LABELS, labeller="rules-1")
    assert [row[name] for name in ("source_category", "source_category_2", "source_category_3")] == [
        *("Living", "Small", "Pets")
    ]
    assert row["category"] == ["Animals"]
    again = labelled_row(row, LABELS, labeller="rules-1")
    assert again == row


def test_a_source_with_a_status_of_its_own_was_not_labelled_before():
    row = labelled_row({"id": "1", "category": "Pets", "label_status": "done"}, LABELS, labeller="rules-1")
    assert (row["source_category"], row["source_label_status"]) == ("Pets", "done")
    assert row["label_status"] == "ok"
