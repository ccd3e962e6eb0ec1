import json

from evalmuse_hf.annotations.records import RoundSettings
from evalmuse_hf.annotations.store.items import read_items
from evalmuse_hf.annotations.store.rounds import close_round, find_round
from evalmuse_hf.cli.main import main
from tests.annotations.campaign import make_store, rate_next


def rated_without_a_rule(tmp_path):
    """One item with the first ratings 1, 3 and 3, in a round that sends nothing by itself."""
    settings = RoundSettings(range_threshold=None)
    campaign = make_store(tmp_path / "store.sqlite", n_items=1, settings=settings)
    for rater, overall in enumerate((1, 3, 3)):
        rate_next(campaign, rater, overall)
    return campaign


def test_a_dry_run_sends_nothing_and_the_real_one_sends_once(tmp_path, capsys):
    campaign = rated_without_a_rule(tmp_path)
    command = ["annotate", "reannotate", str(campaign.place), "--round", "main", "--threshold", "2"]
    assert main([*command, "--dry-run", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["items_with_first_ratings"], record["sent_before"], record["round"]) == (1, 0, None)
    image = read_items(campaign.store)[campaign.item_ids[0]].image_path
    assert record["sent"] == [
        {"item_id": campaign.item_ids[0], "image": image, "overall": [1, 3, 3], "range": 2},
    ]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert f"item {campaign.item_ids[0]}: 1, 3, 3 ({image})\nto round 'main: re-annotation' (open)" in out
    assert main(command) == 0
    assert "1 sent before, 0 sent now" in capsys.readouterr().out


def test_a_closed_round_of_re_annotation_is_said_to_be_closed(tmp_path, capsys):
    campaign = rated_without_a_rule(tmp_path)
    command = ["annotate", "reannotate", str(campaign.place), "--round", "main", "--json", "--threshold"]
    assert main([*command, "2"]) == 0
    close_round(campaign.store, find_round(campaign.store, "main: re-annotation").round_id)
    capsys.readouterr()
    assert main([*command, "1"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["round_is_open"], record["sent_before"], record["sent"]) == (False, 1, [])


def test_mistakes_are_explained(tmp_path, capsys):
    campaign = rated_without_a_rule(tmp_path)
    command = ["annotate", "reannotate", str(campaign.place), "--round"]
    for options, words in (
        (["main"], "has no threshold"),
        (["main", "--threshold", "5"], "--threshold must be 1 to 4, got 5"),
        (["other"], "no round 'other'"),
    ):
        assert main([*command, *options]) == 2
        assert words in capsys.readouterr().err
