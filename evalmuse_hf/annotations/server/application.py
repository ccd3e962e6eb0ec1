"""The whole server of one store: the API, the page of Gradio, and what stands before both."""

from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request

from evalmuse_hf.annotations.page_assets import page_head
from evalmuse_hf.annotations.server.api import make_api_app
from evalmuse_hf.annotations.server.backup_state import BackupState
from evalmuse_hf.annotations.server.login import CurrentLogins, LoginKind, known_rater, password_check
from evalmuse_hf.annotations.server.logout import LogoutWatch
from evalmuse_hf.annotations.server.organiser import RaterFlags
from evalmuse_hf.annotations.server.page import Visitor, build_page
from evalmuse_hf.annotations.store.engine import Store
from evalmuse_hf.annotations.store.sessions import end_sessions, session_secret


def make_app(
    store: Store,
    *,
    title: str,
    login: LoginKind,
    open_registration: bool,
    requests_per_s: float,
    backup: BackupState | None = None,
) -> FastAPI:
    """Put the server together.

    Args:
        store: The store.
        title: Of the page.
        login: How raters sign in.
        open_registration: Whether users of the Hub who are not known become raters.
        requests_per_s: For each rater, beyond a reserve for bursts.
        backup: How the backup is, which decides whether items are given out; None without one.
    """
    app = make_api_app(store, requests_per_s=requests_per_s, backup=backup)
    visitor = Visitor(store, session_secret(store), login=login, open_registration=open_registration)
    gr.mount_gradio_app(
        app,
        build_page(visitor, title=title, flags=RaterFlags(store), backup=backup),
        path="/",
        auth=password_check(store) if login == "token" else None,
        auth_message="Sign in with the name and the token that the organiser gave you." if login == "token" else None,
        head=page_head(),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        pwa=False,
    )
    mounted: Any = app.routes[-1]
    gradio_app = mounted.app
    gradio_app.tokens = CurrentLogins(store)

    def name_of(request: Request) -> str | None:
        if login == "hub":
            profile = request.session.get("oauth_info", {}).get("userinfo", {})
            return str(profile.get("preferred_username", ""))
        cookies = (f"access-token-{kind}{gradio_app.cookie_id}" for kind in ("", "unsecure-"))
        names = (gradio_app.tokens.get(request.cookies.get(cookie)) for cookie in cookies)
        return next(filter(None, names), None)

    def end(name: str) -> None:
        end_sessions(store, known_rater(store, name, login=login).rater_id)

    # The last one is the innermost one, behind what reads the cookie of the Hub's login.
    gradio_app.user_middleware.append(Middleware(LogoutWatch, name_of=name_of, end=end))
    return app
