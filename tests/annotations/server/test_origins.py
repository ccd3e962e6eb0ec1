import pytest

from evalmuse_hf.annotations.server.origins import OriginGate, is_foreign, space_hosts

from .test_limits import echo, exchange

OWN = {"host": "ratings.example:8443"}


def foreign(method="POST", path="/gradio_api/run/predict", **headers):
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in {**OWN, **headers}.items()]
    return is_foreign({"type": "http", "method": method, "path": path, "headers": sent}, own_hosts=("me.hf.space",))


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "https://ratings.example",
        "https://ratings.example:8443.evil.example",
        "https://evil.example:8443",
        "file://ratings.example:8443",
        "https://me.hf.space:444",
        "https://other.hf.space",
        "https://ratings.example:x",
        "https://huggingface.co",
    ],
)
def test_another_origin_is_foreign_whatever_it_asks_for(origin):
    for method, path in (("POST", "/login"), ("GET", "/"), ("OPTIONS", "/annotation/api/task"), ("GET", "/config")):
        assert foreign(method, path, origin=origin, sec_fetch_mode="navigate")


def test_the_own_origin_is_known_by_each_of_its_names():
    for origin in ("https://ratings.example:8443", "http://RATINGS.example:8443", "https://me.hf.space"):
        assert not foreign(origin=origin)
    assert not foreign(host="ratings.example", origin="https://ratings.example")
    assert not foreign(host="ratings.example:443", origin="https://ratings.example")
    assert not foreign(host="[::1]:7860", origin="http://[::1]:7860")
    assert not foreign(host="inside:7860", x_forwarded_host="ratings.example", origin="https://ratings.example")
    assert foreign(host="inside:7860", x_forwarded_host="ratings.example", origin="https://evil.example")


def test_a_request_without_an_origin_is_known_by_where_the_browser_says_it_comes_from():
    assert not foreign()  # a program
    assert not foreign(sec_fetch_site="same-origin")
    assert not foreign("GET", "/config", sec_fetch_site="none")
    for site in ("cross-site", "same-site", "?"):
        assert foreign(sec_fetch_site=site)
        assert foreign("GET", "/logout", sec_fetch_site=site, sec_fetch_mode="navigate")
        assert foreign("POST", "/", sec_fetch_site=site, sec_fetch_mode="navigate")
        for entrance in ("/", "/login/huggingface", "/login/callback"):
            assert not foreign("GET", entrance, sec_fetch_site=site, sec_fetch_mode="navigate")
            assert foreign("GET", entrance, sec_fetch_site=site, sec_fetch_mode="no-cors")


def test_only_a_space_may_be_framed_by_the_hub():
    assert space_hosts({"SPACE_HOST": "me.hf.space"}) == {}
    options = space_hosts({"SYSTEM": "spaces", "SPACE_HOST": "me.hf.space"})
    assert options == {"own_hosts": ("me.hf.space",), "frame_ancestors": ("https://huggingface.co",)}
    headers = dict(OriginGate(echo, **options)._headers("/", []))
    assert b"frame-ancestors 'self' https://huggingface.co;" in headers[b"content-security-policy"]


def test_what_the_application_allows_to_others_is_taken_back():
    async def generous(scope, receive, send):
        allowed = [(b"Access-Control-Allow-Origin", b"*"), (b"access-control-allow-credentials", b"true")]
        start = {"type": "http.response.start", "status": 200, "headers": [*allowed, (b"x-other", b"1")]}
        await send(start)
        await send({"type": "http.response.body", "body": repr(sorted(scope)).encode()})

    gate = OriginGate(generous, api_path="/annotation/api")
    kept = dict(
        gate._headers("/", [(b"Access-Control-Allow-Origin", b"*"), (b"cache-control", b"public"), (b"x", b"1")])
    )
    assert (kept[b"x"], kept[b"cache-control"]) == (b"1", b"no-store")
    assert not [name for name in kept if name.lower().startswith(b"access-control")]
    # Files may be kept, and the API says by itself what may be.
    for path in ("/assets/a.js", "/annotation/api/picture/1"):
        assert dict(gate._headers(path, [(b"cache-control", b"private")]))[b"cache-control"] == b"private"
    assert exchange(gate, b"", path="/x", headers=[(b"sec-fetch-site", b"none")])[0] == 200
