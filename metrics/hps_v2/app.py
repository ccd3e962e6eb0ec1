"""Page of the Space."""

from evalmuse_hf.pages.metric_page import run_page

if __name__ == "__main__":
    run_page(".")
