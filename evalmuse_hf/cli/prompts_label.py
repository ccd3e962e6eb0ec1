"""`evalmuse prompts label`: label prompts along the paper's four dimensions."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.llm_options import add_llm_options, open_client, print_estimate, print_usage

if TYPE_CHECKING:
    from evalmuse_hf.prompts.clusters import Clusters
    from evalmuse_hf.prompts.embeddings import Encoder
    from evalmuse_hf.prompts.labelling_run import PromptRow
    from evalmuse_hf.prompts.labels import PromptLabels

FORMAT = 1
DEFAULT_CLUSTERS = 7
DEFAULT_SEED = 0


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser.

    Args:
        commands: Subcommands of `evalmuse prompts`.
    """
    label = commands.add_parser(
        "label",
        help="label prompts: category, logic, style, cluster",
        description="Label every prompt of a table: what it is about (13 categories), what must be got right (7 "
        "labels of logic), how it shall look (6 of style), any number of each; and the cluster of its embedding. The "
        "output goes to `evalmuse prompts sample` as it is.",
    )
    label.add_argument("table", type=Path, metavar="TABLE", help="JSON lines, CSV, TSV or Parquet with id and prompt")
    label.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON lines of the labelled rows")
    label.add_argument(
        "--labeller", choices=("rules", "llm"), default="rules", help="word lists, or a chat model (default: rules)"
    )
    label.add_argument("--column", default="prompt", metavar="NAME", help="column of the prompt (default: prompt)")
    label.add_argument("--json", action="store_true", help="print the counts as JSON")
    cluster = label.add_argument_group("clusters")
    # None tells what was not said from what was: neither goes with --centers.
    cluster.add_argument("--clusters", type=int, metavar="K", help=f"how many (default: {DEFAULT_CLUSTERS})")
    cluster.add_argument(
        "--embedding",
        default="minilm",
        metavar="MODEL",
        help="minilm (packaged), a folder or Hub id of a sentence-transformers model, or none for no clusters "
        "(default: minilm)",
    )
    cluster.add_argument("--embedding-cache", type=Path, metavar="DIR", help="keep finished embeddings here")
    cluster.add_argument("--centers", type=Path, metavar="FILE", help="assign to these centers instead of fitting")
    cluster.add_argument("--save-centers", type=Path, metavar="FILE", help="keep the centers, for later prompts")
    cluster.add_argument("--seed", type=int, help=f"of k-means (default: {DEFAULT_SEED})")
    add_llm_options(label)


def run(args: argparse.Namespace) -> int:
    """Label, cluster and write, and print the counts."""
    from evalmuse_hf.prompts.labelling_run import count_labels, labelled_row, read_prompt_rows
    from evalmuse_hf.prompts.tables import read_rows, write_rows

    _check(args)
    rows = read_prompt_rows(read_rows(args.table), column=args.column)
    # An estimate embeds nothing. Else what can go wrong with the clusters shall do so before labels are paid for.
    ready = None if args.embedding == "none" or args.llm_estimate else _prepare(args, rows)
    labelled = _label(args, [row.prompt for row in rows])
    if labelled is None:
        return 0  # only the estimate was asked for
    labeller, labels = labelled
    clusters: Sequence[int | None] = [None] * len(rows) if ready is None else _clusters(args, rows, *ready)
    written = [
        labelled_row(row.values, label, labeller=labeller, cluster=cluster)
        for row, label, cluster in zip(rows, labels, clusters, strict=True)
    ]
    write_rows(written, args.out)
    statuses = Counter({"ok": 0})
    statuses.update(label.status for label in labels)
    counts = count_labels(written)
    if args.json:
        record = {"format": FORMAT, "read": len(rows), "labeller": labeller, "statuses": dict(statuses)}
        print(json.dumps({**record, "counts": counts, "out": str(args.out)}, indent=2, ensure_ascii=False))
    else:
        print("\n".join([*_lines(statuses, counts), str(args.out)]))
    _warn_of_failures([label.message for label in labels if label.status != "ok"], of=len(rows))
    return 0 if statuses["ok"] else 1


