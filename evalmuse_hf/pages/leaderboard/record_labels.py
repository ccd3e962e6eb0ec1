"""How a record is called and where it is from, from what it says about itself and from the name of its file."""

from dataclasses import dataclass

from evalmuse_hf.pages.leaderboard.untrusted_record import MAX_SENTENCE, Value

_PROVENANCE = ("scorer", "model", "weights_sha256", "evalmuse_hf", "dtype", "device", "compat")
_DRAWINGS_ONLY = ":mini"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLabel:
    """What a reader must know of a record beside its numbers.

    Attributes:
        key: Path of the file below the folder of records; tells records apart.
        title: The record's own ``title``, else the name of the file.
        description: The record's own; may be empty.
        date: The record's own; may be empty.
        scorer: Whose scores; may be empty.
        provenance: Names and values.
        simulated: Whether the record says that its pictures and people are simulated.
        published: Whether the numbers are printed ones of others, without intervals.
    """

    key: str
    title: str
    description: str = ""
    date: str = ""
    scorer: str = ""
    provenance: tuple[tuple[str, str], ...] = ()
    simulated: bool = False
    published: bool = False

    @property
    def drawings_only(self) -> bool:
        """Whether the scorer is a packaged checkpoint, which was trained on drawings."""
        return self.scorer.endswith(_DRAWINGS_ONLY)

    @property
    def mark(self) -> str:
        """A word that goes wherever the record is named; empty where there is nothing to say."""
        if self.published:
            return "PUBLISHED"
        return "SIMULATED" if self.simulated else "DRAWINGS ONLY" if self.drawings_only else ""

    @property
    def name(self) -> str:
        """The title with the mark."""
        return f"{self.title} [{self.mark}]" if self.mark else self.title


def read_label(record: Value, key: str) -> RecordLabel:
    """Read how a record is called.

    Args:
        record: All of it; ``title``, ``description``, ``date`` and ``simulated`` may be added to what a command wrote.
        key: Path of its file below the folder of records.

    Raises:
        evalmuse_hf.pages.leaderboard.untrusted_record.RecordError: If one of these is of another kind.
    """
    given = {name: record.get(name) for name in ("title", "description", "date")}
    texts = {name: value.text(MAX_SENTENCE) if value.is_given else "" for name, value in given.items()}
    held = record.get("provenance")
    facts = {
        name: str(held.get(name).content)
        for name in _PROVENANCE
        if held.is_given and isinstance(held.get(name).content, str)
    }
    provenance = {name: Value(text, f"provenance.{name}").text() for name, text in facts.items() if text.strip()}
    stem = key.rpartition("/")[2].removesuffix(".json")
    return RecordLabel(
        key=key,
        title=texts["title"] or stem,
        description=texts["description"],
        date=texts["date"],
        scorer=provenance.get("scorer", ""),
        provenance=tuple((name.replace("_", " "), text) for name, text in provenance.items()),
        simulated=record.get("simulated").flag(),
    )
