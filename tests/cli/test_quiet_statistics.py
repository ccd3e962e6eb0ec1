import logging
import threading

import pytest

from evalmuse_hf.cli.quiet_statistics import quiet_statistics
from evalmuse_hf.stats import srcc


@pytest.fixture
def undefined():
    return lambda: srcc(predictions=[1, 1, 1], references=[1, 2, 3], n_resamples=5)


def test_statistics_do_not_warn_and_others_do(undefined, caplog):
    with quiet_statistics():
        undefined()
        logging.getLogger("evalmuse_hf.ranking").warning("a model is missing")
    assert caplog.messages == ["a model is missing"]
    undefined()
    assert len(caplog.messages) == 2


def test_verbose_leaves_the_warnings(undefined, caplog):
    with quiet_statistics(verbose=True):
        undefined()
    assert len(caplog.messages) == 1


def test_the_level_comes_back_after_an_error(caplog):
    logger = logging.getLogger("evalmuse_hf.stats")
    caplog.set_level(logging.INFO, logger.name)
    with pytest.raises(ValueError, match="broken"), quiet_statistics():
        raise ValueError("broken")
    assert logger.level == logging.INFO


def test_the_level_comes_back_when_the_last_of_two_overlapping_commands_is_done():
    logger = logging.getLogger("evalmuse_hf.stats")
    before, inside, leave = logger.level, threading.Event(), threading.Event()

    def other():
        with quiet_statistics():
            inside.set()
            leave.wait(5)

    thread = threading.Thread(target=other)
    with quiet_statistics():
        thread.start()
        assert inside.wait(5)
    assert logger.level == logging.ERROR
    leave.set()
    thread.join(5)
    assert logger.level == before
