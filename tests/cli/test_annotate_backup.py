import json
import shutil
from contextlib import closing

from evalmuse_hf.annotations.opening import open_store
from evalmuse_hf.annotations.store.ratings import read_ratings
from evalmuse_hf.cli.main import main
from tests.annotations.campaign import make_store, rate_next


def test_a_backup_has_the_ratings_that_a_copied_file_lacks(tmp_path, capsys):
    campaign = make_store(tmp_path / "store.sqlite", n_items=2)
    rate_next(campaign, 0, 4)
    assert (tmp_path / "store.sqlite-wal").stat().st_size > 0  # what a copy of the store alone would lack
    assert main(["annotate", "backup", str(campaign.place), str(tmp_path / "copy.sqlite")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        *("1 ratings, those that were corrected included", str(tmp_path / "copy.sqlite")),
    ]
    (tmp_path / "away").mkdir()
    shutil.move(tmp_path / "copy.sqlite", tmp_path / "away" / "copy.sqlite")
    with closing(open_store(tmp_path / "away" / "copy.sqlite")) as copy:
        assert [row.overall for row in read_ratings(copy)] == [4]
    assert main(["annotate", "backup", str(campaign.place), str(tmp_path / "copy.sqlite"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ratings"] == 1


def test_a_mistake_is_a_sentence(tmp_path, capsys):
    campaign = make_store(tmp_path / "store.sqlite", n_items=1)
    assert main(["annotate", "backup", str(campaign.place), str(campaign.place)]) == 2
    assert "is the store itself; give the copy another name" in capsys.readouterr().err
