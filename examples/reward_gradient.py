"""A tiny painter improves by the reward's gradient, then games it: ``python examples/reward_gradient.py [--quick]``.

The painter composes two things of the drawn world, each with one of eight nouns and eight colours, side by side or one
above the other. For each prompt it has a logit per choice, at random at first, and nothing tells it what the prompt
says but the gradient of `AlignmentReward` with the packaged checkpoint. What its picture shows is known exactly, so
that the table sets the reward beside the drawn truth:

1. *choices*: only the logits are trained. Reward and truth rise together.
2. *pixels*: the choices stay, and each pixel may be changed by a few levels, so little that the drawing remains what
   it is. The reward goes on rising and the truth cannot: this is over-optimisation.

The last row is what drawings that are right in everything get from the same reward.

``--strip FILE`` saves the pictures of the first prompts before, between and after the phases.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from evalmuse_hf.mini.drawing import SIDE, draw
from evalmuse_hf.mini.prompts import DrawnPrompt, write_prompt
from evalmuse_hf.mini.raters import element_truths, true_alignment
from evalmuse_hf.mini.scene import Scene, Thing
from evalmuse_hf.mini.vocabulary import COLORS, RELATIONS
from evalmuse_hf.scoring.reward import AlignmentReward, load_reward
from evalmuse_hf.stats import srcc

NOUNS = ("car", "umbrella", "chair", "cat", "bird", "apple", "cake", "man")
HUES = tuple(COLORS)
# Where the first and the second thing stand under each relation, as shares of the side.
SPOTS = {
    "left of": ((0.27, 0.5), (0.73, 0.5)),
    "right of": ((0.73, 0.5), (0.27, 0.5)),
    "above": ((0.5, 0.27), (0.5, 0.73)),
    "below": ((0.5, 0.73), (0.5, 0.27)),
}
RADIUS = 0.17
CHOICES = (len(NOUNS), len(HUES), len(NOUNS), len(HUES), len(RELATIONS))
CHOICE_RATE, PIXEL_RATE = 0.3, 2 / 255  # of Adam, at first; a tenth at the end
HOTTEST, COLDEST = 0.7, 0.4  # temperatures of the blends, at first and at the end
SAMPLES = 2  # pictures of a prompt in a step
MIXING = ("gumbel", "plain", "hard")
SHOWN = 6  # prompts in a strip


@dataclass(frozen=True, slots=True)
class Row:
    """Means over the prompts after some steps; the painter's likeliest choices are what it draws.

    Attributes:
        phase: ``"choices"`` or ``"pixels"``, or ``"right"`` for drawings in which everything holds.
        step: Of the phase.
        reward: Of the pictures, in [0, 1].
        drawing: Reward of the drawings beneath, without the changed pixels.
        truth: Drawn truth on the raters' scale, from 1.85 to 4.10.
        holds: Share of the elements that hold.
        srcc: Between reward and truth over the prompts; nan where one of them is constant.
    """

    phase: str
    step: int
    reward: float
    drawing: float
    truth: float
    holds: float
    srcc: float


class Painter(nn.Module):
    """Choices of what to draw for each prompt, and how to change its pixels.

    Args:
        n_prompts: Prompts, each with parameters of its own.
        rng: Source of the first choices.
        reach: How far a pixel may be changed, in [0, 1].
    """

    def __init__(self, n_prompts: int, rng: np.random.Generator, *, reach: float):
        super().__init__()
        first = [torch.from_numpy(rng.normal(0, 0.5, (n_prompts, size))).float() for size in CHOICES]
        self.logits = nn.ParameterList([nn.Parameter(values) for values in first])
        self.change = nn.Parameter(torch.zeros(n_prompts, 3, SIDE, SIDE))
        self.reach = reach
        self.paper = _as_tensor(draw(Scene(())).image)
        self.things = _cut_things()  # (nouns, hues, 4, side, side)

    def likeliest(self) -> list[Tensor]:
        """The likeliest option of each choice, one-hot, with the gradient of its probability (straight-through)."""
        shares = [logits.softmax(dim=-1) for logits in self.logits]
        best = [F.one_hot(share.argmax(dim=-1), share.shape[-1]) for share in shares]
        return [hard + share - share.detach() for hard, share in zip(best, shares, strict=True)]

    def mix(self, mixing: str, rng: np.random.Generator, *, temperature: float) -> list[Tensor]:
        """Shares of the options to train on, by one of `MIXING`, for `SAMPLES` pictures of each prompt.

        Args:
            mixing: ``"gumbel"`` blends the options in random shares (a Gumbel-softmax), so that each is tried;
                ``"plain"`` blends them by their probabilities; ``"hard"`` takes the likeliest.
            rng: Source of the shares.
            temperature: The lower, the purer the blends.
        """
        if mixing == "hard":
            return [shares.repeat(SAMPLES, 1) for shares in self.likeliest()]
        mixed = []
        for logits in self.logits:
            several = logits.repeat(SAMPLES, 1)
            if mixing == "gumbel":
                several = several + torch.from_numpy(rng.gumbel(size=tuple(several.shape))).float()
            mixed.append((several / temperature).softmax(dim=-1))
        return mixed

    def paint(self, shares: Sequence[Tensor], *, changed: bool) -> Tensor:
        """Paint pictures, shape (prompts, 3, SIDE, SIDE), in [0, 1], from a share of each option of each choice."""
        first_noun, first_hue, second_noun, second_hue, relation = shares
        first = torch.einsum("bn,bh,nhcyx->bcyx", first_noun, first_hue, self.things)
        second = torch.einsum("bn,bh,nhcyx->bcyx", second_noun, second_hue, self.things)
        pictures = torch.zeros(len(first), 3, SIDE, SIDE)
        for index, name in enumerate(RELATIONS):
            layout = _paste(_paste(self.paper, first, SPOTS[name][0]), second, SPOTS[name][1])
            pictures = pictures + relation[:, index, None, None, None] * layout
        if not changed:
            return pictures
        return (pictures + self.change.clamp(-self.reach, self.reach)).clamp(0, 1)

    def pictures(self, number: int) -> np.ndarray:
        """The first pictures as they are now, side by side, 8 bits."""
        with torch.no_grad():
            shown = self.paint(self.likeliest(), changed=True)[:number]
        levels: np.ndarray = (torch.cat(list(shown), dim=2) * 255).round().byte().permute(1, 2, 0).numpy()
        return levels

    def scenes(self) -> list[Scene]:
        """What the likeliest choices draw, exactly."""
        picks = zip(*(logits.argmax(dim=-1).tolist() for logits in self.logits), strict=True)
        return [_scene(*pick) for pick in picks]


def _scene(first_noun: int, first_hue: int, second_noun: int, second_hue: int, relation: int) -> Scene:
    (x, y), (other_x, other_y) = SPOTS[RELATIONS[relation]]
    first = Thing(NOUNS[first_noun], HUES[first_hue], x, y, RADIUS)
    return Scene((first, Thing(NOUNS[second_noun], HUES[second_hue], other_x, other_y, RADIUS)))


def _cut_things() -> Tensor:
    """Every noun in every colour, cut out of a drawing: its colours times its coverage, and its coverage."""
    side, start = round(2 * RADIUS * SIDE), round((0.5 - RADIUS) * SIDE)
    window = slice(start, start + side)
    cut = torch.zeros(len(NOUNS), len(HUES), 4, side, side)
    for row, noun in enumerate(NOUNS):
        for column, hue in enumerate(HUES):
            drawing = draw(Scene((Thing(noun, hue, radius=RADIUS),)))
            covered = torch.from_numpy(drawing.things > 0)[window, window]
            cut[row, column, :3] = _as_tensor(drawing.image)[:, window, window] * covered
            cut[row, column, 3] = covered
    return cut


def _paste(canvas: Tensor, thing: Tensor, spot: tuple[float, float]) -> Tensor:
    left, top = (round((middle - RADIUS) * SIDE) for middle in spot)
    side = thing.shape[-1]
    placed = F.pad(thing, (left, SIDE - side - left, top, SIDE - side - top))
    return canvas * (1 - placed[:, 3:]) + placed[:, :3]


def _as_tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255


def write_prompts(number: int, rng: np.random.Generator) -> list[DrawnPrompt]:
    """Prompts "a red car left of a cat" that the painter has nouns for and the checkpoint was not trained on."""
    prompts: dict[str, DrawnPrompt] = {}
    while len(prompts) < number:
        prompt = write_prompt(rng, template="spatial", test=True, novel=False)
        nouns = {subject.noun for subject in prompt.subjects}
        if nouns <= set(NOUNS) and any(subject.color for subject in prompt.subjects):
            prompts[prompt.text] = prompt
    return list(prompts.values())


def draw_right(painter: Painter, prompts: Sequence[DrawnPrompt]) -> None:
    """Set the painter's choices to what the prompts ask for; where they leave a colour open, it stays."""
    for row, prompt in enumerate(prompts):
        first, second = prompt.subjects
        wanted = (first.noun, first.color, second.noun, second.color, prompt.relation)
        for logits, options, word in zip(painter.logits, (NOUNS, HUES, NOUNS, HUES, RELATIONS), wanted, strict=True):
            if word is not None:
                logits.data[row] = F.one_hot(torch.tensor(options.index(word)), len(options)).float()


