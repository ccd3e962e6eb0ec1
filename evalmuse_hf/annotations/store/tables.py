"""Tables of the store. Times are seconds since 1970 (UTC); what is called append-only is guarded by triggers.

`migrations` creates and changes them; a test compares the two.
"""

import unicodedata

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultExecutionContext

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMES)

APPEND_ONLY = (
    *("ratings", "element_ratings", "structural_problems", "inspections", "inspected_ratings", "qualifications"),
    *("consents", "guidelines", "events"),
)
"""Tables whose rows are never changed or deleted."""


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=True)


def _time(name: str, *, nullable: bool = False) -> "sa.Column[float]":
    return sa.Column(name, sa.Double, nullable=nullable)


def name_key(name: str) -> str:
    """Fold a rater's name to what must be unique.

    Args:
        name: The name.

    >>> name_key("Anna"), name_key("STRASSE") == name_key("straße")
    ('anna', True)
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def _folded_name(context: DefaultExecutionContext) -> str:
    return name_key(context.get_current_parameters()["name"])  # type: ignore[no-untyped-call]


settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

guidelines = sa.Table(
    "guidelines",
    metadata,
    sa.Column("version", sa.String(64), primary_key=True),
    sa.Column("instructions", sa.Text, nullable=False),  # Markdown
    sa.Column("consent", sa.Text, nullable=False),  # Markdown
    _time("created_at"),
)

prompts = sa.Table(
    "prompts",
    metadata,
    sa.Column("prompt_id", sa.String(200), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("source", sa.String(20)),
    sa.Column("synthetic_type", sa.String(100)),
)

elements = sa.Table(
    "elements",
    metadata,
    _number("element_id"),
    sa.Column("prompt_id", sa.ForeignKey("prompts.prompt_id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("category", sa.String(40)),
    sa.Column("raw_category", sa.Text),
    sa.Column("raw_key", sa.Text),
    sa.Column("question", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("prompt_id", "position"),
)

items = sa.Table(
    "items",
    metadata,
    _number("item_id"),
    sa.Column("prompt_id", sa.ForeignKey("prompts.prompt_id"), nullable=False, index=True),
    sa.Column("image_path", sa.String(1024), nullable=False, unique=True),
    sa.Column("generator", sa.String(200), nullable=False),
    sa.Column("generator_license", sa.Text),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
)

raters = sa.Table(
    "raters",
    metadata,
    _number("rater_id"),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    # The name as `name_key` folds it: no two raters differ only in case or in width of letters.
    sa.Column("name_key", sa.String(400), nullable=False, unique=True, default=_folded_name),
    sa.Column("login", sa.String(10), nullable=False),
    sa.Column("token_hash", sa.String(200)),
    sa.Column("is_organiser", sa.Boolean, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    _time("created_at"),
)

consents = sa.Table(
    "consents",
    metadata,
    _number("consent_id"),
    sa.Column("rater_id", sa.ForeignKey("raters.rater_id"), nullable=False, index=True),
    sa.Column("guideline_version", sa.ForeignKey("guidelines.version"), nullable=False),
    _time("at"),
)

rounds = sa.Table(
    "rounds",
    metadata,
    _number("round_id"),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("parent_id", sa.ForeignKey("rounds.round_id")),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("guideline_version", sa.ForeignKey("guidelines.version"), nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    _time("created_at"),
)

round_items = sa.Table(
    "round_items",
    metadata,
    _number("round_item_id"),
    sa.Column("round_id", sa.ForeignKey("rounds.round_id"), nullable=False),
    sa.Column("item_id", sa.ForeignKey("items.item_id"), nullable=False, index=True),
    sa.Column("quota", sa.Integer, nullable=False),
    # Ratings that nobody holds: quota less leases and answers that count. A gold item is open to everyone.
    sa.Column("open_spots", sa.Integer, nullable=False),
    sa.Column("order_key", sa.Double, nullable=False),  # random, in [0, 1)
    sa.Column("is_gold", sa.Boolean, nullable=False),
    sa.Column("gold", sa.JSON),  # of a GoldAnswer
    sa.Column("reason", sa.Text, nullable=False, server_default=""),  # why the item is in this round
    sa.UniqueConstraint("round_id", "item_id"),
    sa.CheckConstraint("open_spots >= 0", name="spots"),
    sa.Index(None, "round_id", "is_gold", "open_spots", "order_key"),
)

barred = sa.Table(
    "barred",
    metadata,
    sa.Column("round_item_id", sa.ForeignKey("round_items.round_item_id"), primary_key=True),
    sa.Column("rater_id", sa.ForeignKey("raters.rater_id"), primary_key=True),
)

# States: leased -> submitted | skipped | expired; expired -> leased | submitted (the same rater, in time after all);
# submitted -> returned (to be done again by the same rater, whose spot is kept) | refused (others do it);
# returned -> leased | submitted | skipped | refused (taken from the rater, or let run out).
assignments = sa.Table(
    "assignments",
    metadata,
    _number("assignment_id"),
    sa.Column("round_item_id", sa.ForeignKey("round_items.round_item_id"), nullable=False),
    # Of the round item; kept here too, so that what a rater has done in a round is counted in an index.
    sa.Column("round_id", sa.ForeignKey("rounds.round_id"), nullable=False),
    sa.Column("rater_id", sa.ForeignKey("raters.rater_id"), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    _time("leased_at"),
    _time("expires_at"),
    _time("ended_at", nullable=True),
    sa.Column("draft", sa.JSON),
    sa.Column("draft_revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("skip_reason", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("round_item_id", "rater_id"),
    # One item at a time: the database itself refuses a second lease.
    sa.Index(
        "uq_assignments_one_lease",
        "rater_id",
        unique=True,
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    ),
    sa.Index(None, "state", "expires_at"),
    sa.Index(None, "rater_id", "state", "round_id"),
)

ratings = sa.Table(
    "ratings",
    metadata,
    _number("rating_id"),
    sa.Column("assignment_id", sa.ForeignKey("assignments.assignment_id"), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("submission_id", sa.String(100), nullable=False, unique=True),
    _time("rated_at"),
    sa.Column("duration_s", sa.Double),
    sa.Column("client", sa.String(100), nullable=False),
    sa.Column("guideline_version", sa.ForeignKey("guidelines.version"), nullable=False),
    sa.Column("overall", sa.Integer, nullable=False),
    sa.Column("prompt_meaningless", sa.Boolean, nullable=False),
    sa.Column("split_wrong", sa.Boolean, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.UniqueConstraint("assignment_id", "revision"),
    sa.CheckConstraint("overall BETWEEN 1 AND 5", name="overall"),
)

element_ratings = sa.Table(
    "element_ratings",
    metadata,
    sa.Column("rating_id", sa.ForeignKey("ratings.rating_id"), primary_key=True),
    sa.Column("element_id", sa.ForeignKey("elements.element_id"), primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
    sa.Column("sure", sa.Boolean, nullable=False),
    sa.CheckConstraint("value IN (0, 1)", name="value"),
)

structural_problems = sa.Table(
    "structural_problems",
    metadata,
    _number("problem_id"),
    sa.Column("rating_id", sa.ForeignKey("ratings.rating_id"), nullable=False, index=True),
    sa.Column("label", sa.String(20), nullable=False),
    *(sa.Column(side, sa.Double) for side in ("left", "top", "right", "bottom")),
)

# The verdict on a rating is that of the last inspection that holds it.
inspections = sa.Table(
    "inspections",
    metadata,
    _number("inspection_id"),
    sa.Column("verdict", sa.String(10), nullable=False),  # accepted | returned
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("inspector", sa.String(100), nullable=False),
    _time("at"),
)

inspected_ratings = sa.Table(
    "inspected_ratings",
    metadata,
    sa.Column("inspection_id", sa.ForeignKey("inspections.inspection_id"), primary_key=True),
    sa.Column("rating_id", sa.ForeignKey("ratings.rating_id"), primary_key=True, index=True),
)

qualifications = sa.Table(
    "qualifications",
    metadata,
    _number("qualification_id"),
    sa.Column("rater_id", sa.ForeignKey("raters.rater_id"), nullable=False, index=True),
    sa.Column("round_id", sa.ForeignKey("rounds.round_id"), nullable=False),
    sa.Column("passed", sa.Boolean, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    _time("at"),
)

events = sa.Table(
    "events",
    metadata,
    _number("event_id"),
    _time("at"),
    sa.Column("actor", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False, index=True),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
)
