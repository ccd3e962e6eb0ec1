"""Lays a matrix of signed values out as the cells of a table, each with a colour, a text and a mark for noise."""

from dataclasses import dataclass

from evalmuse_hf.reports.plot_data import Heat

POSITIVE = (36, 86, 166)
NEGATIVE = (168, 84, 10)
"""Blue and brown: readers of every kind of colour vision tell them apart, and the sign is written too."""
_WHITE = (255, 255, 255)
_DARK_TEXT, _LIGHT_TEXT = "#000000", "#ffffff"  # anything softer fails 4.5 to 1 on the middle shades


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell of a matrix.

    Attributes:
        text: What stands in it; brackets mark what may be noise.
        background: Colour as ``#rrggbb``; empty for none.
        ink: Colour of the text.
        noise: Whether the value may be noise.
        detail: What a pointer over it shows.
    """

    text: str
    background: str
    ink: str
    noise: bool
    detail: str


def heat_cells(heat: Heat) -> tuple[tuple[HeatCell, ...], ...]:
    """Choose colours and texts, row by row.

    Args:
        heat: What it shows.

    >>> heat = Heat(title="", rows=("a",), columns=("b", "c"), values=((0.5, -0.25),), noise=((False, True),))
    >>> [(cell.text, cell.background) for cell in heat_cells(heat)[0]]
    [('+0.50', '#2456a6'), ('(−0.25)', '#e9d4c2')]
    """
    known = [abs(value) for row in heat.values for value in row if value is not None]
    limit = heat.limit or max(known, default=0.0) or 1.0
    return tuple(
        tuple(_cell(heat, row, column, limit) for column in range(len(heat.columns))) for row in range(len(heat.rows))
    )


def spell_signed(value: float, digits: int = 2) -> str:
    """Spell a number with its sign, as wide for minus as for plus; what rounds to nothing has none.

    Args:
        value: The number.
        digits: After the point.

    >>> spell_signed(0.256), spell_signed(-0.256), spell_signed(-0.001)
    ('+0.26', '−0.26', '0.00')
    """
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"+{text}" if value > 0 else f"−{text}"


def _cell(heat: Heat, row: int, column: int, limit: float) -> HeatCell:
    value = heat.values[row][column]
    noise = bool(heat.noise and heat.noise[row][column])
    detail = heat.details[row][column] if heat.details else ""
    text = heat.texts[row][column] if heat.texts else "" if value is None else spell_signed(value, heat.digits)
    if value is None:
        return HeatCell(text, "", _DARK_TEXT, False, detail)
    share = min(abs(value) / limit, 1.0)
    if noise:
        text, share = f"({text})", share * 0.5  # paler, so that the dark text stays legible on the hatching
    color = POSITIVE if value > 0 else NEGATIVE
    mixed = tuple(round(white + (full - white) * share) for white, full in zip(_WHITE, color, strict=True))
    return HeatCell(text, "#{:02x}{:02x}{:02x}".format(*mixed), _ink(mixed), noise, detail)


def _ink(background: tuple[int, ...]) -> str:
    """The text colour with the larger contrast, by relative luminance (WCAG 2)."""
    linear = [(part / 255 / 12.92) if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in background]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return _LIGHT_TEXT if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else _DARK_TEXT
