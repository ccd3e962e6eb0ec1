"""Page of the Space; README.md lists the variables that choose the scorers and the limits."""

import contextlib
import os

if __name__ == "__main__":
    with contextlib.suppress(ImportError):  # where the Hub lends a GPU to each request, this must come before torch
        import spaces  # noqa: F401
    from evalmuse_hf.pages.frame import start_page
    from evalmuse_hf.pages.limits import PageLimits
    from evalmuse_hf.pages.loading import load_page_scorers, split_names
    from evalmuse_hf.pages.playground.page import build_playground
    from evalmuse_hf.scoring.serving import wait_for_end

    limits = PageLimits.from_environment(os.environ)
    scorers = load_page_scorers(split_names(os.environ.get("EVALMUSE_SCORERS", "")))
    app = build_playground(scorers, limits=limits)
    start_page(app)
    wait_for_end(app)
