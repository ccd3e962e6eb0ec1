"""What the plots and pictures of a document show: numbers and texts, nothing to compute.

Every value may be None, which leaves its place empty. A title also names a plot for a reader who does not see it.
"""

from dataclasses import dataclass

Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A plot of one column of a table.

    Attributes:
        labels: From top to bottom.
        values: One per label; None leaves the place empty.
        axis: What the values are.
        low: Left end of the axis, where the bars begin.
        high: Right end; None leaves room for the longest bar.
        references: Values to compare with, drawn as ticks; empty without any.
    """

    labels: tuple[str, ...]
    values: Values
    axis: str
    low: float = 0.0
    high: float | None = None
    references: Values = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values with intervals, one per label of a `Forest`.

    Attributes:
        name: Shown in the legend; may be empty if it is the only one.
        values: One per label.
        lows: Lower ends; empty without intervals.
        highs: Upper ends.
    """

    name: str = ""
    values: Values
    lows: Values = ()
    highs: Values = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """Values with intervals, one line per label.

    Attributes:
        title: What it shows.
        labels: From top to bottom.
        series: One to three; they differ in colour and in marker.
        axis: What the values are.
        reference: A value to compare with, drawn as a dotted line; None without.
        reference_name: What it is.
        notes: A short text at the right end of each line, such as letters; empty without.
        digits: Of the first series' values, written beside the lines; None writes none.
        wide: Whether it takes the whole width of a page, for long labels and notes.
    """

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    axis: str
    reference: float | None = None
    reference_name: str = ""
    notes: tuple[str, ...] = ()
    digits: int | None = 2
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Radar:
    """Profiles on axes that start in one point.

    Attributes:
        title: What it shows.
        axes: Names, clockwise from the top; three at least.
        series: At most six, each with one value per axis; intervals are not drawn.
        low: Value in the centre.
        high: Value at the rim.
    """

    title: str
    axes: tuple[str, ...]
    series: tuple[Series, ...]
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """A matrix of signed values; colour, sign and number say the same, and what is noise is hatched and in brackets.

    Attributes:
        title: What it shows.
        rows: Names of the rows.
        columns: Names of the columns.
        values: Row by row; None leaves a cell empty.
        noise: Row by row, whether the value may be noise; empty if none is.
        texts: Row by row, what stands in the cells; empty spells the values with their sign.
        details: Row by row, what a pointer over a cell shows; empty for nothing.
        digits: Of the values, where ``texts`` is empty.
        limit: Value of the deepest colour; None takes the largest of the matrix.
        positive: What a positive value means, for the legend.
        negative: What a negative value means.
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[Values, ...]
    noise: tuple[tuple[bool, ...], ...] = ()
    texts: tuple[tuple[str, ...], ...] = ()
    details: tuple[tuple[str, ...], ...] = ()
    digits: int = 2
    limit: float | None = None
    positive: str = "row is higher"
    negative: str = "row is lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Bins of predictions in [0, 1] with what was observed in them.

    Attributes:
        name: Shown in the legend.
        predicted: Mean prediction of each bin.
        observed: Mean outcome of each bin.
        lows: Lower ends of the observed means; empty without intervals.
        highs: Upper ends.
    """

    name: str
    predicted: Values
    observed: Values
    lows: Values = ()
    highs: Values = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Calibration curves against the diagonal.

    Attributes:
        title: What it shows.
        curves: One to three.
        x_axis: What is predicted.
        y_axis: What was observed.
    """

    title: str
    curves: tuple[Curve, ...]
    x_axis: str = "predicted share of yes"
    y_axis: str = "share of yes among people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """Two values of each row. Many rows are drawn as a histogram whose darker cells hold more of them.

    Attributes:
        title: What it shows.
        x: Values to the right.
        y: Values upwards, as many.
        x_axis: What x is.
        y_axis: What y is.
        labels: Names of the points, if they are few; empty without.
        x_range: Ends of the axis; None leaves room for all.
        y_range: Likewise.
        diagonal: Whether to draw the line of equal values.
    """

    title: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    x_axis: str
    y_axis: str
    labels: tuple[str, ...] = ()
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    diagonal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureCard:
    """A picture with what is said about it; `evalmuse_hf.reports.small_picture` makes its file small.

    Attributes:
        image: The picture file; None shows the texts alone.
        title: Such as the prompt.
        numbers: Names and values, shown large.
        lines: Sentences below.
        alt: What the picture shows, for a reader who does not see it.
    """

    image: bytes | None
    title: str
    numbers: tuple[tuple[str, str | int | float | None], ...] = ()
    lines: tuple[str, ...] = ()
    alt: str = ""


Plot = Bars | Forest | Radar | Heat | Reliability | Scatter
"""Everything that can stand in a section or beside a table."""
