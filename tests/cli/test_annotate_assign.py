import json
import logging
from contextlib import closing

import pytest
import sqlalchemy as sa
from PIL import Image

from evalmuse_hf.annotations.errors import StoreError
from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.events import read_events
from evalmuse_hf.annotations.store.guidelines import current_guidelines
from evalmuse_hf.annotations.store.items import pictures_folder
from evalmuse_hf.annotations.store.raters import add_rater
from evalmuse_hf.annotations.store.rounds import find_round, read_rounds
from evalmuse_hf.cli import annotate
from evalmuse_hf.cli.main import CommandParser, main


@pytest.fixture
def assign(tmp_path, capsys):
    """Run `evalmuse annotate assign` beside a list of three pictures of two prompts."""
    (tmp_path / "images").mkdir()
    for number in range(3):
        Image.new("RGB", (4, 4), (number, 0, 0)).save(tmp_path / "images" / f"{number}.png")
    rows = [
        {
            "image": f"images/{number}.png",
            "prompt_id": str(number // 2),
            "prompt": f"red thing {number // 2}",
            "elements": [{"text": "red", "category": "color", "question": "Is it red?"}],
        }
        for number in range(3)
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (tmp_path / "gold.csv").write_text("image,overall,elements\nimages/2.png,5,[1]\n")

    def run(*words, status=0, quiet=True):
        parser = CommandParser(prog="evalmuse")
        parser.set_defaults(quiet=quiet, verbose=False)
        annotate.register(parser.add_subparsers(dest="command"))
        words = [word.replace("@", f"{tmp_path}/") for word in words]
        assert annotate.run(parser.parse_args(["annotate", "assign", str(tmp_path / "a.db"), *words])) == status
        return capsys.readouterr()

    run.folder = tmp_path
    return run


@pytest.fixture
def opened(assign):
    """The store, once it is there."""

    def open_again():
        return closing(open_store(assign.folder / "a.db"))

    return open_again


def spots(store, name):
    table = tables.round_items
    query = sa.select(table.c.item_id, table.c.quota, table.c.is_gold).order_by(table.c.item_id)
    with store.read() as connection:
        return [
            tuple(row) for row in connection.execute(query.where(table.c.round_id == find_round(store, name).round_id))
        ]


def test_one_line_makes_a_store_and_opens_a_round(assign, opened):
    said = assign("--pairs", "@pairs.jsonl", "--round", "first", "--ratings-per-item", "2", "--max-per-rater", "7")
    assert said.out.splitlines() == [
        "3 items added, 0 were there",
        "round first (formal): 2 ratings an item, 7 items a rater",
        str(assign.folder / "a.db"),
    ]
    assert said.err.splitlines() == [
        "0 raters may rate in round 'first' so far, and an item needs 2 and 3 others where these disagree; "
        "add raters, or items stay unfinished."
    ]
    with opened() as store:
        assert spots(store, "first") == [(1, 2, False), (2, 2, False), (3, 2, False)]
        assert find_round(store, "first").settings.range_threshold == 2
        kinds = [event.kind for event in read_events(store)]
        assert kinds == ["guidelines_added", "pictures_folder_set", "items_added", "round_opened"]


def test_the_same_as_json(assign):
    assign("--pairs", "@pairs.jsonl")
    words = ("--pairs", "@pairs.jsonl", "--round", "a", "--range-threshold", "off", "--json")
    content = json.loads(assign(*words).out)
    assert content["items"] == {"added": 0, "known": 3, "without_elements": 0, "problems": {}}
    assert content["round"]["settings"]["range_threshold"] is None
    assert (content["format"], content["round"]["guidelines"]) == (1, "evalmuse-1")


def test_bad_rows_are_named_and_counted(assign):
    (assign.folder / "bad.jsonl").write_text("".join(f'{{"image": "{n}.png", "prompt": "x"}}\n' for n in range(12)))
    said = assign("--pairs", "@bad.jsonl", "@pairs.jsonl")
    assert said.out.splitlines()[:2] == ["3 items added, 0 were there", "12 no_picture"]
    assert said.err.splitlines()[0].startswith("line 1 of bad.jsonl: There is no picture '0.png'")
    assert said.err.splitlines()[-1] == "and 2 rows more"
    assert assign("--pairs", "@bad.jsonl", status=1).out.startswith("0 items added")


def test_items_without_elements_are_pointed_out(assign):
    (assign.folder / "plain.csv").write_text("image,prompt\nimages/0.png,a cat\n")
    assert "1 items have no elements" in assign("--pairs", "@plain.csv", quiet=False).err


def test_gold_items_are_mixed_into_a_round(assign, opened):
    assign("--pairs", "@pairs.jsonl", "--round", "a", "--gold", "@gold.csv")
    assign("--round", "p", "--kind", "pilot", "--gold", "@gold.csv", "--min-gold-items", "1", "--gold-share", "0.5")
    with opened() as store:
        assert spots(store, "a") == [(1, 3, False), (2, 3, False), (3, 0, True)]
        assert spots(store, "p") == [(3, 0, True)]
        settings = [row.settings for row in read_rounds(store)]
        assert [row.gold_share for row in settings] == [0.1, 0.5]
        assert settings[1].min_gold_items == 1


def test_a_fair_share_needs_raters_and_can_be_set_later(assign, opened):
    assign("--pairs", "@pairs.jsonl")
    with pytest.raises(ValueError, match="there are none yet"):
        assign("--round", "a", "--max-per-rater", "fair")
    assign("--round", "a")
    with opened() as store:
        for name in ("Anna", "Bob"):
            add_rater(store, name, login="hub")
    assert "5 items a rater" in assign("--round", "a", "--max-per-rater", "fair").out  # 9 ratings by 2, rounded up
    assert "any number of items" in assign("--round", "a", "--max-per-rater", "off").out
    assert "5 items a rater" in assign("--round", "b", "--max-per-rater", "fair").out


def test_a_round_that_is_there_keeps_its_items_and_rules(assign):
    assign("--pairs", "@pairs.jsonl", "--round", "a")
    for words in (("--pairs", "@pairs.jsonl", "--round", "a"), ("--round", "a")):
        with pytest.raises(ValueError, match="items and rules stay"):
            assign(*words)


def test_a_rule_that_would_be_ignored_is_refused(assign, opened):
    assign("--pairs", "@pairs.jsonl", "--round", "a")
    for option, value in (("--range-threshold", ["1"]), ("--needs-qualification", []), ("--kind", ["formal"])):
        with pytest.raises(ValueError, match=f"without {option}"):
            assign("--round", "a", "--max-per-rater", "4", option, *value)
    with opened() as store:
        assert find_round(store, "a").settings.max_per_rater is None


def test_a_fair_limit_is_soft_and_another_is_not(assign, opened):
    assign("--pairs", "@pairs.jsonl")
    with opened() as store:
        add_rater(store, "Anna", login="hub")
    for name, limit, soft in (("a", "fair", True), ("b", "3", False)):
        assign("--round", name, "--max-per-rater", limit)
        with opened() as store:
            assert find_round(store, name).settings.soft_limit is soft
    assign("--round", "a", "--max-per-rater", "2")
    with opened() as store:
        assert not find_round(store, "a").settings.soft_limit


def test_few_raters_are_pointed_out(assign, opened):
    assign("--pairs", "@pairs.jsonl")
    with opened() as store:
        for number in range(5):
            add_rater(store, f"r{number}", login="hub")
        add_rater(store, "chief", login="hub", is_organiser=True)
    assert "5 raters may rate in round 'a' so far, and an item needs 3 and 3 others" in assign("--round", "a").err
    assert assign("--round", "b", "--range-threshold", "off").err == ""
    with opened() as store:
        add_rater(store, "r5", login="hub")
    assert assign("--round", "c").err == ""


def test_gold_is_filled_into_a_template_and_not_shown_again_after_the_pilot(assign, opened):
    assign("--pairs", "@pairs.jsonl")
    assert "1 items written" in assign("--gold-template", "1", "@p.jsonl").out
    (row,) = map(json.loads, (assign.folder / "p.jsonl").read_text().splitlines())
    assert (row["overall"], row["elements"]) == (None, {"red (color)": None})
    with pytest.raises(StoreError, match="answers may be in it"):
        assign("--gold-template", "1", "@p.jsonl")
    words = ("--round", "p", "--kind", "pilot", "--gold", "@p.jsonl", "--min-gold-items", "1")
    with pytest.raises(StoreError, match="says nothing"):
        assign(*words)
    (assign.folder / "p.jsonl").write_text(json.dumps({**row, "overall": 4, "elements": {"red (color)": 1}}))
    assign(*words)
    (assign.folder / "elsewhere").mkdir()
    assert "2 items written" in assign("--gold-template", "9", "@elsewhere/q.jsonl", "--seed", "3").out
    rows = [json.loads(line) for line in (assign.folder / "elsewhere" / "q.jsonl").read_text().splitlines()]
    assert row["image"] not in {one["image"] for one in rows}
    (assign.folder / "elsewhere" / "q.jsonl").write_text(json.dumps({**rows[0], "overall": 2}))
    said = assign("--round", "main", "--gold", "@elsewhere/q.jsonl")
    assert "1 gold items of a pilot are not in round 'main'" in said.err
    with opened() as store:
        assert find_round(store, "p").settings.gold_share == 0.0
        assert sorted(gold for *_, gold in spots(store, "main")) == [False, True]
        (in_pilot,) = (item for item, *_ in spots(store, "p"))
        assert in_pilot not in [item for item, *_ in spots(store, "main")]
    assert "1 items of round 'both' were gold in a pilot" in assign("--round", "both", "--pairs", "@pairs.jsonl").err


def test_rounds_are_closed_and_opened_again(assign, opened):
    assign("--pairs", "@pairs.jsonl", "--round", "a")
    assign("--close", "a")
    with opened() as store:
        assert not find_round(store, "a").is_open
    assign("--reopen", "a")
    with opened() as store:
        assert find_round(store, "a").is_open
    with pytest.raises(StoreError, match="it has a"):
        assign("--close", "b")


def test_other_texts_get_a_version_of_their_own(assign, opened):
    (assign.folder / "do.md").write_text("# Do\n")
    (assign.folder / "yes.md").write_text("# Yes\n")
    assign("--pairs", "@pairs.jsonl", "--guidelines", "@do.md", "--round", "a")
    with opened() as store:
        first = current_guidelines(store)
        assert (first.instructions, find_round(store, "a").guideline_version) == ("# Do\n", first.version)
    assign("--guidelines", "@do.md")
    assign("--guidelines", "@do.md", "--consent", "@yes.md", "--guidelines-version", "v2")
    with opened() as store:
        assert (current_guidelines(store).version, current_guidelines(store).consent) == ("v2", "# Yes\n")
        assert len(read_events(store, "guidelines_added")) == 3
    assign("--guidelines", "@yes.md")  # the consent text, which is not given, stays
    with opened() as store:
        assert (current_guidelines(store).instructions, current_guidelines(store).consent) == ("# Yes\n", "# Yes\n")
    (assign.folder / "bytes.md").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ValueError, match="UTF-8"):
        assign("--consent", "@bytes.md")


def test_pictures_that_were_moved_are_found_again(assign, opened):
    assign("--pairs", "@pairs.jsonl")
    (assign.folder / "moved").mkdir()
    said = assign("--pictures", "@moved").err
    assert said == "0 of 3 pictures of the store are there; 'images/0.png', for one, is not.\n"
    with opened() as store:
        assert pictures_folder(store) == assign.folder / "moved"


def test_a_wrong_call_writes_nothing(assign):
    for words, said in (
        ((), "Nothing to do"),
        (("--gold", "@gold.csv", "--pairs", "@pairs.jsonl"), "no round"),
        (("--pairs", "@nothing.jsonl"), "no file"),
        (("--pairs", "@pairs.jsonl", "--round", "a", "--max-per-rater", "many"), "'many'"),
        (
            ("--pairs", "@pairs.jsonl", "--round", "a", "--range-threshold", "7"),
            "--range-threshold must be 1 to 4, or 'off'",
        ),
        (("--pairs", "@pairs.jsonl", "--round", "a", "--lease-minutes", "nan"), "at most a year"),
        (("--pairs", "@pairs.jsonl", "--round", "a", "--ratings-per-item", "0"), "at least 1"),
        (("--round", "a"), "no annotation store"),
    ):
        with pytest.raises(ValueError, match=said):
            assign(*words)
        assert not (assign.folder / "a.db").exists()


def test_a_password_is_in_no_message(caplog, capsys):
    caplog.set_level(logging.DEBUG)
    assert main(["annotate", "assign", "postgresql://anna:hunter2@127.0.0.1:9/x", "--round", "a", "--verbose"]) == 2
    said = capsys.readouterr()
    assert "cannot be opened" in said.err
    assert "hunter2" not in said.err + said.out + caplog.text


def test_a_list_that_cannot_be_read_leaves_no_store_behind(assign):
    (assign.folder / "broken.jsonl").write_text("{")
    with pytest.raises(ValueError, match=r"line 1 of broken\.jsonl"):
        assign("--pairs", "@broken.jsonl")
    assert not (assign.folder / "a.db").exists()


def test_elements_that_are_not_in_the_prompt_are_pointed_out(assign):
    (assign.folder / "plain.csv").write_text("image,prompt,elements\nimages/0.png,a woman with a kite,woman;dragon\n")
    said = assign("--pairs", "@plain.csv").err
    assert said == "1 element is not in the prompt, such as 'dragon'; the page marks none.\n"
