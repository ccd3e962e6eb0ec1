"""Where a drawn prompt takes its words: from a picture, so that half of what it says holds, or from the vocabulary."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evalmuse_hf.mini.scene import Scene, relation_of
from evalmuse_hf.mini.vocabulary import COLORS, NOUNS, OPPOSITE, RELATIONS, is_held_out

MAX_COUNT = 5  # the largest number that a prompt asks for; with more, the things of a picture become too small
# How often what is said of a picture is what it shows, chosen so that somewhat less than half of the elements hold.
_OWN, _FOREIGN = 0.42, 0.16  # a property that the noun has there, one that something has
_RIGHT_COUNT, _NEAR_COUNT = 0.45, 0.3  # the number that is there, one beside it
_ZERO_COUNT = 0.3  # weight of zero among the numbers: "0 cats" is true of nearly every picture
_RIGHT_SETTING = 0.4
_OWN_DRILLED, _DRILL_WEIGHTS = 0.5, dict(zip(COLORS, (0.4, 0.22, 0.13, 0.09, 0.06, 0.04, 0.03, 0.03), strict=True))
_DRILLED = 0.93  # of the questions of a drill are about what the picture shows
_ANY_RELATION, _RIGHT_RELATION = 0.25, 0.45  # the rest says the opposite


@dataclass(frozen=True, slots=True)
class Ask:
    """A source of words for one prompt, never the same word twice.

    Attributes:
        rng: Source of every choice.
        scene: What the prompt shall be about; None for a prompt about no picture.
        loyalty: Chance that a noun is one that `scene` shows.
        held_out: Whether pairs that are kept out of training may be said.
        used: The words drawn so far.
    """

    rng: np.random.Generator
    scene: Scene | None = None
    loyalty: float = 0.75
    held_out: bool = False
    used: list[str] = field(default_factory=list)

    def noun(self, among: Sequence[str] = NOUNS) -> str:
        """Draw a noun that this prompt has not used yet.

        Args:
            among: Nouns to choose from.
        """
        shown = [] if self.scene is None else [thing.noun for thing in self.scene.things]
        shown = [noun for noun in shown if noun in among and noun not in self.used]
        fresh = [noun for noun in among if noun not in self.used]
        noun = self._pick(shown) if shown and self.rng.random() < self.loyalty else self._pick(fresh)
        self.used.append(noun)
        return noun

    def word(self, noun: str, kind: str, among: Sequence[str]) -> str:
        """Draw a property of `noun`: often one that it has in the scene, at times one that something has, else any.

        A property that nothing has must be common. While it was rare, a scorer could answer "yes" to everything but a
        property of another thing, and never compared what it saw with what was asked.

        Args:
            noun: Whom the property describes.
            kind: Field of `evalmuse_hf.mini.scene.Thing`.
            among: Words to choose from.
        """
        things = () if self.scene is None else self.scene.things
        own = [getattr(thing, kind) for thing in things if thing.noun == noun]
        foreign = [getattr(thing, kind) for thing in things]
        source = self.rng.random()
        for pool, limit in ((own, _OWN), (foreign, _OWN + _FOREIGN)):
            fitting = [word for word in pool if word in among and word not in self.used and self._allowed(word, noun)]
            if fitting and source < limit:
                return self._use(self._pick(fitting))
        return self._use(self._pick([w for w in among if w not in self.used and self._allowed(w, noun)]))

    def colored_noun(self) -> tuple[str, str]:
        """Draw a noun of the scene and a colour that it has there half of the time, some colours far more than others.

        Whether a colour that is asked is the one that is seen says nothing about either alone, and a scorer finds no
        beginning in it when all are equally frequent. Asked mostly about red, it learns to see red first.

        Returns:
            The noun and the colour.
        """
        things = [] if self.scene is None else [thing for thing in self.scene.things if thing.color]
        if things and self.rng.random() < _DRILLED:
            if self.rng.random() < _OWN_DRILLED:
                shown = [thing for thing in things if self._allowed(str(thing.color), thing.noun)]
                if shown:
                    thing = shown[self._weighted([str(thing.color) for thing in shown])]
                    return self._use(thing.noun), self._use(str(thing.color))
            else:
                noun = self._pick([thing.noun for thing in things])
                seen = {thing.color for thing in things if thing.noun == noun}
                others = [color for color in COLORS if color not in seen and self._allowed(color, noun)]
                if others:
                    return self._use(noun), self._use(others[self._weighted(others)])
        noun = self.noun()
        return noun, self.word(noun, "color", tuple(COLORS))

    def count(self, noun: str, taken: int | None = None) -> int:
        """Draw a number: often the one shown, often one beside it.

        Args:
            noun: Whom the number counts.
            taken: A number that the prompt has used already.

        Returns:
            A number from 0 to `MAX_COUNT`, other than `taken`.
        """
        shown = 0 if self.scene is None else sum(thing.noun == noun for thing in self.scene.things)
        near = [number for number in (shown - 1, shown + 1) if 0 <= number <= MAX_COUNT and number != taken]
        source = self.rng.random()
        if self.scene is not None and source < _RIGHT_COUNT and shown <= MAX_COUNT and shown != taken:
            return shown
        if self.scene is not None and source < _RIGHT_COUNT + _NEAR_COUNT and near:
            return int(self.rng.choice(near))
        numbers, weights = range(MAX_COUNT + 1), np.array([_ZERO_COUNT, *[1] * MAX_COUNT])
        weights[[number == taken for number in numbers]] = 0
        return int(self.rng.choice(numbers, p=weights / weights.sum()))

    def setting(self, kind: str, among: Sequence[str]) -> str:
        """Draw a place or a weather, two times in five the one shown.

        Args:
            kind: `place` or `weather`.
            among: Words to choose from.
        """
        shown = None if self.scene is None else getattr(self.scene, kind)
        return shown if shown is not None and self.rng.random() < _RIGHT_SETTING else self._pick(among)

    def relation(self, first: str, second: str) -> str:
        """Draw a relation; where the scene has both nouns, it holds about half of the time and is often reversed.

        Args:
            first: The noun that is named first.
            second: The noun that is named second.
        """
        things = () if self.scene is None else self.scene.things
        shown = [relation_of(a, b) for a in things if a.noun == first for b in things if b.noun == second]
        source = self.rng.random()
        if not shown or source < _ANY_RELATION:
            return self._pick(RELATIONS)
        return shown[0] if source < _ANY_RELATION + _RIGHT_RELATION else OPPOSITE[shown[0]]

    def _weighted(self, colors: Sequence[str]) -> int:
        weights = np.array([_DRILL_WEIGHTS[color] for color in colors])
        return int(self.rng.choice(len(colors), p=weights / weights.sum()))

    def _allowed(self, modifier: str, noun: str) -> bool:
        return self.held_out or not is_held_out(modifier, noun)

    def _use(self, word: str) -> str:
        self.used.append(word)
        return word

    def _pick(self, words: Sequence[str]) -> str:
        return words[int(self.rng.integers(len(words)))]
