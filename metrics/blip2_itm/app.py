"""Page of the Space."""

from evalmuse_hf.evaluation_modules.page import build_page

if __name__ == "__main__":
    build_page(".").launch()
