"""The embedded benchmark: a drawn world with exact truth, in the official raw format, and checkpoints made on it."""

from evalmuse_hf.mini.checkpoints import find_checkpoint
from evalmuse_hf.mini.release import ReleaseSummary, write_release

__all__ = ["ReleaseSummary", "find_checkpoint", "write_release"]
