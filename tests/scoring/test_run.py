import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.scoring import read_list, read_scores, score_list, write_scores
from evalmuse_hf.scoring.__main__ import main
from evalmuse_hf.scoring.run import RunOptions, parts_folder, score_source
from evalmuse_hf.scoring.run_folder import RunError, RunFolder, ShardPlace
from evalmuse_hf.scoring.sources import SourceError, open_source

SETTINGS = {"scorer": "length"}
N_KILLS = 20


class LengthScorer:
    """Scores a prompt by its length, and notes in a file what it was asked."""

    name = "length"

    def __init__(self, log: Path, *, delay: float = 0.0) -> None:
        self.log = log
        self.delay = delay

    def score(self, *, images, prompts, elements):
        time.sleep(self.delay)
        with self.log.open("a") as file:
            file.write("".join(f"{prompt}\n" for prompt in prompts))
        scores = []
        for prompt, texts in zip(prompts, elements, strict=True):
            items = tuple(ElementScore(text, None, 0.5, "ok") for text in texts)
            if prompt.endswith("7"):
                scores.append(PairScore(float("nan"), items, "image_error", "Cannot read it."))
            else:
                scores.append(PairScore(1 + len(prompt) / 9, items))
        return scores

    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def pairs(tmp_path) -> Path:
    """Twenty-five rows, one of them bad, with columns that change their kind on the way."""
    path = tmp_path / "pairs.jsonl"
    rows = [
        {"image": f"{number % 3}.png", "prompt": f"cat {number}", "elements": ["cat"], "seed": number, "status": "new"}
        for number in range(24)
    ]
    rows[4]["seed"] = "four"
    rows[20]["extra"] = {"a": 1}
    rows[21]["extra"] = 2.5
    lines = [json.dumps(row) for row in rows]
    path.write_text("\n".join([*lines[:9], "{", *lines[9:], ""]))
    return path


@pytest.fixture
def scorer(tmp_path) -> LengthScorer:
    return LengthScorer(tmp_path / "asked.txt")


def run(scorer, pairs, out, **options):
    options = RunOptions(**{"shard_rows": 4, **options})
    return score_source(scorer, open_source(pairs), out, settings=SETTINGS, options=options)


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv"])
def test_a_run_writes_what_scoring_in_memory_writes(scorer, pairs, tmp_path, ending):
    summary = run(scorer, pairs, tmp_path / f"run.{ending}")
    write_scores(score_list(scorer, read_list(pairs)), tmp_path / f"memory.{ending}")
    ours, theirs = (read_scores(tmp_path / f"{name}.{ending}") for name in ("run", "memory"))
    assert [dict(row) for row in ours.rows] == [dict(row) for row in theirs.rows]
    assert ours.provenance == theirs.provenance
    assert list(ours.rows[0]) == list(theirs.rows[0])
    assert (summary.n_rows, summary.n_resumed) == (25, 0)
    assert (summary.scored, summary.failed) == ({"ok": 22}, {"image_error": 2, "row_error": 1})
    assert summary.message == "line 8 of pairs.jsonl: Cannot read it."
    assert not parts_folder(tmp_path / f"run.{ending}").exists()


@pytest.mark.parametrize("n_rows", [1, 3, 4, 5])
def test_a_shard_may_be_larger_than_what_is_in_memory_together(scorer, pairs, tmp_path, monkeypatch, n_rows):
    monkeypatch.setattr("evalmuse_hf.scoring.run.ROWS_AT_ONCE", n_rows)
    run(scorer, pairs, tmp_path / "s.parquet", shard_rows=5)
    write_scores(score_list(scorer, read_list(pairs)), tmp_path / "memory.parquet")
    assert read_scores(tmp_path / "s.parquet").rows == read_scores(tmp_path / "memory.parquet").rows


def test_a_folder_keeps_its_shards_and_a_second_run_finds_nothing_to_do(scorer, pairs, tmp_path):
    run(scorer, pairs, tmp_path / "scores")
    n_asked = len(scorer.asked())
    summary = run(scorer, pairs, tmp_path / "scores")
    assert (summary.n_rows, summary.n_resumed, len(scorer.asked())) == (25, 25, n_asked)
    files = sorted(path.name for path in (tmp_path / "scores").glob("[!_.]*"))
    assert files == [f"part-000000-00000{block}.parquet" for block in range(7)]
    metadata = pq.read_schema(tmp_path / "scores" / files[0]).metadata
    assert json.loads(metadata[b"evalmuse_hf"])["scorer"] == "length"


