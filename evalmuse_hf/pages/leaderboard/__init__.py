"""The leaderboard: finished records of `evalmuse rank` and `evalmuse evaluate` in a browser."""

from evalmuse_hf.pages.leaderboard.record_keeper import RecordKeeper
from evalmuse_hf.pages.leaderboard.records import LeaderboardRecords, read_records

__all__ = ["LeaderboardRecords", "RecordKeeper", "read_records"]
