import math
from dataclasses import replace

from evalmuse_hf.meta_evaluation.studies.metrics_headline import headline


def test_one_data_set_shows_winner_lead_ties_oracle_and_ceiling(comparison):
    best, second = comparison.matrix.names[:2]
    figures = headline([comparison], "srcc")
    names, values, details = zip(*figures, strict=True)
    assert names[1:] == (
        f"Ahead of {second} by",
        "Not to be told from it",
        "Prompt oracle",
        "Ceiling of these ratings",
    )
    assert values[0] == best
    assert details[0].startswith(f"SRCC {comparison.matrix.values[best]:.3f}, 95 % ")
    assert values[1].startswith("+")
    assert (details[1], values[2]) == ("that may be noise", "1 of 3")
    assert values[3] == comparison.references[0].srcc.statistic
    assert details[3] == "looks at no picture; its distance from the best is more than noise"
    assert values[4] == comparison.people.ceilings["srcc"]


def test_an_untested_distance_of_the_oracle_is_called_so(comparison):
    references = tuple(replace(cell, adjusted_p_value=math.nan) for cell in comparison.matrix.references)
    untested = replace(comparison, matrix=replace(comparison.matrix, references=references))
    assert headline([untested], "srcc")[3][2] == "looks at no picture; its distance from the best was not tested"


def test_a_contaminated_winner_is_marked(comparison):
    best = comparison.matrix.names[0]
    scorers = tuple(replace(line, in_domain=line.name == best) for line in comparison.scorers)
    assert headline([replace(comparison, scorers=scorers)], "srcc")[0][0] == "Best (in-domain)"
    clean = replace(comparison, scorers=tuple(replace(line, in_domain=False) for line in comparison.scorers))
    assert headline([clean], "srcc")[0][0] == "Best"


def test_each_of_several_data_sets_shows_its_winner(comparison):
    best, second = comparison.matrix.names[:2]
    scorers = tuple(replace(line, in_domain=False) for line in comparison.scorers)
    figures = headline([replace(comparison, scorers=scorers)] * 2, "srcc")
    assert len(figures) == 2
    assert figures[0][:2] == ("A small world", best)
    assert figures[0][2].endswith(f"ahead of {second}: that may be noise")


def test_without_a_scorer_people_are_left(comparison):
    matrix = replace(comparison.matrix, names=(), values={}, cells=(), letters={}, references=())
    figures = headline([replace(comparison, scorers=(), matrix=matrix)], "srcc")
    assert [name for name, _, _ in figures] == ["A small world", "Ceiling of these ratings"]
    assert headline([replace(comparison, scorers=(), matrix=matrix)] * 2, "srcc")[1][1] is None
