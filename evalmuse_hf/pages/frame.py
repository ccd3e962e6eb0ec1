"""What all pages have in common: a Gradio that asks nobody but its own server, one look, one way to start."""

import atexit
import logging
import os
import shutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from evalmuse_hf.optional import require
from evalmuse_hf.pages.guard import guard_options, guard_queue
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.upload_folders import new_upload_folder, sweep_abandoned_folders
from evalmuse_hf.pages.uploads import sweep_age_s, sweep_period_s
from evalmuse_hf.scoring.addresses import ServingError, check_address

logger = logging.getLogger(__name__)

SYSTEM_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
FIXED_FONTS = "ui-monospace, 'SF Mono', Consolas, 'Liberation Mono', monospace"
_QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",  # is read at import
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9),  # else each failed request counts up all requests before it
    "GRADIO_SHARE": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
_USUAL = PageLimits()
_STYLE = Path(__file__).with_name("frame.css")


@cache
def prepare_gradio() -> ModuleType:
    """Import Gradio as pages need it: without statistics for its makers, and with a folder of its own for uploads.

    What visitors send lies in a fresh folder that only this user can read, and that goes when the program ends, or
    when the next one begins if it was killed; ``GRADIO_TEMP_DIR`` names another one, which stays.

    Returns:
        The module ``gradio``.

    Raises:
        ImportError: If gradio is not installed.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    gradio = require("gradio", purpose="A page in the browser", extra="spaces")
    if not os.environ.get("GRADIO_TEMP_DIR"):
        sweep_abandoned_folders()
        folder = new_upload_folder()
        os.environ["GRADIO_TEMP_DIR"] = str(folder)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return gradio


@cache
def page_theme() -> Any:
    """The look of all pages: fonts that the visitor's machine has, and contrasts that everyone can read."""
    gradio = prepare_gradio()
    plain = gradio.themes.utils.fonts.Font("sans-serif")
    theme = gradio.themes.Default(primary_hue="blue", neutral_hue="slate", font=plain, font_mono=plain)
    theme.font, theme.font_mono = SYSTEM_FONTS, FIXED_FONTS
    return theme.set(
        body_background_fill="*neutral_50",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        block_title_text_color="*neutral_800",
        block_title_text_color_dark="*neutral_100",
        block_border_width="1px",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        color_accent="*primary_700",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_secondary_text_color="*neutral_800",
        button_secondary_text_color_dark="*neutral_100",
    )


def block_options(title: str, *, keep_uploads_s: int = _USUAL.keep_uploads_s) -> dict[str, Any]:
    """Options of `gradio.Blocks` for a page.

    Args:
        title: Of the window.
        keep_uploads_s: Seconds after which what visitors sent is deleted at the latest.

    >>> block_options("Pictures")["title"]
    'Pictures'
    """
    # How often Gradio looks, and from which age it deletes: together less than the time.
    sweeping = (sweep_period_s(keep_uploads_s), sweep_age_s(keep_uploads_s))
    return {"title": title, "analytics_enabled": False, "delete_cache": sweeping}


def launch_options(*, css: str = "") -> dict[str, Any]:
    """Options of ``launch``, and of `gradio.mount_gradio_app`, for a page.

    Nothing of the machine can be read but what visitors sent and what was made for them; an error that nobody foresaw
    is not shown, because its words may name folders of the server.

    Args:
        css: What a page needs beyond the common style.
    """
    return {
        "theme": page_theme(),
        "css": page_style() + css,
        "footer_links": ["api"],
        "run_history": False,
        "show_error": False,
        "ssr_mode": False,
        "mcp_server": False,
        "enable_monitoring": False,
        "pwa": False,
    }


def name_examples(component: Any, *names: str) -> Any:
    """Name the files that the examples of the API page send; Gradio's own lie elsewhere, whence a page takes none.

    Args:
        component: One that takes files.
        *names: As a program would name files beside it.

    Returns:
        The component.
    """
    files = [{"path": name, "url": name, "meta": {"_type": "gradio.FileData"}} for name in names]
    several = getattr(component, "file_count", "single") == "multiple"
    component.example_payload = lambda: files if several else files[0]
    return component


@cache
def page_style() -> str:
    """The common style, as CSS."""
    return _STYLE.read_text("utf-8")


def start_page(app: Any, *, host: str | None = None, port: int | None = None, max_file_size: int | None = None) -> str:
    """Start to answer, in the background; `evalmuse_hf.scoring.serving.wait_for_end` waits until it is to stop.

    Args:
        app: `gradio.Blocks`, made with `block_options`, whose queue is set. Its attributes ``page_css``, the style
            that it needs beyond the common one, ``page_limits``, what a request may hold, and ``takes_uploads``,
            False where visitors send no files, may be missing.
        host: Address to listen at, such as ``"127.0.0.1"`` or ``"0.0.0.0"``; None is what Gradio takes, which is what
            a Space sets, and else this machine alone.
        port: None is what Gradio takes: what a Space sets, and else the first free one from 7860.
        max_file_size: Bytes of the largest file that may be uploaded; None is that of the page's limits.

    Returns:
        The address that answers.

    Raises:
        ServingError: If the address cannot be taken.
    """
    if port is not None:
        check_address(host or "127.0.0.1", port)
    limits: PageLimits = getattr(app, "page_limits", PageLimits())
    guard_queue(app, limits=limits)
    try:
        _, address, _ = app.launch(
            server_name=host,
            server_port=port,
            max_file_size=max_file_size or limits.max_file_size,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            **launch_options(css=getattr(app, "page_css", "")),
            **guard_options(limits, uploads=getattr(app, "takes_uploads", True)),
        )
    except OSError as error:  # another program was faster, or there is no free port
        raise ServingError(f"The page cannot be started: {error}") from error
    logger.info("The page answers at %s.", address)
    return str(address)
