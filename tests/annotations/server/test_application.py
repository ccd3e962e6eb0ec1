from contextlib import closing

from evalmuse_hf.annotations.server.application import make_app
from evalmuse_hf.annotations.server.login import CurrentLogins

from .conftest import make_campaign


def test_the_page_is_behind_the_api_and_its_logins_are_ours(tmp_path):
    campaign = make_campaign(tmp_path)
    with closing(campaign.store):
        app = make_app(campaign.store, title="Ratings", login="token", open_registration=False, requests_per_s=10.0)
        gradio_app = app.routes[-1].app
        assert isinstance(gradio_app.tokens, CurrentLogins)
        page = gradio_app.get_blocks()
        assert (page.allowed_paths, page.show_error, page.analytics_enabled) == ([], False, False)
        # Of the functions of the page, none is listed for clients, and none waits in the common queue.
        assert {entry["api_visibility"] for entry in page.config["dependencies"]} == {"private"}
        assert {entry["queue"] for entry in page.config["dependencies"]} == {False}
