import json

from evalmuse_hf.annotations.store.inspection import return_batch
from evalmuse_hf.annotations.store.ratings import read_ratings
from evalmuse_hf.cli.main import main
from tests.annotations.campaign import make_store
from tests.annotations.rated import rated_campaign


def test_the_agreement_of_a_store_is_printed(tmp_path, capsys):
    place = str(rated_campaign(tmp_path).place)
    options = ["--n-resamples", "20", "--html", str(tmp_path / "agreement.html")]
    assert main(["annotate", "agreement", place, *options]) == 0
    printed = capsys.readouterr()
    assert "Overall ratings, first 3" in printed.out
    assert "5 items of 3 prompts" in printed.out
    assert "items left out: first_unfinished 1" in printed.err
    assert "rater_000" in (tmp_path / "agreement.html").read_text("utf-8")


def test_json_has_no_names_with_pseudonyms_and_first_ratings_alone_where_asked(tmp_path, capsys):
    place = str(rated_campaign(tmp_path).place)
    words = ["annotate", "agreement", place, "--json", "--n-resamples", "0", "--pseudonyms"]
    assert main(words) == 0
    out = capsys.readouterr().out
    both = json.loads(out)
    assert "rater_00" not in out
    assert both["n_rated_again"] == 1
    assert both["left_out"] == {"first_unfinished": 1}
    assert both["overall"]["alpha_ordinal"]["low"] is None
    assert main([*words, "--round", "main", "--include-unfinished"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert (first["n_items"], first["n_rated_again"]) == (6, 0)


def test_mistakes_are_sentences(tmp_path, capsys):
    place = str(rated_campaign(tmp_path).place)
    assert main(["annotate", "agreement", place, "--first", "1"]) == 2
    assert "one rating agrees with nothing" in capsys.readouterr().err
    assert main(["annotate", "agreement", place, "--round", "second"]) == 2
    assert "There is no round 'second'" in capsys.readouterr().err
    (tmp_path / "new").mkdir()
    empty = make_store(tmp_path / "new" / "store.sqlite", n_items=1)
    assert main(["annotate", "agreement", str(empty.place)]) == 2
    assert "has all of its first ratings in the rounds that count, so there is nothing" in capsys.readouterr().err


def test_agreement_of_first_ratings_does_not_wait_for_the_items_on_which_raters_differ(tmp_path, capsys):
    built = rated_campaign(tmp_path)
    words = ["annotate", "agreement", str(built.place), "--json", "--n-resamples", "0"]
    assert main(words) == 0
    finished = json.loads(capsys.readouterr().out)
    (again,) = [row for row in read_ratings(built.store) if row.round_kind == "reannotation"][-1:]
    return_batch(built.store, [again.rating_id], inspector="me", reason="too fast", redo_by="others")
    assert main(words) == 0
    waiting = json.loads(capsys.readouterr().out)
    assert (finished["n_waiting"], waiting["n_waiting"]) == (0, 1)
    assert waiting["left_out"] == finished["left_out"] == {"first_unfinished": 1}
    for part in ("overall", "elements", "categories", "generators", "prompt_types"):
        assert waiting[part] == finished[part]
    assert waiting["overall"]["items_within_1"]["value"] == 0.8  # one item of five, which waits, is disputed
    assert main([*words[:3], "--n-resamples", "0"]) == 0
    assert "1 items wait for re-annotation" in capsys.readouterr().out
