"""What every `evaluate` module of this package shares: inputs that may be left out, and one sentence for a mistake."""

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import datasets
import evaluate
from evaluate.module import CombinedEvaluations

from evalmuse_hf.stats.citation import CITATION

_COMBINED = tuple(function.__code__ for function in (CombinedEvaluations.add, CombinedEvaluations.add_batch))
_PLURALS = {"prediction": "predictions", "reference": "references"}  # `evaluate` spells a single row so


class EvaluationModule(evaluate.Metric):  # type: ignore[misc]
    """Base class of the modules. `evaluate` has no optional inputs, so absent ones are written as nulls.

    A subclass sets the inputs and has a docstring, which becomes the module's description. Inputs of other modules,
    which ``evaluate.combine`` gives to all alike, are ignored where the subclass names them.
    """

    required_inputs: ClassVar[Mapping[str, Any]]
    optional_inputs: ClassVar[Mapping[str, Any]]
    ignored_inputs: ClassVar[frozenset[str]] = frozenset()
    inputs_text: ClassVar[str]

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=type(self).__doc__ or "",
            citation=CITATION,
            inputs_description=self.inputs_text,
            features=datasets.Features({**self.required_inputs, **self.optional_inputs}),
        )

    def compute(self, **given: Any) -> dict[str, Any] | None:
        """Compute the result of what is given, together with what was added before.

        Args:
            **given: Inputs, each a list with one value per row, and options; all by name.

        Returns:
            The result; None on every process but the first of several.

        Raises:
            ValueError: If there are no rows, an input is missing, or the lists differ in length.
        """
        inputs = {name: given.pop(name, None) for name in self._names()}
        given = {name: value for name, value in given.items() if name not in self.ignored_inputs}
        if all(value is None for value in inputs.values()):
            if self.writer is None and self.buf_writer is None:
                raise ValueError(f"No rows were given; give {self._required()}, or add some before.")
            return super().compute(**given)  # type: ignore[no-any-return]
        return super().compute(**self._read_rows(inputs), **given)  # type: ignore[no-any-return]

    def add(self, **given: Any) -> None:
        """Add one row.

        Args:
            **given: One value for each input, by its name; ``prediction`` and ``reference`` are understood too.

        Raises:
            ValueError: If an input is missing or unknown.
        """
        row = {_PLURALS.get(name, name): value for name, value in given.items()}
        missing = next((name for name in self.required_inputs if name not in row), None)
        if missing is not None:
            raise ValueError(f"`{missing}` is missing; give {self._required()}.")
        super().add(**{**dict.fromkeys(self.optional_inputs), **row})

    def add_batch(self, **given: Any) -> None:
        """Add rows.

        Args:
            **given: Inputs, each a list with one value per row.

        Raises:
            ValueError: If there are no rows, an input is missing or unknown, or the lists differ in length.
        """
        super().add_batch(**self._read_rows(given))

    def _feature_names(self) -> list[str]:
        """Names of the inputs; `evaluate` calls it.

        ``evaluate.combine`` looks each of them up among what it was given, and ends with a KeyError if one is not
        there, be it optional. It does not tell what it was given, so that the only way to know is to look.
        """
        names: list[str] = super()._feature_names()
        frame = inspect.currentframe()
        caller = None if frame is None else frame.f_back
        if caller is None or caller.f_code not in _COMBINED:
            return names
        given = caller.f_locals.get("batch") or names
        return [name for name in names if name in given]

    def _names(self) -> tuple[str, ...]:
        return (*self.required_inputs, *self.optional_inputs)

    def _required(self) -> str:
        return " and ".join(f"`{name}`" for name in self.required_inputs)

    def _read_rows(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Check the lengths, and write out absent inputs."""
        missing = next((name for name in self.required_inputs if inputs.get(name) is None), None)
        if missing is not None:
            raise ValueError(f"`{missing}` is missing; give {self._required()}, all of one length.")
        single = next((name for name, values in inputs.items() if isinstance(values, str | bytes)), None)
        if single is not None:
            raise ValueError(f"`{single}` must be a list, got one text; put it into brackets: {single}=[...].")
        sizes = {name: len(values) for name, values in inputs.items() if values is not None}
        if len(set(sizes.values())) > 1:
            found = ", ".join(f"{size} {name}" for name, size in sizes.items())
            raise ValueError(f"Expected lists of one length, got {found}.")
        size = next(iter(sizes.values()))
        if not size:
            raise ValueError(f"No rows were given: {self._required()} must not be empty.")
        absent = {name: [None] * size for name in self.optional_inputs if inputs.get(name) is None}
        return {**inputs, **absent}
