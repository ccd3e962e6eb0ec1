"""`evalmuse space playground`: pictures, prompts and elements in a browser."""

import argparse
import os
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.space_options import (
    STARTING,
    add_address_options,
    add_open_option,
    add_option,
    announce,
    require_address,
    say,
)

if TYPE_CHECKING:
    from evalmuse_hf.pages.limits import PageLimits


def add_parser(commands: Any) -> None:
    """Describe the subcommand to the parser of `evalmuse space`."""
    parser = commands.add_parser(
        "playground",
        help="a page that scores pictures, element by element (the default)",
        description="Open a page on which you upload a picture, type its prompt, and see how well it shows the prompt "
        "and each of its elements. It runs until Ctrl-C.",
    )
    add_options(parser)


def add_options(parser: argparse.ArgumentParser, *, early: bool = False) -> None:
    """Describe the options.

    Args:
        parser: Of the page.
        early: As in `evalmuse_hf.cli.space_options.add_option`.
    """
    add_option(
        parser,
        "--scorer",
        [],
        early=early,
        dest="scorers",
        action="append",
        metavar="NAME[:MODEL]",
        help="once for each scorer; MODEL is 'mini' (packaged, judges drawings), a folder or a Hub id, and without it "
        "what `evalmuse score` takes (default: fga_blip2:mini and pn_vqa:mini)",
    )
    add_option(
        parser, "--device", None, early=early, metavar="NAME", help="cpu, cuda, mps (default: a GPU if there is one)"
    )
    add_address_options(parser, early=early)
    add_option(
        parser, "--max-file-size", None, early=early, metavar="SIZE", help="of an uploaded file (default: 20mb)"
    )
    add_option(
        parser,
        "--max-waiting",
        None,
        early=early,
        metavar="N",
        help="requests that wait; a further one is refused at once (default: 64)",
    )
    add_open_option(parser, early=early)


def run(args: argparse.Namespace) -> int:
    """Load the scorers, say where the page is, and wait for Ctrl-C, which is the ordinary end."""
    from evalmuse_hf.pages.frame import prepare_gradio, start_page
    from evalmuse_hf.scoring.serving import wait_for_end

    limits = read_limits(args)
    require_address(args)
    say(args, STARTING)
    prepare_gradio()  # before anything else imports it
    from evalmuse_hf.pages.loading import DEFAULT_SCORERS, load_page_scorers
    from evalmuse_hf.pages.playground.page import build_playground

    names = args.scorers or DEFAULT_SCORERS
    say(args, f"Loading {' and '.join(names)} ...")
    scorers = load_page_scorers(names, device=args.device)
    app = build_playground(scorers, limits=limits)
    address = start_page(app, host=args.host, port=args.port, max_file_size=limits.max_file_size)
    announce(address, "The playground answers", quiet=args.quiet, show=args.open)
    if any(name.endswith(":mini") for name in names):
        say(args, "What is called mini judges drawings of a small invented world, not photographs.")
    wait_for_end(app, on_end=lambda: say(args, "Stopping ..."))
    return 0


def read_limits(args: argparse.Namespace) -> "PageLimits":
    """Read the limits: options of the command, else variables of the environment, else defaults.

    Args:
        args: Parsed options.

    Returns:
        `evalmuse_hf.pages.limits.PageLimits`.

    Raises:
        evalmuse_hf.pages.limits.LimitsError: If one makes no sense; the sentence names the option or the variable.
    """
    from evalmuse_hf.pages.limits import PREFIX, LimitsError, PageLimits

    options = {"max_file_size": args.max_file_size, "max_waiting": args.max_waiting}
    given = {f"{PREFIX}{name.upper()}": value for name, value in options.items() if value is not None}
    try:
        return PageLimits.from_environment({**os.environ, **given})
    except LimitsError as error:
        sentence = str(error)
        for variable in given:
            flag = variable.removeprefix(PREFIX).lower().replace("_", "-")
            sentence = sentence.replace(variable, f"--{flag}")
        raise LimitsError(sentence) from None