def measure(phase: str, step: int, painter: Painter, prompts: Sequence[DrawnPrompt], reward: AlignmentReward) -> Row:
    """Set the reward of what the painter would draw now beside the truth."""
    texts, elements = _asked(prompts)
    changed = phase == "pixels"
    with torch.no_grad():
        choices = painter.likeliest()
        rewards = beneath = reward(painter.paint(choices, changed=False), texts, elements)
        if changed:
            rewards = reward(painter.paint(choices, changed=True), texts, elements)
    truths = [element_truths(prompt, scene) for prompt, scene in zip(prompts, painter.scenes(), strict=True)]
    aligned = [true_alignment(prompt.elements, holds) for prompt, holds in zip(prompts, truths, strict=True)]
    return Row(
        phase=phase,
        step=step,
        reward=float(rewards.mean()),
        drawing=float(beneath.mean()),
        truth=float(np.mean(aligned)),
        holds=float(np.mean([holds for row in truths for holds in row])),
        srcc=srcc(predictions=rewards.tolist(), references=aligned).statistic,
    )


def _asked(prompts: Sequence[DrawnPrompt]) -> tuple[list[str], list[list[str]]]:
    return [prompt.text for prompt in prompts], [[item.text for item in prompt.elements] for prompt in prompts]


def climb(
    phase: str,
    painter: Painter,
    prompts: Sequence[DrawnPrompt],
    reward: AlignmentReward,
    *,
    steps: int,
    every: int,
    mixing: str,
    rng: np.random.Generator,
) -> list[Row]:
    """Climb the reward's gradient in one phase, and measure on the way."""
    texts, elements = _asked(prompts)
    free_pixels = phase == "pixels"
    if free_pixels:
        optimizer = torch.optim.Adam([painter.change], lr=PIXEL_RATE)
    else:
        texts, elements = texts * SAMPLES, elements * SAMPLES
        optimizer = torch.optim.Adam(painter.logits, lr=CHOICE_RATE)
    slower = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=steps)
    rows = [measure(phase, 0, painter, prompts, reward)]
    for step in range(1, steps + 1):
        temperature = HOTTEST + (COLDEST - HOTTEST) * step / steps
        choices = painter.likeliest() if free_pixels else painter.mix(mixing, rng, temperature=temperature)
        loss = -reward(painter.paint(choices, changed=free_pixels), texts, elements).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        slower.step()
        if step % every == 0 or step == steps:
            rows.append(measure(phase, step, painter, prompts, reward))
            print(describe(rows[-1:]), file=sys.stderr)
    return rows


