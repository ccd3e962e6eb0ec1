"""Page of the Space; the variables EVALMUSE_SCORER and EVALMUSE_MODEL say what scores."""

import os

from evalmuse_hf import load_scorer
from evalmuse_hf.pages.frame import launch_options, prepare_gradio
from evalmuse_hf.pages.guard import guard_options
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.scoring.serving import build_app, start_app, wait_for_end

if __name__ == "__main__":
    name, model = os.environ.get("EVALMUSE_SCORER", "fga_blip2"), os.environ.get("EVALMUSE_MODEL", "mini")
    prepare_gradio()
    app = build_app(load_scorer(name, model=model))
    start_app(app, options={**launch_options(), **guard_options(PageLimits.from_environment(os.environ))})
    wait_for_end(app)
