"""`evalmuse study maps`: do the heat maps of a model point at what they are about?"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from evalmuse_hf.cli.intervals import add_resampling_option
from evalmuse_hf.cli.study_results import add_form_options, show_study


def add_parser(commands: Any) -> None:
    """Describe the study to the parser.

    Args:
        commands: Subcommands of `evalmuse study`.
    """
    maps = commands.add_parser(
        "maps",
        help="do heat maps point at what they are about?",
        description="Play the pointing game with the heat maps of an FGA-BLIP2 on drawings whose truth is known, "
        "against chance, fixed points, random weights and the maps of other elements. map_evidence.json in DIR is "
        "what a page reads beside the weights before it shows a map.",
    )
    maps.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of evidence, record and page")
    maps.add_argument(
        "--model", default="mini", metavar="MODEL", help="'mini', a folder, a Hub id, or 'official' (default: mini)"
    )
    maps.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps (default: a GPU if there is one)")
    maps.add_argument("--pictures", type=int, default=900, metavar="N", help="drawings (default: 900)")
    maps.add_argument(
        "--draws", type=int, default=10, metavar="N", help="models with random weights of each kind (default: 10)"
    )
    maps.add_argument("--seed", type=int, default=0, metavar="N", help="of drawings and intervals (default: 0)")
    maps.add_argument("--quick", action="store_true", help="some seconds, to see that it works; shows nothing else")
    maps.add_argument(
        "--beside-weights", action="store_true", help="also write map_evidence.json into the folder of the model"
    )
    add_resampling_option(maps)
    maps.set_defaults(n_resamples=10_000)
    add_form_options(maps)


def run(args: argparse.Namespace) -> int:
    """Run the study, and print what came out."""
    if args.quick and args.beside_weights:
        raise ValueError("--quick measures too little to be kept beside the weights; leave one of the two out.")
    from evalmuse_hf.meta_evaluation.studies.maps_report import make_maps_document
    from evalmuse_hf.meta_evaluation.studies.maps_study import MapsOptions, quick_options, run_maps_study
    from evalmuse_hf.models.fga_blip2.map_evidence_fga_blip2 import EVIDENCE_FILE
    from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
    from evalmuse_hf.reports import write_document
    from evalmuse_hf.scoring import load_scorer

    model = None if args.model == "official" else args.model
    options = MapsOptions(
        model=model, pictures=args.pictures, draws=args.draws, seed=args.seed, n_resamples=args.n_resamples
    )
    if args.quick:
        options = quick_options(options)
    scorer = load_scorer("fga_blip2", model=model, device=args.device)
    assert isinstance(scorer, FGABlip2Scorer)
    beside = _folder_of_weights(scorer) if args.beside_weights else None
    study = run_maps_study(options, scorer, out=args.out, progress=not args.quiet)
    document = make_maps_document(study)
    record = study.record()
    evidence = f"{json.dumps(study.evidence.record(), indent=2)}\n"
    (args.out / EVIDENCE_FILE).write_text(evidence, "utf-8")
    (args.out / "record.json").write_text(f"{json.dumps(record, indent=2)}\n", "utf-8")
    write_document(document, args.out / "report.html")
    if beside is not None:
        (beside / EVIDENCE_FILE).write_text(evidence, "utf-8")
    show_study(args, document, record)
    return 0


def _folder_of_weights(scorer: Any) -> Path:
    """Find the folder of a model, before a study that takes long, and refuse one that evidence cannot be kept in."""
    from evalmuse_hf.models.fga_blip2.adapter_fga_blip2 import is_adapter

    name = str(scorer.model.name_or_path or "")
    folder = Path(name)
    if not name or not folder.is_dir():
        raise ValueError(
            f"--beside-weights needs a model in a folder, and {name!r} is none; leave it out, and put "
            "map_evidence.json beside the weights yourself."
        )
    if is_adapter(folder):
        raise ValueError(
            f"{folder} holds adapters, whose digest says nothing of the model below, so that evidence beside them "
            "would not be read; merge them into a folder of its own, and measure that."
        )
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"--beside-weights cannot write into {folder}; leave it out, or ask for the right to.")
    return folder