def _check(args: argparse.Namespace) -> None:
    """Refuse options that cannot be kept before anything is read or paid for."""
    if args.clusters is not None and args.clusters < 1:
        raise ValueError(f"--clusters is {args.clusters}, expected at least 1; say --embedding none for no clusters.")
    if args.embedding == "none" and (args.centers or args.save_centers or args.embedding_cache):
        raise ValueError(
            "--centers, --save-centers and --embedding-cache need an embedding; leave --embedding none out."
        )
    if args.centers and not (args.clusters is None and args.seed is None):
        raise ValueError(
            "--centers assigns to clusters that are there, while --clusters and --seed fit new ones; give one or the "
            "other."
        )
    if args.labeller == "rules" and (args.llm or args.llm_estimate):
        raise ValueError("Options of a chat model are given, but the labeller is rules; add --labeller llm.")


def _label(args: argparse.Namespace, prompts: Sequence[str]) -> "tuple[str, list[PromptLabels]] | None":
    """Name of the labeller and its labels; None if only an estimate was asked for."""
    from evalmuse_hf.prompts.labelling_run import label_prompts

    if args.labeller == "rules":
        from evalmuse_hf.prompts.rule_labelling import RuleLabeller

        rules = RuleLabeller()
        return rules.name, list(label_prompts(prompts, rules, progress=not args.quiet))
    from evalmuse_hf.prompts.llm_labelling import LLMLabeller

    client = open_client(args)
    labeller = LLMLabeller(client)
    if print_estimate(args, client, labeller.requests(prompts)):
        return None
    labels = list(label_prompts(prompts, labeller, progress=not args.quiet))
    print_usage(args, client)
    return labeller.name, labels


def _prepare(args: argparse.Namespace, rows: Sequence["PromptRow"]) -> "tuple[Encoder, Clusters | None]":
    """Encoder, and the centers to assign to, if any."""
    from evalmuse_hf.prompts.clusters import Clusters, require_fitting
    from evalmuse_hf.prompts.embeddings import load_encoder

    centers = Clusters.load(args.centers) if args.centers else None
    if centers is None:
        number, different = args.clusters or DEFAULT_CLUSTERS, len({row.prompt for row in rows})
        if different < number:
            raise ValueError(
                f"{different} different prompts cannot make {number} clusters; ask for fewer with --clusters, or for "
                "none with --embedding none."
            )
        require_fitting()
    encoder = load_encoder(args.embedding)
    if centers and centers.encoder != encoder.name:
        raise ValueError(
            f"The centers in {args.centers} were fitted with {centers.encoder}, not {encoder.name}; name that model "
            "with --embedding, or fit new ones."
        )
    return encoder, centers


def _clusters(
    args: argparse.Namespace, rows: Sequence["PromptRow"], encoder: "Encoder", centers: "Clusters | None"
) -> list[int]:
    from evalmuse_hf.prompts.clusters import fit_clusters
    from evalmuse_hf.prompts.embeddings import embed_prompts

    prompts = [row.prompt for row in rows]
    vectors = embed_prompts(prompts, encoder, cache=args.embedding_cache, progress=not args.quiet)
    if centers is None:
        ids = [row.prompt_id for row in rows]
        number, seed = args.clusters or DEFAULT_CLUSTERS, args.seed or DEFAULT_SEED
        centers = fit_clusters(ids, vectors, k=number, seed=seed, encoder=encoder.name)
    if args.save_centers:
        centers.save(args.save_centers)
    return [int(number) for number in centers.assign(vectors)]


def _lines(statuses: Mapping[str, int], counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    lines = [f"{'label status':<16} " + ", ".join(f"{status} {number:,}" for status, number in statuses.items())]
    for dimension, numbers in counts.items():
        lines.append(dimension)
        lines += [f"  {label:<18} {number:>8,}" for label, number in numbers.items()]
    return lines


def _warn_of_failures(messages: Sequence[str], *, of: int) -> None:
    if messages:
        print(
            f"evalmuse prompts label: {len(messages)} of {of} prompts have no labels; the first: "
            f"{messages[0]} Their rows say why in label_message.",
            file=sys.stderr,
        )
