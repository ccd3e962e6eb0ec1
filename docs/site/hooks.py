"""Hooks of mkdocs: the site's further pages, and links that lead to them."""

from typing import Any

import api_pages
import site_pages
from mkdocs.structure.files import File, Files, InclusionLevel

_ORIGINS: dict[str, str] = {}


def on_files(files: Files, config: Any) -> Files:
    """Add the texts and cards of the repository, the files that pages link to, and the pages of the API."""
    _ORIGINS.clear()
    for origin in site_pages.sources():
        name = site_pages.address(origin)
        _ORIGINS[name] = origin
        if not origin.startswith("docs/"):
            files.append(File.generated(config, name, content=site_pages.read_source(origin)))
    for path in site_pages.shown_files():
        page = File.generated(config, site_pages.address(path), content=site_pages.file_page(path))
        page.inclusion = InclusionLevel.NOT_IN_NAV
        files.append(page)
    for package in api_pages.exporting_packages():
        files.append(File.generated(config, api_pages.page_name(package), content=api_pages.api_page(package)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let the links of a page lead to pages of the site."""
    origin = _ORIGINS.get(page.file.src_uri)
    return markdown if origin is None else site_pages.rewrite_links(markdown, origin)