def test_an_interrupted_run_goes_on_where_it_was(scorer, pairs, tmp_path):
    class Interrupted(LengthScorer):
        def score(self, **inputs):
            if len(self.asked()) >= 8:
                raise KeyboardInterrupt
            return super().score(**inputs)

    with pytest.raises(KeyboardInterrupt):
        run(Interrupted(scorer.log), pairs, tmp_path / "s.parquet")
    summary = run(
        scorer, pairs, tmp_path / "s.parquet", shard_rows=None
    )  # the size of shards is that of the beginning
    assert (summary.n_rows, summary.n_resumed) == (25, 8)
    asked = scorer.asked()
    assert len(asked) == len(set(asked)) == 24


def test_another_list_or_another_setting_is_refused_until_the_run_is_thrown_away(scorer, pairs, tmp_path):
    class Broken(LengthScorer):
        def score(self, **inputs):
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        run(Broken(scorer.log), pairs, tmp_path / "s.parquet")
    with pytest.raises(RunError, match=r"with another shard rows \(4, now 5\)"):
        run(scorer, pairs, tmp_path / "s.parquet", shard_rows=5)
    pairs.write_text(pairs.read_text() + json.dumps({"image": "0.png", "prompt": "a dog"}) + "\n")
    with pytest.raises(RunError, match=r"an unfinished run with another source .* --restart"):
        run(scorer, pairs, tmp_path / "s.parquet")
    assert run(scorer, pairs, tmp_path / "s.parquet", restart=True).n_rows == 26


def test_a_second_run_on_the_same_output_is_refused(scorer, pairs, tmp_path):
    folder = RunFolder(parts_folder(tmp_path / "s.parquet"))
    folder.begin({})
    try:
        with pytest.raises(RunError, match=r"Another run is writing to .*s\.parquet\.parts; wait"):
            run(scorer, pairs, tmp_path / "s.parquet")
    finally:
        folder.close()


