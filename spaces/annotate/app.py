"""Page of the Space on which raters answer; see README.md for its variables."""

import logging
import os

from evalmuse_hf.annotations.serving import options_from_environment, serve

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    place = os.environ.get("EVALMUSE_ANNOTATE_STORE", "store.sqlite")
    serve(place, options_from_environment(os.environ), on_ready=logging.info)
