"""`evalmuse space api`: a scorer behind an address, for programs."""

import argparse
from typing import Any

from evalmuse_hf.cli.space_options import STARTING, add_address_options, require_address, say


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser of `evalmuse space`."""
    parser = commands.add_parser(
        "api",
        help="scores of one picture per request, in common batches",
        description="Load a scorer once and answer requests until Ctrl-C. Requests that wait are scored "
        "together, which changes no score. See docs/serving.md for clients.",
    )
    parser.add_argument(
        "--scorer", metavar="NAME", default="fga_blip2", help="as in `evalmuse score` (default: %(default)s)"
    )
    parser.add_argument(
        "--model",
        metavar="MODEL",
        help="'mini' (packaged, judges drawings), a folder, or a Hub id (default: the official one, from the Hub)",
    )
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps (default: a GPU if there is one)")
    add_address_options(parser)
    parser.add_argument(
        "--max-batch-size", type=int, metavar="N", default=16, help="requests scored together (default: %(default)s)"
    )
    parser.add_argument(
        "--max-waiting",
        type=int,
        metavar="N",
        default=256,
        help="requests that wait; a further one is refused at once (default: %(default)s)",
    )
    parser.add_argument(
        "--max-file-size", metavar="SIZE", default="20mb", help="of an uploaded picture (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Load the scorer, say where it answers, and wait for Ctrl-C, which is the ordinary end."""
    import os

    from evalmuse_hf.pages.frame import launch_options, prepare_gradio
    from evalmuse_hf.pages.guard import guard_options
    from evalmuse_hf.pages.limits import PageLimits
    from evalmuse_hf.scoring import load_scorer
    from evalmuse_hf.scoring.serving import build_app, start_app, wait_for_end

    limits = PageLimits.from_environment(os.environ)
    require_address(args)
    say(args, STARTING)
    prepare_gradio()  # before an app is built, which remembers the folder of uploads
    scorer = load_scorer(args.scorer, model=args.model, device=args.device)
    app = build_app(scorer, max_batch_size=args.max_batch_size, max_waiting=args.max_waiting)
    options = {**launch_options(), **guard_options(limits)}
    address = start_app(app, host=args.host, port=args.port, max_file_size=args.max_file_size, options=options)
    print(address, flush=True)
    say(args, f"{scorer.name} answers at {address}; end it with Ctrl-C.")
    wait_for_end(app, on_end=lambda: say(args, "Stopping ..."))
    return 0
