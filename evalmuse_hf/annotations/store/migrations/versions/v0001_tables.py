"""The first tables, with triggers that keep what is append-only as it was written."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_APPEND_ONLY = (
    "ratings",
    "element_ratings",
    "structural_problems",
    "inspections",
    "inspected_ratings",
    "qualifications",
    "consents",
    "guidelines",
    "events",
)
_REFUSE_ON_SERVER = """
CREATE FUNCTION evalmuse_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME;
END
$$
"""


def upgrade() -> None:
    """Make everything; a store has no version before this one."""
    _make_campaign()
    _make_items()
    _make_rounds()
    _make_assignments()
    _make_ratings()
    _make_inspections()
    if op.get_bind().dialect.name == "sqlite":
        _guard_in_sqlite()
    else:
        _guard_on_server()


def _guard_in_sqlite() -> None:
    for table in _APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed or deleted'); END"
            )


def _guard_on_server() -> None:
    op.execute(_REFUSE_ON_SERVER)
    for table in _APPEND_ONLY:
        for action, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.split()[0].lower()} BEFORE {action} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION evalmuse_append_only()"
            )


def _make_campaign() -> None:
    """Make the tables of texts, raters and what they agreed to."""
    op.create_table(
        "settings",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "guidelines",
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("instructions", sa.Text, nullable=False),
        sa.Column("consent", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_guidelines")),
    )
    op.create_table(
        "raters",
        sa.Column("rater_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(400), nullable=False),
        sa.Column("login", sa.String(10), nullable=False),
        sa.Column("token_hash", sa.String(200)),
        sa.Column("is_organiser", sa.Boolean, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("rater_id", name=op.f("pk_raters")),
        sa.UniqueConstraint("name", name=op.f("uq_raters_name")),
        sa.UniqueConstraint("name_key", name=op.f("uq_raters_name_key")),
    )
    op.create_table(
        "consents",
        sa.Column("consent_id", sa.Integer, nullable=False),
        sa.Column("rater_id", sa.Integer, nullable=False),
        sa.Column("guideline_version", sa.String(64), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["guideline_version"], ["guidelines.version"], name=op.f("fk_consents_guideline_version")
        ),
        sa.ForeignKeyConstraint(["rater_id"], ["raters.rater_id"], name=op.f("fk_consents_rater_id")),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_rater_id"), "consents", ["rater_id"])
    op.create_table(
        "events",
        sa.Column("event_id", sa.Integer, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_kind"), "events", ["kind"])


def _make_items() -> None:
    """Make the tables of prompts with their elements, and pictures."""
    op.create_table(
        "prompts",
        sa.Column("prompt_id", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("source", sa.String(20)),
        sa.Column("synthetic_type", sa.String(100)),
        sa.PrimaryKeyConstraint("prompt_id", name=op.f("pk_prompts")),
    )
    op.create_table(
        "elements",
        sa.Column("element_id", sa.Integer, nullable=False),
        sa.Column("prompt_id", sa.String(200), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("category", sa.String(40)),
        sa.Column("raw_category", sa.Text),
        sa.Column("raw_key", sa.Text),
        sa.Column("question", sa.Text, server_default="", nullable=False),
        sa.ForeignKeyConstraint(["prompt_id"], ["prompts.prompt_id"], name=op.f("fk_elements_prompt_id")),
        sa.PrimaryKeyConstraint("element_id", name=op.f("pk_elements")),
        sa.UniqueConstraint("prompt_id", "position", name=op.f("uq_elements_prompt_id_position")),
    )
    op.create_table(
        "items",
        sa.Column("item_id", sa.Integer, nullable=False),
        sa.Column("prompt_id", sa.String(200), nullable=False),
        sa.Column("image_path", sa.String(1024), nullable=False),
        sa.Column("generator", sa.String(200), nullable=False),
        sa.Column("generator_license", sa.Text),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["prompt_id"], ["prompts.prompt_id"], name=op.f("fk_items_prompt_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_items")),
        sa.UniqueConstraint("image_path", name=op.f("uq_items_image_path")),
    )
    op.create_index(op.f("ix_items_prompt_id"), "items", ["prompt_id"])


def _make_rounds() -> None:
    """Make the tables of rounds, and which items are in them."""
    op.create_table(
        "rounds",
        sa.Column("round_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("parent_id", sa.Integer),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("guideline_version", sa.String(64), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["guideline_version"], ["guidelines.version"], name=op.f("fk_rounds_guideline_version")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["rounds.round_id"], name=op.f("fk_rounds_parent_id")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("name", name=op.f("uq_rounds_name")),
    )
    op.create_table(
        "round_items",
        sa.Column("round_item_id", sa.Integer, nullable=False),
        sa.Column("round_id", sa.Integer, nullable=False),
        sa.Column("item_id", sa.Integer, nullable=False),
        sa.Column("quota", sa.Integer, nullable=False),
        sa.Column("open_spots", sa.Integer, nullable=False),
        sa.Column("order_key", sa.Double, nullable=False),
        sa.Column("is_gold", sa.Boolean, nullable=False),
        sa.Column("gold", sa.JSON),
        sa.Column("reason", sa.Text, server_default="", nullable=False),
        sa.CheckConstraint("open_spots >= 0", name=op.f("ck_round_items_spots")),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_round_items_item_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name=op.f("fk_round_items_round_id")),
        sa.PrimaryKeyConstraint("round_item_id", name=op.f("pk_round_items")),
        sa.UniqueConstraint("round_id", "item_id", name=op.f("uq_round_items_round_id_item_id")),
    )
    op.create_index(op.f("ix_round_items_item_id"), "round_items", ["item_id"])
    op.create_index(
        op.f("ix_round_items_round_id_is_gold_open_spots_order_key"),
        "round_items",
        ["round_id", "is_gold", "open_spots", "order_key"],
    )
    op.create_table(
        "barred",
        sa.Column("round_item_id", sa.Integer, nullable=False),
        sa.Column("rater_id", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["rater_id"], ["raters.rater_id"], name=op.f("fk_barred_rater_id")),
        sa.ForeignKeyConstraint(
            ["round_item_id"], ["round_items.round_item_id"], name=op.f("fk_barred_round_item_id")
        ),
        sa.PrimaryKeyConstraint("round_item_id", "rater_id", name=op.f("pk_barred")),
    )


def _make_assignments() -> None:
    """Make the tables of who was given what, and who passed a pilot."""
    op.create_table(
        "assignments",
        sa.Column("assignment_id", sa.Integer, nullable=False),
        sa.Column("round_item_id", sa.Integer, nullable=False),
        sa.Column("round_id", sa.Integer, nullable=False),
        sa.Column("rater_id", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("leased_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
        sa.Column("draft", sa.JSON),
        sa.Column("draft_revision", sa.Integer, server_default="0", nullable=False),
        sa.Column("skip_reason", sa.Text, server_default="", nullable=False),
        sa.ForeignKeyConstraint(["rater_id"], ["raters.rater_id"], name=op.f("fk_assignments_rater_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name=op.f("fk_assignments_round_id")),
        sa.ForeignKeyConstraint(
            ["round_item_id"], ["round_items.round_item_id"], name=op.f("fk_assignments_round_item_id")
        ),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_assignments")),
        sa.UniqueConstraint("round_item_id", "rater_id", name=op.f("uq_assignments_round_item_id_rater_id")),
    )
    op.create_index(op.f("ix_assignments_rater_id_state_round_id"), "assignments", ["rater_id", "state", "round_id"])
    op.create_index(op.f("ix_assignments_state_expires_at"), "assignments", ["state", "expires_at"])
    op.create_index(
        "uq_assignments_one_lease",
        "assignments",
        ["rater_id"],
        unique=True,
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_table(
        "qualifications",
        sa.Column("qualification_id", sa.Integer, nullable=False),
        sa.Column("rater_id", sa.Integer, nullable=False),
        sa.Column("round_id", sa.Integer, nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(["rater_id"], ["raters.rater_id"], name=op.f("fk_qualifications_rater_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.round_id"], name=op.f("fk_qualifications_round_id")),
        sa.PrimaryKeyConstraint("qualification_id", name=op.f("pk_qualifications")),
    )
    op.create_index(op.f("ix_qualifications_rater_id"), "qualifications", ["rater_id"])


def _make_ratings() -> None:
    """Make the tables of answers."""
    op.create_table(
        "ratings",
        sa.Column("rating_id", sa.Integer, nullable=False),
        sa.Column("assignment_id", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("submission_id", sa.String(100), nullable=False),
        sa.Column("rated_at", sa.Double, nullable=False),
        sa.Column("duration_s", sa.Double),
        sa.Column("client", sa.String(100), nullable=False),
        sa.Column("guideline_version", sa.String(64), nullable=False),
        sa.Column("overall", sa.Integer, nullable=False),
        sa.Column("prompt_meaningless", sa.Boolean, nullable=False),
        sa.Column("split_wrong", sa.Boolean, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.CheckConstraint("overall BETWEEN 1 AND 5", name=op.f("ck_ratings_overall")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.assignment_id"], name=op.f("fk_ratings_assignment_id")
        ),
        sa.ForeignKeyConstraint(
            ["guideline_version"], ["guidelines.version"], name=op.f("fk_ratings_guideline_version")
        ),
        sa.PrimaryKeyConstraint("rating_id", name=op.f("pk_ratings")),
        sa.UniqueConstraint("assignment_id", "revision", name=op.f("uq_ratings_assignment_id_revision")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_ratings_submission_id")),
    )
    op.create_table(
        "element_ratings",
        sa.Column("rating_id", sa.Integer, nullable=False),
        sa.Column("element_id", sa.Integer, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("sure", sa.Boolean, nullable=False),
        sa.CheckConstraint("value IN (0, 1)", name=op.f("ck_element_ratings_value")),
        sa.ForeignKeyConstraint(["element_id"], ["elements.element_id"], name=op.f("fk_element_ratings_element_id")),
        sa.ForeignKeyConstraint(["rating_id"], ["ratings.rating_id"], name=op.f("fk_element_ratings_rating_id")),
        sa.PrimaryKeyConstraint("rating_id", "element_id", name=op.f("pk_element_ratings")),
    )
    op.create_table(
        "structural_problems",
        sa.Column("problem_id", sa.Integer, nullable=False),
        sa.Column("rating_id", sa.Integer, nullable=False),
        sa.Column("label", sa.String(20), nullable=False),
        sa.Column("left", sa.Double),
        sa.Column("top", sa.Double),
        sa.Column("right", sa.Double),
        sa.Column("bottom", sa.Double),
        sa.ForeignKeyConstraint(["rating_id"], ["ratings.rating_id"], name=op.f("fk_structural_problems_rating_id")),
        sa.PrimaryKeyConstraint("problem_id", name=op.f("pk_structural_problems")),
    )
    op.create_index(op.f("ix_structural_problems_rating_id"), "structural_problems", ["rating_id"])


def _make_inspections() -> None:
    """Make the tables of verdicts on answers."""
    op.create_table(
        "inspections",
        sa.Column("inspection_id", sa.Integer, nullable=False),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("inspector", sa.String(100), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("inspection_id", name=op.f("pk_inspections")),
    )
    op.create_table(
        "inspected_ratings",
        sa.Column("inspection_id", sa.Integer, nullable=False),
        sa.Column("rating_id", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.inspection_id"], name=op.f("fk_inspected_ratings_inspection_id")
        ),
        sa.ForeignKeyConstraint(["rating_id"], ["ratings.rating_id"], name=op.f("fk_inspected_ratings_rating_id")),
        sa.PrimaryKeyConstraint("inspection_id", "rating_id", name=op.f("pk_inspected_ratings")),
    )
    op.create_index(op.f("ix_inspected_ratings_rating_id"), "inspected_ratings", ["rating_id"])
