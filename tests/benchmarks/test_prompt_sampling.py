import runpy
from argparse import Namespace
from pathlib import Path

import numpy as np

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "prompt_sampling.py"))


def test_every_label_has_the_published_count():
    table = BENCHMARK["make_paper_table"](0)
    for name, counts in (("subject", "SUBJECTS"), ("logic", "LOGIC"), ("style", "STYLES"), ("cluster", "CLUSTERS")):
        column = table.labels[name]
        assert dict(zip(column.bins, column.members.sum(axis=0).tolist(), strict=True)) == BENCHMARK[counts]
    labels = {name: column.members.sum(axis=1) for name, column in table.labels.items()}
    assert min(labels["subject"].min(), labels["logic"].min(), labels["style"].min()) == 1
    assert labels["cluster"].max() == 1
    for name in ("logic", "style"):
        column = table.labels[name]
        assert labels[name][column.members[:, column.bins.index("None")]].max() == 1
    subject = table.labels["subject"]
    rare = subject.members[:, [subject.bins.index(name) for name in ("Idiom", "Illustrations")]]
    assert labels["cluster"][rare.any(axis=1)].min() == 1


def test_a_wide_problem_has_sixty_bins_of_which_some_are_real():
    table, quotas = BENCHMARK["make_wide_problem"](0, n=500, n_real=10)
    assert sum(len(column.bins) for column in table.labels.values()) == 50
    assert len(table.features) == 10
    assert len(quotas) == 15


def test_a_small_problem_runs_and_prints_its_figures(capsys):
    table, quotas = BENCHMARK["make_wide_problem"](0, n=3000)
    found = BENCHMARK["timed"]("tiny", table, quotas, Namespace(solver="highs", seed=0), time_limit=3)
    assert found.value >= found.lp_bound - 1e-6
    assert np.isfinite(found.value)
    assert "tiny: 2,000 of 3,000, 60 bins" in capsys.readouterr().out
