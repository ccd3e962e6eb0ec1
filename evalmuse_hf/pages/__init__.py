"""Pages in a browser: the playground and the leaderboard of finished evaluations; `spaces/` wraps each thinly."""
