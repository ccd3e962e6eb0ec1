import numpy as np
import pytest

from evalmuse_hf.prompts import LabelTable
from evalmuse_hf.prompts.tables import TableRow


def rows(*values):
    return [TableRow(f"row {number} of t.csv", value) for number, value in enumerate(values, start=1)]


def test_a_cell_holds_a_list_or_a_text_of_labels():
    table = LabelTable.from_rows(
        rows({"id": "2", "style": "oil; ink"}, {"id": "1", "style": ["ink"]}, {"id": "3", "style": None}),
        dimensions=["style"],
    )
    assert table.ids == ("1", "2", "3")
    assert table.labels["style"].bins == ("ink", "oil")
    assert table.labels["style"].members.tolist() == [[True, False], [True, True], [False, False]]


def test_the_order_of_the_rows_does_not_matter():
    values = [{"id": str(number), "kind": "ab"[number % 2], "size": number} for number in range(6)]
    tables = [
        LabelTable.from_rows(rows(*order), dimensions=["kind"], features=["size"]) for order in (values, values[::-1])
    ]
    assert tables[0].ids == tables[1].ids
    assert tables[0].features["size"].tolist() == tables[1].features["size"].tolist() == [0, 1, 2, 3, 4, 5]
    assert (tables[0].labels["kind"].members == tables[1].labels["kind"].members).all()
    assert tables[0].lots(3).tolist() == tables[1].lots(3).tolist() != tables[1].lots(4).tolist()


def test_numbers_are_cut_into_bins_of_equal_width():
    values = [{"id": str(number), "size": str(size)} for number, size in enumerate([0, 1, 5, 10])]
    table = LabelTable.from_rows(rows(*values), dimensions=[], binned={"size": 2})
    assert table.labels["size"].bins == ("0: 0 to 5", "1: 5 to 10")
    assert table.labels["size"].members[:, 1].tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    "values, options, message",
    [
        ([{"id": "", "a": "x"}], {}, r"row 1 of t\.csv has no id"),
        ([{"id": "1", "a": "x"}, {"id": 1, "a": "x"}], {}, r"row 2 of t\.csv has the id '1' a second time"),
        ([{"name": "1", "a": "x"}], {}, r"row 1 of t\.csv has no column id or prompt_id, only name, a"),
        ([{"id": "1", "a": "x"}], {"dimensions": ["b"]}, r"'b' is no column of the table; its columns are id, a"),
        ([{"id": "1", "a": ""}], {}, r"'a' has no label in any row"),
        ([{"id": "1", "a": "x", "s": "long"}], {"features": ["s"]}, r"has 'long' in 's', expected a finite number"),
        ([{"id": "1", "a": "x"}], {"features": ["s"]}, r"has no column 's', only id, a"),
        ([{"id": "1", "a": "x", "s": 2}], {"binned": {"s": 3}}, r"Every 's' is 2; it cannot be cut"),
        ([], {}, r"The table has no rows"),
    ],
    ids=["empty id", "same id", "no id", "no column", "no label", "no number", "no feature", "one number", "no rows"],
)
def test_what_cannot_be_read_is_one_sentence(values, options, message):
    with pytest.raises(ValueError, match=message):
        LabelTable.from_rows(rows(*values), **{"dimensions": ["a"], **options})


def test_arrays_of_a_wrong_shape_or_without_numbers_are_refused():
    with pytest.raises(ValueError, match=r"has the shape \(1, 1\), expected \(2, 1\)"):
        LabelTable.from_arrays(["1", "2"], labels={"a": (["x"], np.ones((1, 1), dtype=bool))})
    with pytest.raises(ValueError, match=r"'s' of id '2' is not a finite number"):
        LabelTable.from_arrays(["2", "1"], labels={}, features={"s": np.array([np.nan, 0.0])})
    with pytest.raises(ValueError, match=r"The id '1' comes twice"):
        LabelTable.from_arrays(["1", "1"], labels={})
    with pytest.raises(ValueError, match=r"An id is empty"):
        LabelTable.from_arrays(["1", " "], labels={})


def test_unknown_ids_are_named(small_table):
    table = small_table(0)
    assert table.places(["p03", "p01"], what="to keep").tolist() == [1, 3]
    with pytest.raises(ValueError, match=r"1 of the 2 ids to keep are not in the table: 'nobody'"):
        table.places(["p03", "nobody"], what="to keep")
    assert len(table) == 12


FAILED = (
    {"id": "1", "a": ["x"], "label_status": "ok", "size": 1},
    {"id": "2", "a": [], "label_status": "failed", "size": None},
    {"id": "3", "a": ["y"], "size": 2},
    {"id": "4", "a": "", "label_status": "", "size": 3},
)


def test_rows_whose_labelling_failed_are_no_candidates():
    table = LabelTable.from_rows(rows(*FAILED), dimensions=["a"], features=["size"])
    assert table.ids == ("1", "3")
    assert table.left_out == {"2": "failed", "4": "missing"}
    assert table.features["size"].tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"1 of the 2 ids to keep are left out because their labelling failed: '2'"):
        table.places(["1", "2"], what="to keep")
    whole = LabelTable.from_rows(rows(*FAILED), dimensions=["a"], include_failed=True)
    assert (whole.ids, whole.left_out) == (("1", "2", "3", "4"), {})


def test_rows_that_are_left_out_still_need_an_id_of_their_own():
    with pytest.raises(ValueError, match=r"row 2 of t\.csv has the id '2' a second time"):
        LabelTable.from_rows(rows(FAILED[1], {**FAILED[0], "id": "2"}), dimensions=["a"])
    with pytest.raises(ValueError, match=r"All 1 rows of the table are left out because .* of the first: 'failed'"):
        LabelTable.from_rows(rows(FAILED[1]), dimensions=["a"])


def test_half_characters_end_nothing():
    table = LabelTable.from_rows(rows({"id": "a\ud800", "a": "x\udc00"}), dimensions=["a"])
    assert table.labels["a"].bins == ("x\ufffd",)
    assert len(table.lots(0)) == 1