def fork(work) -> int:
    """Do something in a fork of this process, which has imported everything; the child ends without cleaning up."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def test_killed_twenty_times_a_run_loses_nothing_and_scores_nothing_twice(pairs, tmp_path):
    reference = LengthScorer(tmp_path / "reference.txt")
    run(reference, pairs, tmp_path / "reference.parquet", shard_rows=1)
    scorer = LengthScorer(tmp_path / "asked.txt", delay=0.01)
    out = tmp_path / "s.parquet"

    def work():
        run(scorer, pairs, out, shard_rows=1)

    start = time.monotonic()
    os.waitpid(fork(work), 0)
    duration = time.monotonic() - start
    out.unlink()
    scorer.log.unlink()
    moments = random.Random(0)
    kills = 0
    while kills < N_KILLS:
        child = fork(work)
        time.sleep(moments.uniform(0, 0.6 * duration))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        kills += os.WIFSIGNALED(status)
        finished = set(RunFolder(parts_folder(out)).read_progress().shards)
        n_asked = len(scorer.asked())
        if out.exists() or len(finished) == 25:
            assert os.waitpid(fork(work), 0)[1] == 0
            assert read_scores(out).rows == read_scores(tmp_path / "reference.parquet").rows
            out.unlink()
            scorer.log.unlink()
        else:  # at most the one shard that was at work is scored again
            assert n_asked - len({prompt for prompt in scorer.asked()}) <= kills
    assert os.waitpid(fork(work), 0)[1] == 0
    assert read_scores(out).rows == read_scores(tmp_path / "reference.parquet").rows


def test_what_is_finished_is_never_asked_again(pairs, tmp_path):
    scorer = LengthScorer(tmp_path / "asked.txt", delay=0.02)
    out = tmp_path / "s.parquet"
    child = fork(lambda: run(scorer, pairs, out, shard_rows=1))
    while len(scorer.asked()) < 10:
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    finished = RunFolder(parts_folder(out)).read_progress()
    scorer.log.unlink()
    summary = run(scorer, pairs, out, shard_rows=1)
    assert summary.n_resumed == finished.n_rows >= 9
    assert len(scorer.asked()) == 24 - sum(place.block != 9 for place in finished.shards)  # block 9 is the bad row


@pytest.mark.parametrize("damage", ["truncated", "gone", "changed", "half a line in the journal"])
def test_a_damaged_shard_is_scored_again(scorer, pairs, tmp_path, damage):
    class Stopped(LengthScorer):
        def score(self, **inputs):
            if len(self.asked()) >= 12:
                raise RuntimeError("stopped")
            return super().score(**inputs)

    out = tmp_path / "s.parquet"
    with pytest.raises(RuntimeError, match="stopped"):
        run(Stopped(scorer.log), pairs, out)
    folder = parts_folder(out)
    shard = folder / ShardPlace(0, 1).file_name
    if damage == "gone":
        shard.unlink()
    elif damage == "truncated":
        shard.write_bytes(shard.read_bytes()[:-5])
    elif damage == "changed":
        content = bytearray(shard.read_bytes())
        content[20] ^= 255
        shard.write_bytes(content)
    else:
        journal = folder / "_journal-00000.jsonl"
        journal.write_bytes(journal.read_bytes()[:-20])
    if damage == "changed":  # seen only when everything is put together
        with pytest.raises(RunError, match=r"part-000000-000001\.parquet is damaged; run the same command again"):
            run(scorer, pairs, out)
    run(scorer, pairs, out)
    write_scores(score_list(scorer, read_list(pairs)), tmp_path / "memory.parquet")
    assert read_scores(out).rows == read_scores(tmp_path / "memory.parquet").rows


@pytest.mark.parametrize("place", ["shard", "journal", "merged file"])
def test_a_full_disk_is_one_sentence_and_the_run_goes_on_later(scorer, pairs, tmp_path, monkeypatch, place):
    from evalmuse_hf.scoring import merging, run_folder

    full = OSError(28, "No space left on device")
    calls = 0

    def fail(*arguments, **options):
        nonlocal calls
        calls += 1
        if calls > 2 or place == "merged file":
            raise full
        return original(*arguments, **options)

    with monkeypatch.context() as patch:
        owner, name = {
            "shard": (run_folder.os, "fsync"),
            "journal": (run_folder, "add_record"),
            "merged file": (merging, "_write_parquet"),
        }[place]
        original = getattr(owner, name)
        patch.setattr(owner, name, fail)
        with pytest.raises(RunError, match=r"\(No space left on device\); make room .* the same command goes on"):
            run(scorer, pairs, tmp_path / "s.parquet")
    assert not list(tmp_path.rglob("*.unfinished"))
    summary = run(scorer, pairs, tmp_path / "s.parquet")
    assert summary.n_rows == 25
    assert summary.n_resumed == (25 if place == "merged file" else 8 if place == "journal" else 4)


def test_a_folder_that_cannot_be_written_is_one_sentence(scorer, pairs):
    with pytest.raises(RunError, match=r"/proc/scores\.parquet\.parts cannot be written \("):
        run(scorer, pairs, Path("/proc/scores.parquet"))


def test_other_peoples_files_are_left_alone(scorer, pairs, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "data.parquet").write_bytes(b"mine")
    with pytest.raises(RunError, match="holds Parquet files of no run"):
        run(scorer, pairs, tmp_path / "mine")
    assert (tmp_path / "mine" / "data.parquet").read_bytes() == b"mine"


def test_a_source_that_breaks_off_keeps_what_was_scored(scorer, pairs, tmp_path):
    class Breaking:
        name, fingerprint, n_parts = "far away", "f" * 64, 1

        def __init__(self, *, breaks):
            self.breaks = breaks

        def rows(self, part, *, start=0):
            for number, row in enumerate(open_source(pairs).rows(0)):
                if self.breaks and number == 10:
                    raise SourceError("far away does not answer; the same command goes on from there.")
                if number >= start:
                    yield row

    options = RunOptions(shard_rows=4)
    arguments = {"settings": SETTINGS, "options": options}
    with pytest.raises(SourceError, match="does not answer"):
        score_source(scorer, Breaking(breaks=True), tmp_path / "s.parquet", **arguments)
    summary = score_source(scorer, Breaking(breaks=False), tmp_path / "s.parquet", **arguments)
    assert (summary.n_rows, summary.n_resumed) == (25, 8)


def test_parts_come_in_their_order(scorer, tmp_path):
    folder = tmp_path / "lists"
    folder.mkdir()
    for number in range(3):
        lines = [json.dumps({"image": "0.png", "prompt": f"cat {number} {row}"}) for row in range(5)]
        (folder / f"{number}.jsonl").write_text("\n".join(lines))
    run(scorer, folder, tmp_path / "s.jsonl")
    prompts = [row["prompt"] for row in read_scores(tmp_path / "s.jsonl").rows]
    assert prompts == [f"cat {number} {row}" for number in range(3) for row in range(5)]


def launch(words, n_processes=1):
    starter = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node",
        str(n_processes),
        "-m",
    ]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    command = [*(starter if n_processes > 1 else [sys.executable, "-m"]), "evalmuse_hf.scoring", *map(str, words)]
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def score_alone(capsys):
    """The command in this process, which has imported torch already; as in the others, torch has one thread."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield lambda words: (main([*map(str, words)]), capsys.readouterr().err)
    torch.set_num_threads(n_threads)


