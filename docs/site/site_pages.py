"""Where a file of the repository is on the documentation site, and links that lead there.

A page of `docs/` reads well on a git host, where `../recipes/mini.yaml` is a file, and on the site, where it is not.
There the README, the other texts and the cards are pages, and any other file that a page links to is shown as one.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from api_pages import exporting_packages, page_name

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TEXTS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
CARDS = ("metrics/*/README.md", "spaces/*/README.md", "evalmuse_hf/mini/checkpoints/*/README.md")
CARD_FOLDERS = {"metrics": "metrics", "spaces": "spaces", "evalmuse_hf": "models"}
HIDDEN = ("docs/site/", "docs/reference/api/")  # the first is code, the second is made during the build

_FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^ *\2[`~]* *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(?:(?!\n\n).)+?(?<!`)\1(?!`)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r'(!?)\[((?:[^\[\]]|\[[^\[\]]*\](?:\([^()]*\))?)*)\]\(\s*([^()\s]+)((?:\s+"[^"]*")?)\s*\)')
_HEADING = re.compile(r"^(#{1,6}) +(.*?)(?: +#+)? *$", re.MULTILINE)
_ANCHOR = re.compile(r"""<a (?:id|name)=["']([^"']+)["']|\{ *#([\w-]+) *\}""")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page.

    Args:
        target: As it is written.
        line: Where it is, from 1.
        is_picture: Whether it shows a picture.
    """

    target: str
    line: int
    is_picture: bool


def is_external(target: str) -> bool:
    """Whether a link leaves the repository."""
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", target) is not None


def sources() -> list[str]:
    """Every Markdown file that the site shows, by its path in the repository."""
    pages = [path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md")]
    cards = [path.relative_to(ROOT).as_posix() for pattern in CARDS for path in ROOT.glob(pattern)]
    texts = [name for name in (*TEXTS, "dataset_builder/README.md") if (ROOT / name).is_file()]
    return sorted(name for name in (*pages, *cards, *texts) if not name.startswith(HIDDEN))


def read_source(path: str) -> str:
    """A text of the repository as Markdown; the front matter of a card belongs to the Hub, not to its readers."""
    text = (ROOT / path).read_text("utf-8")
    return text if path.startswith("docs/") else _FRONT_MATTER.sub("", text)


def address(path: str) -> str:
    """The file of the site, among the Markdown sources, that shows a file of the repository."""
    parts = path.split("/")
    if parts[0] == "docs":
        return path.removeprefix("docs/")
    if path in TEXTS:
        return f"project/{path.lower()}"
    if path == "dataset_builder/README.md":
        return "cards/dataset_builder.md"
    if parts[-1] == "__init__.py" and ".".join(parts[:-1]) in exporting_packages():
        return page_name(".".join(parts[:-1]))
    if parts[-1] == "README.md" and parts[0] in CARD_FOLDERS:
        return f"cards/{CARD_FOLDERS[parts[0]]}/{parts[-2]}.md"
    return f"files/{path}.md"


def resolve(origin: str, target: str) -> str:
    """Path in the repository, without anchor, of what a page there links to."""
    place = target.partition("#")[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), place)) if place else origin
    readme = f"{path}/README.md" if path != "." else "README.md"
    return readme if (ROOT / path).is_dir() and (ROOT / readme).is_file() else path


def links_of(markdown: str) -> list[Link]:
    """Every link and picture outside code."""
    return [
        Link(match[3], markdown.count("\n", 0, match.start()) + 1, bool(match[1])) for match in _link_matches(markdown)
    ]


def anchors_of(markdown: str) -> list[str]:
    """What can follow the `#` of a link to this text, as a git host and the site derive it from the headings."""
    from pymdownx.slugs import slugify

    slug = slugify(case="lower")
    bare = _blank(_blank(markdown, _FENCE), _COMMENT)
    anchors = [slug(_plain(match[2]), "-") for match in _HEADING.finditer(bare)]
    return [*anchors, *(first or second for first, second in _ANCHOR.findall(bare))]


def headings_of(markdown: str) -> list[tuple[int, str]]:
    """Level and words of every heading outside code."""
    bare = _blank(_blank(markdown, _FENCE), _COMMENT)
    return [(len(match[1]), match[2]) for match in _HEADING.finditer(bare)]


def shown_files() -> list[str]:
    """Files of the repository that are no pages of their own, but that a page links to."""
    pages = {*sources()}
    found = set()
    for origin in pages:
        for link in links_of(read_source(origin)):
            if is_external(link.target):
                continue
            path = resolve(origin, link.target)
            if path not in pages and address(path).startswith("files/") and (ROOT / path).is_file():
                found.add(path)
    return sorted(found)


def rewrite_links(markdown: str, origin: str) -> str:
    """Let the links of a page lead to pages of the site.

    Args:
        markdown: The page.
        origin: Its path in the repository, from which its links start.

    Returns:
        The page. A link to a folder without a page becomes its words; one that leads nowhere stays, so that the
        build reports it.
    """
    here = posixpath.dirname(address(origin))

    def lead(match: re.Match[str]) -> str:
        picture, words, target, title = match.groups()
        if is_external(target) or target.startswith("#"):
            return match[0]
        path = resolve(origin, target)
        if not (ROOT / path).exists():
            return match[0]
        if (ROOT / path).is_dir():
            return words
        _, hash_sign, anchor = target.partition("#")
        place = address(path) if not picture or path.startswith("docs/") else path
        return f"{picture}[{words}]({posixpath.relpath(place, here or '.')}{hash_sign}{anchor}{title})"

    return _replace_links(markdown, lead)


def file_page(path: str) -> str:
    """A page that shows a file of the repository."""
    text = (ROOT / path).read_text("utf-8")
    fence = "`" * max(3, *(len(ticks) + 1 for ticks in ["``", *re.findall(r"`{3,}", text)]))
    language = {".py": "python", ".yaml": "yaml", ".json": "json", ".toml": "toml"}.get(Path(path).suffix, "text")
    return (
        f"---\nsearch:\n  exclude: true\n---\n\n# {Path(path).name}\n\nThe file `{path}` of the repository.\n\n"
        f"{fence}{language}\n{text.rstrip()}\n{fence}\n"
    )


def _link_matches(markdown: str) -> Iterator[re.Match[str]]:
    hidden = _blank(_blank(markdown, _FENCE), _COMMENT)
    codes = [match.span() for match in _CODE.finditer(hidden)]
    for match in _LINK.finditer(hidden):
        if any(start < match.start() < end for start, end in codes):
            continue
        yield match
        if match[2].startswith("!["):  # a picture that is a link: both are links
            yield from _LINK.finditer(hidden, match.start(2), match.end(2))


def _replace_links(markdown: str, lead: Callable[[re.Match[str]], str]) -> str:
    pieces, place = [], 0
    for match in _link_matches(markdown):
        if match.start() < place:
            continue
        pieces += [markdown[place : match.start()], lead(match)]
        place = match.end()
    return "".join([*pieces, markdown[place:]])


def _blank(text: str, pattern: re.Pattern[str]) -> str:
    """Put spaces in place of what a pattern finds, so that every other character keeps its place."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _plain(heading: str) -> str:
    """The words of a heading, without marks of links and code."""
    words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"`|\*\*|<[^>]*>|\{[^}]*\}", "", words).strip()
