import json
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest

from evalmuse_hf.llm import ChatMessage, ChatReply
from evalmuse_hf.llm.reply_cache import ReplyCache, request_digest

MESSAGES = [ChatMessage("user", "a")]


def digest(name="m", messages=MESSAGES, schema=None, max_tokens=5, seed=None):
    return request_digest(name, messages, schema=schema, max_tokens=max_tokens, seed=seed)


def test_everything_that_decides_a_reply_is_in_its_key():
    keys = [
        digest(),
        digest(name="n"),
        digest(messages=[ChatMessage("system", "a")]),
        digest(messages=[ChatMessage("user", "b")]),
        digest(messages=[*MESSAGES, *MESSAGES]),
        digest(schema={"type": "object"}),
        digest(max_tokens=6),
        digest(seed=0),
    ]
    assert len({*keys}) == len(keys)
    assert digest(schema={"a": 1, "b": 2}) == digest(schema={"b": 2, "a": 1})
    assert digest(messages=[ChatMessage("user", "\ud83d")])  # half a character is no crash


def test_a_reply_is_there_for_the_next_run(tmp_path):
    path = tmp_path / "new" / "replies.jsonl"
    reply = ChatReply("{\"a\": '猫'}\nmore", "stop", 3, None)
    ReplyCache(path).put(digest(), reply, model_name="m")
    again = ReplyCache(path)
    assert again.get(digest()) == reply
    assert again.get(digest(seed=1)) is None
    assert len(again) == 1


def test_a_line_that_a_killed_process_left_is_passed_over(tmp_path):
    path = tmp_path / "replies.jsonl"
    cache = ReplyCache(path)
    for seed in range(3):
        cache.put(digest(seed=seed), ChatReply(str(seed), "stop"), model_name="m")
    whole = path.read_bytes()
    for cut in range(1, len(whole.splitlines(keepends=True)[-1]), 23):
        path.write_bytes(whole[:-cut])
        resumed = ReplyCache(path)
        assert len(resumed) == 2
        resumed.put(digest(seed=2), ChatReply("again", "stop"), model_name="m")
        assert [ReplyCache(path).get(digest(seed=seed)).text for seed in range(3)] == ["0", "1", "again"]


def test_damage_in_the_middle_costs_one_reply(tmp_path, caplog):
    path = tmp_path / "replies.jsonl"
    cache = ReplyCache(path)
    for seed in range(3):
        cache.put(digest(seed=seed), ChatReply(str(seed), "stop"), model_name="m")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'\x00\xff{"key": 1}\n' + lines[2])
    found = ReplyCache(path)
    assert [found.get(digest(seed=seed)) is not None for seed in range(3)] == [True, False, True]
    assert "1 unreadable lines" in caplog.text


def test_another_file_is_not_taken_for_a_cache(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"id": 1, "prompt": "a cat"}\n')
    with pytest.raises(ValueError, match="holds no replies of a model"):
        ReplyCache(path)
    assert path.read_text() == '{"id": 1, "prompt": "a cat"}\n'
    with pytest.raises(ValueError, match="is a folder"):
        ReplyCache(tmp_path)


def test_threads_and_processes_share_a_file(tmp_path):
    path = tmp_path / "replies.jsonl"
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from evalmuse_hf.llm import ChatReply
        from evalmuse_hf.llm.reply_cache import ReplyCache
        cache = ReplyCache(Path(sys.argv[1]))
        for number in range(40):
            cache.put(f"{number + 1000:064x}", ChatReply("x" * 5000, "stop"), model_name="m")
        """
    )
    other = subprocess.Popen([sys.executable, "-c", program, str(path)])
    cache = ReplyCache(path)
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda number: cache.put(f"{number:064x}", ChatReply("y" * 5000, "stop"), model_name="m"), range(40)
            )
        )
    assert other.wait(60) == 0
    # The cache that was open all along sees what the other process wrote.
    assert all(cache.get(f"{number:064x}").text[0] == "y" for number in range(40))
    assert all(cache.get(f"{number + 1000:064x}").text[0] == "x" for number in range(40))
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 80