@pytest.mark.slow
def test_two_processes_of_torchrun_give_the_file_of_one_to_the_last_bit(model_folder, pictures, tmp_path, score_alone):
    """That they also do after a kill, in any number, is in tests/benchmarks/test_scoring_kills.py."""
    pairs = pictures / "pairs.jsonl"
    rng = random.Random(0)
    words = ["a red cat", "the old dog", "two cats near the dog", "blue"]
    names = ["0.png", "1.png", "2.png", "rotated.jpg", "missing.png"]
    rows = [{"image": rng.choice(names), "prompt": rng.choice(words), "elements": ["cat"]} for _ in range(80)]
    pairs.write_text("\n".join(map(json.dumps, rows)))
    common = ["--model", model_folder, "--device", "cpu", "--shard-rows", 2, "--deterministic", "--workers", 1]
    together = launch([pairs, "--out", tmp_path / "together.parquet", *common], 2)
    status, note = score_alone([pairs, "--out", tmp_path / "alone.parquet", *common])
    assert (status, note.count("Scored ")) == (0, 1)
    output, note = together.communicate(timeout=240)
    assert together.returncode == 0, note[-3000:]
    assert (output, note.count("Scored ")) == (f"{tmp_path / 'together.parquet'}\n", 1)
    assert pq.read_table(tmp_path / "together.parquet").equals(pq.read_table(tmp_path / "alone.parquet"))


@pytest.mark.slow
def test_ctrl_c_ends_a_command_with_its_reading_processes_and_a_sentence(model_folder, pictures, tmp_path):
    pairs, out = pictures / "pairs.jsonl", tmp_path / "s.parquet"
    pairs.write_text("\n".join(json.dumps({"image": "0.png", "prompt": "a red cat"}) for _ in range(3000)))
    words = [pairs, "--model", model_folder, "--device", "cpu", "--shard-rows", 1, "--workers", 1, "--out", out]
    command = launch(words)
    deadline = time.monotonic() + 120
    while len(list(parts_folder(out).glob("part-*.parquet"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.002)
    helpers = psutil.Process(command.pid).children(recursive=True)
    command.send_signal(signal.SIGINT)
    _, note = command.communicate(timeout=60)
    assert command.returncode == 130
    assert "What was scored is kept: the same command goes on from there." in note
    assert helpers
    assert not any(helper.is_running() and helper.status() != psutil.STATUS_ZOMBIE for helper in helpers)
    assert RunFolder(parts_folder(out)).read_progress().n_rows >= 3


@pytest.mark.parametrize("deterministic", [False, True], ids=["by default", "deterministic"])
def test_strange_pictures_get_a_status_and_the_run_goes_on(model_folder, pictures, tmp_path, deterministic):
    from evalmuse_hf.scoring import load_scorer

    Image.new("RGB", (20_000, 3), "red").save(pictures / "wide.png")
    Image.new("RGB", (1, 1), "red").save(pictures / "dot.png")
    Image.new("L", (14_000, 14_000)).save(pictures / "bomb.png", compress_level=9)  # 196 million pixels in 200 kB
    os.mkfifo(pictures / "pipe.png")
    names = ["wide.png", "bomb.png", "dot.png", "pipe.png", "truncated.png", "0.png", "slow.png"]
    Image.new("RGB", (12_000, 12_000)).save(pictures / "slow.png", compress_level=1)
    pairs = pictures / "pairs.jsonl"
    pairs.write_text("\n".join(json.dumps({"image": name, "prompt": "a red cat"}) for name in names))
    scorer = load_scorer("fga_blip2", model=model_folder, device="cpu")
    options = {"workers": 1, "timeout": 0.4, "shard_rows": 3, "deterministic": deterministic}
    run(scorer, pairs, tmp_path / "s.parquet", **options)
    rows = read_scores(tmp_path / "s.parquet").rows
    expected = ["ok", "image_error", "ok", "image_error", "image_error", "ok", "image_error"]
    assert [row["status"] for row in rows] == expected
    assert "so many pixels" in rows[1]["message"]
    assert "is a pipe or a device" in rows[3]["message"]
    assert "did not finish within 0.4 s" in rows[6]["message"]
