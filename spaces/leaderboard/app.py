"""Page of the Space; EVALMUSE_LEADERBOARD_RECORDS says whose records, EVALMUSE_LEADERBOARD_MINUTES how fresh."""

import os

from evalmuse_hf.pages.frame import start_page
from evalmuse_hf.pages.leaderboard import RecordKeeper
from evalmuse_hf.pages.leaderboard.page import build_leaderboard
from evalmuse_hf.pages.leaderboard.record_keeper import read_minutes
from evalmuse_hf.scoring.serving import wait_for_end

if __name__ == "__main__":
    source = os.environ.get("EVALMUSE_LEADERBOARD_RECORDS")
    app = build_leaderboard(RecordKeeper(source, minutes=read_minutes(os.environ)))
    start_page(app)
    wait_for_end(app)
