"""The Gradio page: it signs people in, hands each the session of their own, and holds the two tabs."""

import html
from collections.abc import Callable
from typing import Any

import gradio as gr

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.page_assets import page_html
from evalmuse_hf.annotations.records import RaterRow
from evalmuse_hf.annotations.server.api import BASE
from evalmuse_hf.annotations.server.backup_state import BackupState
from evalmuse_hf.annotations.server.login import LoginKind, known_rater, new_session
from evalmuse_hf.annotations.server.organiser import (
    BACKUP_COLUMNS,
    EVENT_COLUMNS,
    RATER_COLUMNS,
    ROUND_COLUMNS,
    RaterFlags,
    organiser_overview,
)
from evalmuse_hf.annotations.store.engine import Store

_SIGN_IN = "Sign in with Hugging Face to begin."


class Visitor:
    """Says who sent a request to Gradio; knows nothing of its components.

    Attributes:
        store: With the raters.
        login: Who vouches for their names.
    """

    def __init__(self, store: Store, secret: bytes, *, login: LoginKind, open_registration: bool = False) -> None:
        self.store = store
        self.login = login
        self._secret = secret
        self._open_registration = open_registration

    def rater(self, name: str | None, account: str = "") -> RaterRow:
        """The rater.

        Args:
            name: What Gradio, or the Hub, says; None for nobody.
            account: Number of the account at the Hub; empty without one.

        Raises:
            NotAllowedError: If that is no rater.
        """
        if not name:
            raise NotAllowedError(_SIGN_IN, status="no_session", http_status=401)
        return known_rater(
            self.store, name, login=self.login, open_registration=self._open_registration, account=account
        )

    def session_node(self, name: str | None, account: str = "") -> str:
        """The HTML that the script of the page waits for, with a fresh session; or a sentence that says why not.

        Args:
            name: As in `rater`.
            account: As in `rater`.
        """
        try:
            token = new_session(self.store, self._secret, self.rater(name, account))
        except NotAllowedError as error:
            return f'<p id="annotation-refusal" role="alert">{html.escape(str(error))}</p>'
        return f'<div id="annotation-session" data-token="{token}" data-base="{BASE}" hidden></div>'

    def is_organiser(self, name: str | None, account: str = "") -> bool:
        """Whether the tab for organisers is shown; what is in it is refused to others all the same.

        Args:
            name: As in `rater`.
            account: As in `rater`.
        """
        try:
            return self.rater(name, account).is_organiser
        except NotAllowedError:
            return False


def build_page(visitor: Visitor, *, title: str, flags: RaterFlags, backup: BackupState | None = None) -> gr.Blocks:
    """Build the page; `evalmuse_hf.annotations.serving` mounts it.

    Args:
        visitor: Says who sent a request.
        title: Of the page.
        flags: Of the raters.
        backup: How the backup is; None without one.
    """
    page: gr.Blocks
    with gr.Blocks(title=title, analytics_enabled=False) as page:
        if visitor.login == "hub":
            gr.LoginButton()
        else:
            gr.Button("Sign out", link="/logout", link_target="_self", size="sm", elem_id="annotation-sign-out")
        with gr.Tabs():
            with gr.Tab("Rate"):
                gr.HTML(page_html(), elem_id="annotation-page")
                node = gr.HTML(elem_id="annotation-session-holder")
            with gr.Tab("Organiser", visible=False) as tab:
                refresh = gr.Button("Show the current state", variant="primary")
                tables = [
                    _table("Rounds", ROUND_COLUMNS),
                    _table("Raters", RATER_COLUMNS),
                    _table("What happened last", EVENT_COLUMNS),
                    _table("Backup on the Hub", BACKUP_COLUMNS),
                ]
        begin, look = _handlers(visitor, flags, backup)
        # Not through the queue: its answers can be fetched by whoever knows the number of a tab, these only by the
        # sender of the request.
        quiet: dict[str, Any] = {"queue": False, "api_visibility": "private", "show_progress": "hidden"}
        page.load(begin, None, [node, tab], **quiet)
        refresh.click(look, None, tables, **quiet)
        tab.select(look, None, tables, **quiet)
    return page


def _handlers(
    visitor: Visitor, flags: RaterFlags, backup: BackupState | None
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The two functions that Gradio calls; it finds by their annotations what they are to be told of the sender."""

    def begin(name: str | None, account: str = "") -> list[Any]:
        return [visitor.session_node(name, account), gr.update(visible=visitor.is_organiser(name, account))]

    def look(name: str | None, account: str = "") -> list[Any]:
        try:
            rater = visitor.rater(name, account)
            return list(organiser_overview(visitor.store, rater, flags=flags, backup=backup))
        except NotAllowedError as error:
            raise gr.Error(str(error), print_exception=False) from None

    def begin_by_login(request: gr.Request) -> list[Any]:
        return begin(request.username)

    def look_by_login(request: gr.Request) -> list[Any]:
        return look(request.username)

    def begin_by_profile(profile: gr.OAuthProfile | None) -> list[Any]:
        return begin(*_account_of(profile))

    def look_by_profile(profile: gr.OAuthProfile | None) -> list[Any]:
        return look(*_account_of(profile))

    if visitor.login == "hub":
        return begin_by_profile, look_by_profile
    return begin_by_login, look_by_login


def _account_of(profile: gr.OAuthProfile | None) -> tuple[str | None, str]:
    """Name and number of an account, in the order in which `Visitor` takes them."""
    return (None, "") if profile is None else (profile.username, str(profile.get("sub", "")))


def _table(label: str, columns: tuple[str, ...]) -> gr.Dataframe:
    return gr.Dataframe(headers=list(columns), label=label, interactive=False, wrap=True, type="array")
