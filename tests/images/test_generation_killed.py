"""A run that is killed, in processes of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def without_times(folder):
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]
    return [{name: row[name] for name in row if name not in ("seconds", "created")} for row in rows]


SLOW_RUN = """
import sys, time
from pathlib import Path
from evalmuse_hf.images.generation import generate_pictures
from evalmuse_hf.images.picture_prompts import read_picture_prompts
from evalmuse_hf.mini.picture_generator import DrawnWorldGenerator

class Slow(DrawnWorldGenerator):
    def draw(self, prompts, seeds):
        time.sleep(float(sys.argv[3]))
        return super().draw(prompts, seeds)

out = Path(sys.argv[2])
prompts = read_picture_prompts(Path(sys.argv[1]))
summary = generate_pictures(prompts, [Slow("Painter_Pro", batch_size=1)], out, n_seeds=2)
print(summary.drawn, summary.kept)
"""


def start(tmp_path, out, *, pause, **environment):
    (tmp_path / "prompts.txt").write_text("".join(f"a red cat and {number} keys\n" for number in range(20)))
    words = [sys.executable, "-c", SLOW_RUN, str(tmp_path / "prompts.txt"), str(out), str(pause)]
    options = {"cwd": ROOT, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(words, env={**os.environ, **environment}, **options)


def test_a_run_that_was_killed_goes_on_and_draws_nothing_twice(tmp_path):
    out, whole = tmp_path / "killed", tmp_path / "whole"
    victim = start(tmp_path, out, pause=0.05)
    journal = out / "journals/00000.jsonl"
    end = time.monotonic() + 60
    while time.monotonic() < end and not (journal.is_file() and journal.read_bytes().count(b"\n") >= 3):
        time.sleep(0.02)
    victim.send_signal(signal.SIGKILL)
    victim.communicate(timeout=60)
    with journal.open("ab") as file:
        file.write(b'{"id": "half a li')
    done = journal.read_bytes().count(b"\n")
    assert 3 <= done < 40
    assert not (out / "manifest.jsonl").exists()
    others = [start(tmp_path, out, pause=0, RANK=str(rank), WORLD_SIZE="2") for rank in (0, 1)]
    said = [other.communicate(timeout=120) for other in others]
    assert [other.returncode for other in others] == [0, 0], said
    drawn = [int(stdout.split()[0]) for stdout, _ in said]
    assert sum(drawn) == 40 - done
    assert min(drawn) > 0
    single = start(tmp_path, whole, pause=0)
    assert single.communicate(timeout=120)[0] == "40 0\n"
    assert without_times(out) == without_times(whole)
    assert not list(out.rglob("*.part"))
