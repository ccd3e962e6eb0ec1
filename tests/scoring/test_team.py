import os
import subprocess
import sys

import pytest

from evalmuse_hf.scoring.team import Team

PROGRAM = """
from evalmuse_hf.scoring.team import Team
team = Team("cpu")
team.wait()
shared = team.share({"from": team.rank})
print("rank", team.rank, team.size, team.local_size, shared["from"], team.is_first, flush=True)
team.close()
"""


def test_one_process_is_a_team():
    team = Team()
    team.wait()
    assert (team.rank, team.size, team.is_first, team.share(7), team.device) == (0, 1, True, 7, None)
    team.close()


@pytest.mark.slow
def test_processes_that_torchrun_starts_share_what_the_first_says(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    starter = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(tmp_path / "program.py")]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    done = subprocess.run([sys.executable, *starter], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = sorted(line for line in done.stdout.splitlines() if line.startswith("rank"))
    assert lines == ["rank 0 2 2 0 True", "rank 1 2 2 0 False"]
