import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalmuse_hf.scoring.score_tables import AS_JSON, conform, gather, to_rows, to_table, unify

ELEMENT = {"text": "cat", "category": None, "score": 0.5, "status": "ok"}
ANSWERS = [{"question": "Is it?", "yes": 0.5, "no": 0.25, "text": None}]


def merged(*lists):
    tables = [to_table(rows, list(dict.fromkeys(key for row in rows for key in row))) for rows in lists]
    (table,) = gather(tables, unify(table.schema for table in tables), n_rows=100)
    return table


def test_columns_of_scores_have_their_types_also_where_nothing_was_scored():
    table = to_table(
        [{"overall_score": None, "elements": [], "message": None}], ["overall_score", "elements", "message"]
    )
    assert table.schema.field("overall_score").type == pa.float64()
    assert table.schema.field("message").type == pa.string()
    assert table.schema.field("elements").type.value_type.field("score").type == pa.float64()


def test_a_column_of_several_kinds_holds_json_and_says_so():
    table = to_table([{"seed": 1}, {"seed": "one"}, {}], ["seed"])
    assert table.column("seed").to_pylist() == ["1", '"one"', None]
    assert table.schema.field("seed").metadata == AS_JSON
    assert to_table([{"seed": 2**70}], ["seed"]).column("seed").to_pylist() == [str(2**70)]


@pytest.mark.parametrize(
    "first, second, together",
    [
        ([1, 2], [3, None], [1, 2, 3, None]),
        ([1, 2], [0.5], [1.0, 2.0, 0.5]),
        ([None], ["a"], [None, "a"]),
        ([1], ["a"], ["1", '"a"']),
        ([1, "b"], ["a"], ["1", '"b"', '"a"']),
        ([None], [1, "b"], [None, "1", '"b"']),
        ([{"a": 1}], [2], ['{"a": 1}', "2"]),
    ],
    ids=[
        "equal",
        "whole and broken numbers",
        "nothing and texts",
        "numbers and texts",
        "JSON and texts",
        "JSON",
        "maps",
    ],
)
def test_tables_with_different_columns_become_one(first, second, together):
    table = merged([{"x": value} for value in first], [{"x": value} for value in second])
    assert table.column("x").to_pylist() == together


def test_a_column_that_only_some_tables_have_is_null_in_the_others():
    table = merged([{"a": 1}], [{"b": "x"}])
    assert table.to_pylist() == [{"a": 1, "b": None}, {"a": None, "b": "x"}]


def test_elements_with_and_without_answers_go_together():
    rows = [{"elements": [ELEMENT]}], [{"elements": [{**ELEMENT, "answers": ANSWERS}]}]
    assert merged(*rows).column("elements").to_pylist() == [
        [{**ELEMENT, "answers": None}],
        [{**ELEMENT, "answers": ANSWERS}],
    ]
    assert merged(*reversed(rows)).schema == merged(*rows).schema


def test_columns_of_scores_follow_those_of_the_list():
    table = merged([{"image": "a", "overall_score": 1.0, "status": "ok"}], [{"extra": 1, "overall_score": 2.0}])
    assert table.column_names == ["image", "extra", "overall_score", "status"]


def test_small_tables_are_gathered_in_their_order():
    tables = [to_table([{"x": number}], ["x"]) for number in range(7)]
    gathered = list(gather(tables, tables[0].schema, n_rows=3))
    assert [table.column("x").to_pylist() for table in gathered] == [[0, 1, 2], [3, 4, 5], [6]]
    assert conform(tables[0], tables[0].schema).equals(tables[0])


@pytest.mark.parametrize("value", [{}, {"x": {}}, [{"a": 1}], {"a": 1}], ids=["empty", "nested", "in a list", "plain"])
def test_mappings_are_json_and_come_back_as_they_were(value):
    rows = [{"meta": value}, {"meta": {"b": 2}}, {}]
    table = merged(rows[:1], rows[1:])
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    assert to_rows(pq.read_table(pa.BufferReader(sink.getvalue()))) == [*rows[:2], {"meta": None}]


def test_large_whole_numbers_beside_broken_ones_stop_no_run():
    table = merged([{"seed": 2**60 + 1}], [{"seed": 0.5}])
    assert table.column("seed").to_pylist() == [float(2**60), 0.5]
