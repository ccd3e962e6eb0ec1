from evalmuse_hf.pages.leaderboard.record_labels import RecordLabel
from evalmuse_hf.pages.leaderboard.scorer_results import ScorerGroup, ScorerResult


def test_a_group_bears_the_marks_of_its_records_once():
    labels = [RecordLabel(key="k", title="t", simulated=simulated) for simulated in (True, True, False)]
    results = tuple(ScorerResult(scorer="s", label=label, figures={}) for label in labels)
    assert ScorerGroup(key="k", title="Drawn", results=results).name == "Drawn [SIMULATED]"
    assert ScorerGroup(key="k", title="Drawn", results=results[2:]).name == "Drawn"
