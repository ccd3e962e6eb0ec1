"""Checks of the built site: every link and anchor leads somewhere, nothing is loaded from elsewhere, all reads well.

`python docs/site/site_check.py build/site` prints what is wrong, and the addresses beyond the site, which it does not
visit.
"""

import argparse
import posixpath
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "use": "href",
}
LOADING_LINKS = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "modulepreload",
    "preconnect",
    "dns-prefetch",
    "manifest",
}
# In a paragraph these are Markdown that was not understood: the beginning of a list, of a table, of code; a link.
LEFTOVER = re.compile(r"^(?:[-*+] \w|1\. \w|\|.*\||```|#{1,6} )|\]\([\w./#-]+\)|\*\*\w", re.MULTILINE)
CSS_ADDRESS = re.compile(r"url\(\s*['\"]?((?:https?:)?//[^'\")]+)|@import\s+['\"]?((?:https?:)?//[^'\"; ]+)")


@dataclass
class Page:
    """What a checker needs to know of a page.

    Args:
        anchors: Every id, and every name of an anchor.
        links: Targets of links.
        loaded: What a browser loads by itself to show the page.
        headings: Levels of the headings in the order of the page, of the text only.
        leftovers: Pieces of Markdown that were not understood.
    """

    anchors: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._article = 0
        self._paragraph: list[str] | None = None
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.page.anchors += [
            values[name] for name in ("id", "name") if name == "id" or tag == "a" if values.get(name)
        ]
        if tag == "a" and "href" in values:
            self.page.links.append(values["href"])
        if LOADED.get(tag, "") in values:
            self.page.loaded.append(values[LOADED[tag]])
        if tag == "link" and LOADING_LINKS & {*values.get("rel", "").split()}:
            self.page.loaded.append(values.get("href", ""))
        self.page.loaded += style_addresses(values.get("style", ""))
        self._article += tag == "article"
        self._code += tag in ("code", "pre")
        if tag in ("p", "td", "th"):
            self._paragraph = []
        if self._article and re.fullmatch(r"h[1-6]", tag):
            self.page.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        self._article -= tag == "article"
        self._code -= tag in ("code", "pre")
        if tag in ("p", "td", "th") and self._paragraph is not None:
            text = "".join(self._paragraph)
            if tag != "p":
                text = text.strip("|#-")
            found = LEFTOVER.search(text)
            self.page.leftovers += [text[max(0, found.start() - 20) : found.end() + 40]] if found else []
            self._paragraph = None

    def handle_data(self, data: str) -> None:
        if self._paragraph is not None:
            self._paragraph.append("x" * len(data) if self._code else data)


def style_addresses(text: str) -> list[str]:
    """Addresses of other servers that a style sheet loads."""
    return [first or second for first, second in CSS_ADDRESS.findall(text)]


def read_page(html: str) -> Page:
    """Read one page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


def read_site(folder: Path) -> dict[str, Page]:
    """Every page of a built site by its path there; the page for addresses that do not exist is none of them."""
    paths = sorted(path for path in folder.rglob("*.html") if path.name != "404.html")
    return {path.relative_to(folder).as_posix(): read_page(path.read_text("utf-8")) for path in paths}


def find_faults(folder: Path) -> list[str]:
    """A sentence for each thing that is wrong with a built site."""
    pages = read_site(folder)
    if "index.html" not in pages:
        return [f"There is no site at {folder}; build it with `make docs`."]
    faults = [fault for name, page in pages.items() for fault in _faults_of(name, page, pages, folder)]
    for path in sorted(folder.rglob("*.css")):
        elsewhere = style_addresses(path.read_text("utf-8"))
        faults += [f"{path.relative_to(folder).as_posix()} loads {address} from elsewhere." for address in elsewhere]
    return faults


def external_links(folder: Path) -> list[str]:
    """Addresses beyond the site to which its pages link."""
    found = {link for page in read_site(folder).values() for link in page.links if urlsplit(link).scheme}
    return sorted(found)


def _faults_of(name: str, page: Page, pages: dict[str, Page], folder: Path) -> Iterator[str]:
    for address in page.loaded:
        if urlsplit(address).scheme not in ("", "data") or address.startswith("//"):
            yield f"{name} loads {address} from elsewhere."
        elif not address.startswith("data:") and not (folder / _path(name, address)).is_file():
            yield f"{name} loads {address}, which is not there."
    for link in dict.fromkeys(page.links):
        yield from _faults_of_link(name, link, pages, folder)
    twice = sorted({anchor for anchor in page.anchors if page.anchors.count(anchor) > 1})
    yield from (f"{name} has the id {anchor!r} twice." for anchor in twice)
    if page.headings.count(1) != 1:
        yield f"{name} has {page.headings.count(1)} headings of the first level; it should have one."
    for above, below in zip(page.headings, page.headings[1:], strict=False):
        if below > above + 1:
            yield f"{name} goes from a heading of level {above} to one of level {below}."
            break
    yield from (f"{name} shows Markdown: {piece!r}." for piece in page.leftovers)


def _faults_of_link(name: str, link: str, pages: dict[str, Page], folder: Path) -> Iterator[str]:
    parts = urlsplit(link)
    if parts.scheme in ("http", "https"):
        if not re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}(:\d+)?", parts.netloc) and parts.hostname not in (
            "localhost",
            "127.0.0.1",
        ):
            yield f"{name} links to {link}, which is no address."
        return
    if parts.scheme == "mailto":
        return
    if parts.scheme or parts.netloc:
        yield f"{name} links to {link}, which is no address."
        return
    target = _path(name, link)
    if not (folder / target).is_file():
        yield f"{name} links to {link}, which is not there."
    elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        yield f"{name} links to {link}; that page has no such place."


def _path(name: str, address: str) -> str:
    path = unquote(urlsplit(address).path)
    if not path:
        return name
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    return posixpath.join(joined, "index.html") if path.endswith("/") or joined == "." else joined


def main() -> int:
    """Print the faults of a site."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("site", type=Path, help="folder of the built site")
    parser.add_argument("--external", action="store_true", help="list the addresses beyond the site as well")
    args = parser.parse_args()
    faults = find_faults(args.site)
    lines = [*faults, *(external_links(args.site) if args.external else [])]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stderr.write(f"{len(faults)} faults in {args.site}.\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
