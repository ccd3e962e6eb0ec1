"""Signing in with the Hub, all the way: a server as in a Space, and a provider of OpenID Connect on this machine."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from evalmuse_hf.annotations.store.raters import add_rater, find_rater, set_active

from .conftest import Client, make_campaign
from .test_page import NODE, Browser

pytest.importorskip("authlib", reason="Gradio's login of the Hub needs it")

SPACE = "me-ratings.hf.space"
SECRET = "the secret of the client, which is long enough"
SERVER = """
import sys
from evalmuse_hf.annotations.serving import ServerOptions, serve
options = ServerOptions(port=0, login="hub", open_registration=True)
serve(sys.argv[1], options, on_ready=lambda address: print(address, flush=True))
"""


class Provider:
    """Enough of the Hub's OpenID provider: who signs in is whom the test says."""

    def __init__(self):
        from joserfc.jwk import RSAKey

        self.key = RSAKey.generate_key(2048, parameters={"kid": "1", "alg": "RS256", "use": "sig"})
        self.user = "ann"
        self.numbers = {}
        self.asked = {}

    def __enter__(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                url = urlsplit(self.path)
                if url.path == "/.well-known/openid-configuration":
                    return self.reply(provider.configuration())
                if url.path == "/jwks":
                    return self.reply({"keys": [provider.key.as_dict(private=False)]})
                return self.reply({}, 404)

            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                provider.asked["token"] = {**form, "authorization": self.headers.get("Authorization")}
                return self.reply(provider.tokens())

            def reply(self, content, status=200):
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *raised):
        self.server.shutdown()
        self.server.server_close()

    def configuration(self):
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/oauth/authorize",
            "token_endpoint": f"{self.url}/oauth/token",
            "jwks_uri": f"{self.url}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def tokens(self):
        from joserfc import jwt

        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": "client",
            "sub": self.numbers.get(self.user, f"number of {self.user}"),
            "iat": now,
            "exp": now + 3600,
            "nonce": self.asked["nonce"],
            "name": self.user.title(),
            "preferred_username": self.user,
            "profile": f"https://hub.invalid/{self.user}",
            "picture": "https://hub.invalid/picture.png",
        }
        return {
            "access_token": "hf_oauth_x",
            "token_type": "bearer",
            "expires_in": 3600,
            "scope": "openid profile",
            "id_token": jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key),
        }


class HubBrowser(Browser):
    """Signs in as a browser does that is sent to the Hub and back."""

    def redirect(self, path):
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request("GET", path, headers={"Cookie": cookies})
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        location, status = answer.getheader("Location"), answer.status
        answer.read()
        connection.close()
        assert status in (302, 303, 307), status
        return urlsplit(location)

    def sign_in(self, provider, name):
        provider.user = name
        there = self.redirect("/login/huggingface")
        asked = {key: values[0] for key, values in parse_qs(there.query).items()}
        assert f"{there.scheme}://{there.netloc}" == provider.url
        provider.asked["nonce"] = asked["nonce"]
        back = urlsplit(asked["redirect_uri"])
        assert (back.scheme, back.netloc, back.path) == ("https", SPACE, "/login/callback")
        query = f"{back.query}&{urlencode({'code': 'one-time', 'state': asked['state']})}"
        return self.redirect(f"/login/callback?{query}").path

    def node(self):
        status, answer = self.call("begin_by_profile")
        assert status == 200, answer
        return answer["data"][0]


@contextmanager
def space(campaign, provider):
    """A server in a process of its own, whose variables are those of a Space."""
    variables = {
        "SYSTEM": "spaces",
        "SPACE_ID": "me/ratings",
        "SPACE_HOST": SPACE,
        "OAUTH_CLIENT_ID": "client",
        "OAUTH_CLIENT_SECRET": SECRET,
        "OAUTH_SCOPES": "openid profile",
        "OPENID_PROVIDER_URL": provider.url,
    }
    command = [sys.executable, "-c", SERVER, str(campaign.store.path)]
    # Not in the checkout, whose folder `spaces` Gradio would take for a module of that name.
    folder = campaign.pictures.parent
    child = subprocess.Popen(command, cwd=folder, env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True)
    try:
        campaign.address = next(line for line in child.stdout if line.startswith("http")).strip()
        yield campaign
    finally:
        child.terminate()
        child.stdout.close()
        assert child.wait(30) == 0


@pytest.mark.slow
def test_users_of_the_hub_sign_in_and_get_sessions_of_their_own(tmp_path):
    campaign = make_campaign(tmp_path)
    add_rater(campaign.store, "Hanna", login="hub", is_organiser=True)
    with Provider() as provider, space(campaign, provider):
        stranger = HubBrowser(campaign.address)
        assert "Sign in with Hugging Face" in stranger.node()
        hanna, new = HubBrowser(campaign.address), HubBrowser(campaign.address)
        assert hanna.sign_in(provider, "hanna") == "/"
        assert provider.asked["token"]["grant_type"] == ["authorization_code"]
        assert new.sign_in(provider, "nina") == "/"
        tokens = [NODE.fullmatch(browser.node())[1] for browser in (hanna, new)]
        answers = [Client(campaign.address, token).get("/session").json for token in tokens]
        assert [(answer["rater"], answer["is_organiser"]) for answer in answers] == [("Hanna", True), ("nina", False)]
        assert Client(campaign.address, tokens[1]).begin() is not None
        assert (hanna.call("look_by_profile")[0], new.call("look_by_profile")[0]) == (200, 500)
        # Whoever takes the name of a rater with a token is not that rater.
        thief = HubBrowser(campaign.address)
        thief.sign_in(provider, "ann")
        assert "does not know you" in thief.node()
        # A state that was not given to this browser.
        assert HubBrowser(campaign.address).redirect("/login/callback?code=x&state=y").path == "/login/huggingface"
        set_active(campaign.store, "nina", False)
        assert "switched off" in new.node()
        assert Client(campaign.address, tokens[1]).get("/task").refusal == (401, "disabled")
        # Whoever gets the name of a rater who has left the Hub is not that rater.
        provider.numbers["Hanna"] = "number of somebody else"
        heir = HubBrowser(campaign.address)
        heir.sign_in(provider, "Hanna")
        assert "another account" in heir.node()
        assert heir.call("look_by_profile")[0] == 500
        # Signing out ends what the pages of that rater hold.
        assert Client(campaign.address, tokens[0]).get("/session").status == 200
        hanna.redirect("/logout")
        assert NODE.fullmatch(hanna.node()) is None
        assert Client(campaign.address, tokens[0]).get("/session").refusal == (401, "no_session")
    assert find_rater(campaign.store, "nina").login == "hub"
