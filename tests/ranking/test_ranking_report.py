from dataclasses import replace

from evalmuse_hf.ranking.published import compare_with_published
from evalmuse_hf.ranking.ranking_report import headline, ranking_document
from evalmuse_hf.reports import document_markdown, document_text, render_document


def test_the_headline_says_who_leads_and_whether_that_is_noise(full_ranking):
    assert headline(full_ranking) == (
        "SDXL leads with a mean overall score of 3.50 (95 %: 3.38 to 3.62), ahead of all others by more than noise. "
        "Of 3 pairs of models, 2 are told apart."
    )


def test_a_leader_that_cannot_be_told_from_others_is_named_with_them(full_ranking):
    rows = tuple(replace(row, letters="ab"[row.rank == 3 :]) for row in full_ranking.rows)
    assert "but cannot be told from Mine and LCM-PixArt." in headline(replace(full_ranking, rows=rows))


def test_equal_leaders_lead_together(full_ranking):
    rows = (full_ranking.rows[0], replace(full_ranking.rows[1], rank=1, mean=3.5, letters="a"), full_ranking.rows[2])
    said = headline(replace(full_ranking, rows=rows))
    assert said.startswith("SDXL and Mine lead together with")
    assert "cannot be told" not in said


def test_the_headline_counts_the_pairs_in_words_where_it_can(full_ranking):
    none, one, every = (
        tuple(replace(pair, adjusted_p_value=p) for pair, p in zip(full_ranking.differences, values, strict=True))
        for values in ((1.0, 1.0, 1.0), (0.01, 1.0, 1.0), (0.01, 0.01, 0.01))
    )
    assert headline(replace(full_ranking, differences=none)).endswith("No two models are told apart.")
    assert headline(replace(full_ranking, differences=one)).endswith("Of 3 pairs of models, 1 is told apart.")
    assert headline(replace(full_ranking, differences=every)).endswith("Every two models are told apart.")


def test_two_models_are_called_by_their_names_and_not_all_others(full_ranking):
    rows, (pair, *_) = full_ranking.rows[:2], full_ranking.differences
    told, not_told = (
        replace(full_ranking, rows=rows, differences=(replace(pair, adjusted_p_value=p),)) for p in (0.01, 1.0)
    )
    assert ", ahead of Mine by more than noise. The two models are told apart." in headline(told)
    assert headline(not_told).endswith("The two models are not told apart.")
    figures = [ranking_document(one).figures[1] for one in (told, not_told)]
    assert figures == [("The two are told apart", "yes", "at 5 %"), ("The two are told apart", "no", "at 5 %")]
    text = document_text(ranking_document(told))
    assert "The two generators are told apart. Two generators are compared prompt by prompt" in " ".join(text.split())
    assert "p: of Student's t over prompts." in text
    assert "Holm" not in text


def test_without_a_test_nothing_is_claimed(full_ranking, bare_ranking):
    untested = replace(full_ranking, differences=())
    assert headline(untested).endswith("Whether that is more than noise was not tested.")
    assert headline(bare_ranking) == "<b>Alone</b> has a mean overall score of 0.27."


def test_the_page_holds_every_part_and_escapes_every_name(full_ranking, bare_ranking):
    document = ranking_document(
        full_ranking,
        provenance={"scorer": "tiny", "versions": {"torch": "2"}, "none": None},
        comparison=compare_with_published(full_ranking),
        whole_published_ranking=True,
    )
    page = render_document(document)
    titles = [section.title for section in document.sections]
    assert titles == [
        "Ranking", "Which differences are more than noise", "Corrected by ratings of people",
        "Comparisons within prompts", "Skills", "Beside the published ranking", "The published ranking",
        "How the numbers were made",
    ]  # fmt: skip
    assert all(title in page for title in titles)
    assert document.warnings == full_ranking.notes
    assert document.source == (("scorer", "tiny"), ("versions", "torch 2"))
    assert "<b>Alone" not in render_document(ranking_document(bare_ranking))


def test_averaging_of_ratings_is_method_and_no_warning(full_ranking):
    document = ranking_document(replace(full_ranking, methods=("Ratings of one picture are averaged.",)))
    assert document.sections[-1].title == "How the numbers were made"
    assert document.sections[-1].text[-1] == "Ratings of one picture are averaged."
    assert document.warnings == full_ranking.notes


def test_text_and_markdown_hold_the_same_numbers(full_ranking):
    document = ranking_document(full_ranking)
    for spelled in (document_text(document), document_markdown(document)):
        for said in ("3.38 to 3.62", "2,345", "0.750 ±0.031", "NOTE" if spelled[0] != "#" else "> Generators lack"):
            assert said in spelled


def test_the_method_says_which_prompts_count(full_ranking):
    shared = ranking_document(full_ranking).sections[-1].text[0]
    adjusted = ranking_document(replace(full_ranking, balance="adjusted")).sections[-1].text[0]
    assert shared.startswith("200 of 240 prompts are shared by all generators and count")
    assert adjusted.startswith("All 240 prompts count")
    assert (
        dict((label, value) for label, value, _ in ranking_document(full_ranking).figures)["Prompts that count"] == 200
    )


def test_differences_of_adjusted_means_are_described_as_such(full_ranking):
    shared = ranking_document(full_ranking).sections[-1].text[-1]
    adjusted = ranking_document(replace(full_ranking, balance="adjusted")).sections[-1].text[-1]
    assert shared.startswith("Differences are means over prompts of the difference within a prompt")
    assert adjusted.startswith("Differences are those of the adjusted means")


def test_what_could_not_be_tested_is_not_called_not_told_apart(full_ranking):
    nan = float("nan")
    pairs = tuple(replace(pair, p_value=nan, adjusted_p_value=nan) for pair in full_ranking.differences)
    text = document_text(ranking_document(replace(full_ranking, differences=pairs)))
    assert "0 of 3" not in text
    assert "o pair could be tested" in text
