import io

from PIL import Image

from evalmuse_hf.meta_evaluation.evaluation import evaluate
from evalmuse_hf.meta_evaluation.evaluation_report import make_evaluation_document
from evalmuse_hf.meta_evaluation.rated_data import DataFacts, RatedData
from evalmuse_hf.reports import document_markdown, document_text, render_document


def picture(path):
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "blue").save(out, format="PNG")
    return out.getvalue()


def titles(document):
    return [section.title for section in document.sections]


def test_the_page_goes_from_the_finding_to_its_coverage(evaluation):
    document = make_evaluation_document(evaluation, scorer="tiny", read_picture=picture, n_worst=2)
    assert document.title == "How well does tiny agree with people?"
    assert titles(document) == [
        "In one look: trivial, this scorer, possible",
        "Overall score",
        "Elements",
        "Calibration and thresholds",
        "Comparisons: pictures and generators",
        "Where scorer and people are furthest apart",
        "Coverage",
    ]
    page = render_document(document)
    assert page.count("<svg") == 6
    assert page.count("data:image/jpeg;base64,") == 4
    assert 'src="http' not in page
    assert "url(http" not in page


def test_text_and_markdown_hold_the_same_numbers_and_name_the_worst_pairs(evaluation):
    document = make_evaluation_document(evaluation, scorer="tiny")
    srcc = f"{evaluation.record['overall']['srcc']['value']:.3f}"
    for text in (document_text(document), document_markdown(document)):
        assert srcc in text
        assert "too high" in text
        assert "NaN" not in text
        assert "nan" not in text.replace("unscored", "")


def test_a_quick_evaluation_has_a_shorter_page(rows, scores):
    evaluation = evaluate(scores, [{**row, "elements": []} for row in rows], n_resamples=0, parts=())
    document = make_evaluation_document(evaluation, scorer="tiny")
    assert titles(document) == [
        "In one look: trivial, this scorer, possible",
        "Overall score",
        "Where scorer and people are furthest apart",
        "Coverage",
    ]
    assert "<h1>" in render_document(document)


def test_a_scorer_at_home_is_marked_and_the_data_are_described(rows, scores):
    facts = DataFacts(
        name="own",
        title="Own ratings",
        source="here",
        license="CC0",
        rating_scale=(1, 5),
        aggregation="mean of three",
        in_domain=("tiny",),
        notes=("Drawn by us.",),
    )
    evaluation = evaluate(scores, RatedData(facts=facts, rows=tuple(rows)), n_resamples=0, parts=())
    home, away = (
        make_evaluation_document(evaluation, scorer=name, source={"file": "x"}) for name in ("tiny", "other")
    )
    assert "tiny was trained on ratings of Own ratings: this is agreement at home" in home.warnings[-1]
    assert not any("at home" in warning for warning in away.warnings)
    other = make_evaluation_document(evaluation, scorer="tiny:large", source={})
    assert "tiny:large was trained on ratings of Own ratings: this is agreement at home" in other.warnings[-1]
    mini = make_evaluation_document(evaluation, scorer="tiny:mini", source={})
    assert "tiny:mini was trained on drawings in the form of Own ratings: on such drawings" in mini.warnings[-1]
    assert dict(home.source) == {
        **{"data set": "Own ratings (here)", "rating": "1 to 5, mean of three", "license": "CC0"},
        **{"clusters": "pictures of one prompt", "note": "Drawn by us.", "file": "x"},
    }


def test_what_did_not_join_is_counted_and_named(rows, scores):
    evaluation = evaluate([*scores[1:], {"image": "Z/9.png", "overall_score": 1.0}], rows, n_resamples=0, parts=())
    pictures = make_evaluation_document(evaluation, scorer="tiny").sections[-1].tables[0]
    assert ("of the data set, without a score", 1, rows[0]["image_path"]) in pictures.rows
    assert ("scored, not in the data set", 1, "Z/9.png") in pictures.rows


def test_texts_of_the_data_cannot_break_out_of_the_page(rows, scores):
    for row in rows:
        row["generator"] = f"<script>{row['generator']}</script>"
        row["prompt"] = "<img src=x onerror=alert(1)>"
    page = render_document(make_evaluation_document(evaluate(scores, rows, n_resamples=0), scorer="<b>tiny</b>"))
    assert "<script>" not in page
    assert "<img src=x" not in page
    assert "<b>tiny" not in page
