"""The tab that says what the leaderboard is, how a record comes onto it, and what was left out and why."""

from markupsafe import Markup

from evalmuse_hf.pages.leaderboard.markup import Column, Row, bullets, note, table
from evalmuse_hf.pages.leaderboard.records import LeaderboardRecords

_READING = (
    "An interval draws whole prompts, 95 %. Look at letters and places, not at ranks alone: generators that share a "
    "letter cannot be told apart, and the places are those that a generator may truly have.",
    "All generators of one ranking drew the same prompts, so intervals may overlap although the difference is more "
    "than noise. The tab of two generators has the test.",
    "Rankings by different scorers, and scorers on different data sets, are never mixed in one table.",
    "Published numbers are marked; they have no intervals, and nothing here was computed from them.",
)
_COMMANDS = """evalmuse rank scores.parquet --json > my_ranking.json
evalmuse evaluate scores.parquet --dataset DATASET --record my_scorer.json
evalmuse study metrics --dataset DATASET --scores A.csv B.csv --json > my_comparison.json"""
_ADDING = (
    "Put the files into the folder of records, or into the data set of the Hub that this page reads, and open a pull "
    "request there.",
    "The name of the file is the name on the page; keys “title”, “date” and “description” at the top of the record "
    "say more. “simulated”: true marks drawn pictures.",
    "A record that cannot be read is left out with a sentence; the others stay.",
)


def render_source(records: LeaderboardRecords, *, failed: bool = False) -> Markup:
    """One line that says where the records are from.

    Args:
        records: All of them.
        failed: Whether the last reading failed.
    """
    when = f"{records.read_at:%Y-%m-%d %H:%M} UTC"
    text = f"Records: {records.source}, read {when}."
    if failed:
        text += " A later reading failed, so these may be old."
    line = Markup('<p class="em-quiet">{}</p>').format(text)
    if not records.examples:
        return line
    return line + note(
        Markup("<strong>SIMULATED</strong> {}").format(
            "There are no records of yours yet. What is shown are examples of drawn pictures, invented generators and "
            "simulated people, and published tables."
        ),
        kind="warning",
    )


def render_about(records: LeaderboardRecords) -> Markup:
    """Lay out the tab.

    Args:
        records: All of them.
    """
    return Markup(
        "<h2>How to read it</h2>{reading}<h2>How to add yours</h2>"
        '<pre class="lb-code" tabindex="0" aria-label="Commands that write records"><code>{commands}</code></pre>'
        "{adding}<h2>Records</h2>{records}<h2>Left out</h2>{left_out}"
    ).format(
        reading=bullets(_READING),
        commands=_COMMANDS,
        adding=bullets(_ADDING),
        records=_records(records),
        left_out=_left_out(records),
    )


def _records(records: LeaderboardRecords) -> Markup:
    kinds: dict[str, tuple[str, str]] = {}
    for entry in records.rankings:
        kinds[entry.label.key] = (entry.label.name, "ranking of generators")
    for group in records.scorers:
        for result in group.results:
            kinds.setdefault(result.label.key, (result.label.name, "scorers"))
    rows = [
        Row(cells=(name, kind, key, f"{len(records.contents[key]):,}"))
        for key, (name, kind) in kinds.items()
        if key in records.contents
    ]
    if not rows:
        return note("None; only published numbers are shown.")
    columns = [
        Column(title="name", kind="head"),
        Column(title="what"),
        Column(title="file"),
        Column(title="bytes", kind="number"),
    ]
    return table(columns, rows, caption="Files that are shown")


def _left_out(records: LeaderboardRecords) -> Markup:
    if not records.left_out:
        return Markup("<p>Nothing.</p>")
    columns = [Column(title="file", kind="head"), Column(title="reason")]
    rows = [Row(cells=(one.key, one.reason)) for one in records.left_out]
    return table(columns, rows, caption="Files that are not shown, and why")
