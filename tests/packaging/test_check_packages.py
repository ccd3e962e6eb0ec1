import pytest

from tests.packaging import check_packages
from tests.packaging.check_packages import FEW, ROOT, Log, main


def test_a_step_that_breaks_is_a_problem_and_the_next_one_is_done(capsys):
    log = Log()
    log.check("one", lambda: 1 / 0)
    log.check("two", lambda: ["It is small."])
    log.check("three", list)
    assert log.problems == ["one: ZeroDivisionError: division by zero", "two: It is small."]
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["FAILED", "FAILED", "ok"]


def test_the_folders_that_run_each_time_are_there():
    assert all((ROOT / name / "app.py").is_file() for name in FEW)


@pytest.mark.parametrize("problems, status", [([], 0), (["It is small."], 1)])
def test_the_exit_status_says_whether_anything_failed(monkeypatch, capsys, problems, status):
    monkeypatch.setattr(check_packages.distributions, "list_files", lambda *_, **__: [])
    monkeypatch.setattr(
        check_packages, "check_distributions", lambda log, *_: log.check("the wheel", lambda: problems)
    )
    assert main([]) == status
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].startswith("1 steps, 0 s")
    assert ("the wheel: It is small." in err) == bool(problems)


def test_nothing_is_installed_where_nothing_could_be_built(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(check_packages, "check_few", lambda *_: pytest.fail("There is no wheel."))
    monkeypatch.setattr(check_packages.distributions, "list_files", lambda *_, **__: [])

    def fail(*_):
        raise RuntimeError("The wheel cannot be built.")

    monkeypatch.setattr(check_packages.distributions, "build", fail)
    assert main(["--keep", str(tmp_path / "kept")]) == 1
    assert "The wheel cannot be built." in capsys.readouterr().err
    assert (tmp_path / "kept").is_dir()
