"""The annotation page as two texts that a Gradio app takes in; the page asks nothing of any other address."""

from functools import cache
from pathlib import Path

PAGE = Path(__file__).parent / "page"

# In this order, as each may use what stands before it.
SCRIPTS = (
    *("dom.js", "connection.js", "shelf.js", "clock.js", "answer.js", "prompt.js", "picture.js", "boxes.js"),
    *("problems.js", "form.js", "saving.js", "dialogs.js", "keys.js", "surroundings.js"),
    *("annotation.js", "start.js"),
)
STYLE_PLACE = '<style data-from="annotation.css"></style>'


@cache
def page_head() -> str:
    """What goes into the head of the document: the script, inline, and what the page's place looks like."""
    script = "\n".join(_read(name) for name in SCRIPTS)
    style = f"<style>\n{_read('annotation_host.css')}</style>"
    return f'{style}\n<script>\n(() => {{\n"use strict";\n{script}}})();\n</script>\n'


@cache
def page_html() -> str:
    """What goes into the body: the place of the page, and its parts as a template with their style."""
    style = f"<style>\n{_read('annotation.css')}</style>"
    return _read("annotation.html").replace(STYLE_PLACE, style)


def _read(name: str) -> str:
    return (PAGE / name).read_text("utf-8")
