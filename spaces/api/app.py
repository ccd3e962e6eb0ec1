"""Page of the Space; the variables EVALMUSE_SCORER and EVALMUSE_MODEL say what scores."""

import os

from evalmuse_hf import load_scorer
from evalmuse_hf.scoring.serving import build_app, start_app, wait_for_end

if __name__ == "__main__":
    name, model = os.environ.get("EVALMUSE_SCORER", "fga_blip2"), os.environ.get("EVALMUSE_MODEL", "mini")
    app = build_app(load_scorer(name, model=model))
    start_app(app)
    wait_for_end(app)
