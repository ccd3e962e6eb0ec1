import dataclasses

import pytest

from evalmuse_hf.llm import ChatError, ChatMessage, ChatReply


def test_an_error_says_what_may_be_done_about_it():
    error = ChatError("busy", 3.0, True)
    assert (str(error), error.retry_after, error.may_retry, error.stops_run) == ("busy", 3.0, True, False)
    assert ChatError("no key", stops_run=True).stops_run
    assert not ChatError("too long").may_retry
    assert isinstance(error, ValueError)  # what the command line shows as one sentence


def test_records_do_not_change():
    for record, name in ((ChatMessage("user", "a"), "content"), (ChatReply("a", "stop"), "text")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, "b")
