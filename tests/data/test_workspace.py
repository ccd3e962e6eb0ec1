from contextlib import suppress

import pytest

from evalmuse_hf.data.workspace import Workspace, refuse_foreign_folder


def interrupt(workspace: Workspace, plan: dict, error: BaseException) -> bool:
    """Begin a build that ends with an error; returns whether it found the work of its plan."""
    with suppress(type(error)), workspace.locked():
        found = workspace.adopt(plan)
        (workspace.shards / "00000").mkdir(exist_ok=found)
        raise error
    return found


def test_the_work_of_the_same_plan_is_kept_and_that_of_another_goes(tmp_path):
    workspace = Workspace(tmp_path / "out")
    assert not interrupt(workspace, {"seed": 1}, KeyboardInterrupt())
    assert interrupt(workspace, {"seed": 1}, OSError("full"))
    assert not interrupt(workspace, {"seed": 2}, KeyboardInterrupt())
    with workspace.locked():
        assert workspace.adopt({"seed": 2})
    assert list((tmp_path / "out").iterdir()) == []


def test_finished_files_replace_those_of_an_earlier_build_and_spare_all_others(tmp_path):
    out = tmp_path / "out"
    (out / "data").mkdir(parents=True)
    for name in ("README.md", "build.json", "data/old.parquet", "mine.txt"):
        (out / name).touch()
    workspace = Workspace(out)
    with workspace.locked():
        workspace.adopt({})
        made = workspace.shards / "made"
        made.touch()
        workspace.place(made, "data/new.parquet")
        workspace.place(made, "data/new.parquet")  # may be repeated
        (workspace.finished / "README.md").write_text("new", "utf-8")
        workspace.put_in_place()
        workspace.put_in_place()
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names == {"README.md", "data/new.parquet", "mine.txt"}


def test_a_mistake_in_the_release_leaves_nothing_behind(tmp_path):
    assert not interrupt(Workspace(tmp_path / "out"), {}, ValueError("bad"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_foreign_unless_a_build_or_nothing_is_there(tmp_path):
    refuse_foreign_folder(tmp_path / "absent")
    refuse_foreign_folder(tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValueError, match=r"holds something else than an earlier build \('notes.txt', for one\)"):
        refuse_foreign_folder(tmp_path)
    (tmp_path / "build.json").write_text("{}", "utf-8")  # of whatever other program
    with pytest.raises(ValueError, match="holds something else"):
        refuse_foreign_folder(tmp_path)
    (tmp_path / "build.json").write_text('{"format": 1, "stages": [], "splits": {}, "files": {}}', "utf-8")
    refuse_foreign_folder(tmp_path)
    with pytest.raises(ValueError, match="is a file; give the name of a folder"):
        refuse_foreign_folder(tmp_path / "notes.txt")
