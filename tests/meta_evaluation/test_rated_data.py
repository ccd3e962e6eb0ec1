from evalmuse_hf.meta_evaluation import DataFacts, RatedData
from evalmuse_hf.meta_evaluation.rated_data import known_generator


def test_the_rated_rows_are_those_with_an_overall_score():
    facts = DataFacts(name="own", title="Own", source="a file", rating_scale=(1.0, 5.0), aggregation="mean")
    rows = ({"image_path": "1.png", "overall_score": 0.0}, {"image_path": "2.png", "overall_score": None}, {})
    assert [row["image_path"] for row in RatedData(facts=facts, rows=rows).rated] == ["1.png"]


def test_a_generator_that_is_not_named_is_none():
    rows = ({}, {"generator": None}, {"generator": ""}, {"generator": "unknown"}, {"generator": "SDXL"})
    assert [known_generator(row) for row in rows] == [None, None, None, None, "SDXL"]
