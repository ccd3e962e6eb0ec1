"""Lays a report out as one HTML file that needs nothing beside it and asks nothing of a network."""

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

from evalmuse_hf.reports.content import Report
from evalmuse_hf.reports.plots import plot_categories, plot_ranking, plot_scatter

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"

_MEDIA_TYPES = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
_LARGEST_SIDE = 512  # pixels; a larger picture is scaled down to it


def render_report(report: Report) -> str:
    """Lay out a report.

    Args:
        report: What it shows. Every text is escaped.

    Returns:
        A complete HTML page; plots are inline SVG, pictures are data URIs.
    """
    from markupsafe import Markup

    environment = make_environment()
    environment.filters["data_uri"] = data_uri
    # Ours, without any text of a user that matplotlib has not escaped.
    plots = {
        "scatter": Markup(plot_scatter(predicted=report.predicted, rated=report.rated)),
        "categories": Markup(plot_categories(report.categories)) if report.categories else "",
        "ranking": Markup(plot_ranking(report.ranking)) if report.ranking else "",
    }
    return environment.get_template("report.html.j2").render(report=report, plots=plots)


def make_environment() -> "Environment":
    """The settings with which every page is laid out: all texts escaped, nothing undefined passed over."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_report(report: Report, path: str | Path) -> None:
    """Write a report to a file.

    Args:
        report: What it shows.
        path: The HTML file; its folder is made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_report(report), encoding="utf-8")


def data_uri(image: bytes) -> str:
    r"""Spell a picture file as an address that holds it; what is large or unusual becomes a JPEG.

    Args:
        image: The file.

    >>> data_uri(b"\x89PNG\r\n")[:22]
    'data:image/png;base64,'
    """
    kind = next((kind for start, kind in _MEDIA_TYPES.items() if image.startswith(start)), None)
    if kind is None or len(image) > 100_000:
        image, kind = small_picture(image), "image/jpeg"
    return f"data:{kind};base64,{base64.b64encode(image).decode('ascii')}"


def small_picture(image: bytes, *, largest_side: int = _LARGEST_SIDE) -> bytes:
    """Make a picture file small enough that a page may hold many: a JPEG, scaled down, never up.

    Args:
        image: The file, as read by `evalmuse_hf.images` or from a data set.
        largest_side: In pixels.

    Raises:
        ValueError: If it is not a picture that can be read.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(image)) as opened:
            picture = opened.convert("RGB")
    except OSError as error:
        raise ValueError(
            f"A picture of the report cannot be read ({error}); leave its row out, or mend the file."
        ) from None
    picture.thumbnail((largest_side, largest_side))
    out = io.BytesIO()
    picture.save(out, format="JPEG", quality=85)
    return out.getvalue()
