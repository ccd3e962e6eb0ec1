import io

from PIL import Image

from evalmuse_hf.meta_evaluation.evaluation_parts.judged import judge
from evalmuse_hf.meta_evaluation.evaluation_report.worst_pairs import pair_table, picture_cards, worst_pairs


def picture(size=(1200, 800)):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, format="PNG")
    return out.getvalue()


def test_the_pairs_that_are_furthest_apart_by_rank_come_first_one_a_prompt(rows, scores):
    scores[10]["overall_score"] = 100.0  # far above, on whatever scale
    rows[10]["overall_score"] = 1.0
    scores[21]["overall_score"] = -50.0
    rows[21]["overall_score"] = 5.0
    too_high, too_low = worst_pairs(judge(scores, rows).pairs, n=4)
    assert (too_high[0].path, too_low[0].path) == (rows[10]["image_path"], rows[21]["image_path"])
    assert too_high[0].score_percentile > 0.99
    for pairs in (too_high, too_low):
        assert len({pair.row["prompt_id"] for pair in pairs}) == len(pairs) == 4


def test_a_scorer_that_orders_as_people_do_has_none(rows):
    perfect = [{"image_path": row["image_path"], "overall_score": row["overall_score"]} for row in rows]
    assert worst_pairs(judge(perfect, rows).pairs) == ((), ())


def test_a_card_holds_a_small_picture_and_both_judgements(judged):
    too_high, _ = worst_pairs(judged.pairs, n=1)
    (card,) = picture_cards(too_high, read_picture=lambda path: picture())
    with Image.open(io.BytesIO(card.image)) as opened:
        assert max(opened.size) == 320
    assert card.title == too_high[0].row["prompt"]
    assert card.numbers == (("scorer", f"{too_high[0].score:.2f}"), ("people", f"{too_high[0].rating:.2f}"))


def test_a_picture_that_cannot_be_read_leaves_a_card_that_says_so(judged):
    too_high, _ = worst_pairs(judged.pairs, n=1)
    (broken,) = picture_cards(too_high, read_picture=lambda path: b"<svg onload=alert(1)>")
    (absent,) = picture_cards(too_high, read_picture=lambda path: None)
    assert broken.image is None
    assert broken.lines[0] == "The picture cannot be read."
    assert absent.image is None
    assert "cannot" not in " ".join(absent.lines)


def test_in_words_the_same_pairs_are_a_table(judged):
    too_high, too_low = worst_pairs(judged.pairs, n=2)
    table = pair_table(too_high, too_low)
    assert [row[0] for row in table.rows] == ["too high"] * 2 + ["too low"] * 2
    assert table.rows[0][1] == too_high[0].path