def describe(rows: Sequence[Row]) -> str:
    """Lay rows out as lines of a table."""
    return "\n".join(
        f"{row.phase:8s} {row.step:5d}  {row.reward:6.3f}  {row.drawing:7.3f}  {row.truth:6.3f}  {row.holds:6.3f}  "
        f"{row.srcc:6.3f}"
        for row in rows
    )


HEAD = "phase     step  reward  drawing   truth   holds    SRCC"


def main() -> int:
    """Train a painter and print what became of reward and truth."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--prompts", type=int, default=12, help="prompts to paint (default 12)")
    parser.add_argument("--steps", type=int, default=60, help="steps on the choices (default 60)")
    parser.add_argument("--pixel-steps", type=int, default=40, help="steps with free pixels (default 40)")
    parser.add_argument("--reach", type=int, default=12, help="levels of 255 a pixel may change by (default 12)")
    parser.add_argument("--reward", default="both", help="overall, elements or both (default both)")
    parser.add_argument("--mixing", choices=MIXING, default="gumbel", help="how choices are trained (default gumbel)")
    parser.add_argument("--seed", type=int, default=0, help="of prompts and painter (default 0)")
    parser.add_argument("--quick", action="store_true", help="5 prompts, 16 and 8 steps")
    parser.add_argument("--strip", type=Path, help="save the pictures of the first prompts as a PNG")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.prompts, arguments.steps, arguments.pixel_steps = 5, 16, 8
    rng = np.random.default_rng(arguments.seed)
    prompts = write_prompts(arguments.prompts, rng)
    painter = Painter(len(prompts), rng, reach=arguments.reach / 255)
    reward = load_reward(model="mini", reward=arguments.reward, device="cpu", batch_size=32)
    print(HEAD, file=sys.stderr)
    strips = [painter.pictures(SHOWN)]
    rows = []
    for phase, steps in (("choices", arguments.steps), ("pixels", arguments.pixel_steps)):
        rows += climb(
            phase, painter, prompts, reward, steps=steps, every=max(1, steps // 4), mixing=arguments.mixing, rng=rng
        )
        strips.append(painter.pictures(SHOWN))
    draw_right(painter, prompts)
    rows.append(measure("right", 0, painter, prompts, reward))
    if arguments.strip is not None:
        Image.fromarray(np.concatenate(strips)).save(arguments.strip)
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        print("\n".join([HEAD, describe(rows)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
