"""Reference pages that are made from the program: its commands, the options of training, the variables of the Spaces.

`python docs/site/reference_pages.py --write` writes them into `docs/reference/`; a test fails when they are stale.
"""

import argparse
import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from api_pages import exported_names, exporting_packages
from record_pages import records_page

from evalmuse_hf.cli.main import build_parser

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
TRAINING = ROOT / "evalmuse_hf" / "training"
OPTION_GROUPS = ("ModelArguments", "DataArguments", "FGATrainingArguments", "AdapterArguments")
EVERYWHERE = ("help", "verbose", "quiet", "version")
NOTE = "<!-- Made by `python docs/site/reference_pages.py --write`; do not edit. -->"


def commands_page() -> str:
    """Every command of `evalmuse`, its arguments and its options."""
    parser = build_parser()
    lines = [
        *("# Commands", "", NOTE, ""),
        "`evalmuse COMMAND --help` prints the same in a terminal. Results go to stdout or to the file asked for,",
        "everything else to stderr. The exit status is 0 if all went well, 2 after a mistake of the user, with one",
        "sentence that says what to do, 1 if the command did its work and the result is bad, and 130 after Ctrl-C.",
        "`python -m evalmuse_hf.cli` is the same program; `python -m evalmuse_hf.scoring` is `evalmuse score` without",
        "anything that scoring does not need.",
        *("", "`evalmuse --version` prints the version. Every command also takes", ""),
        *("| option | meaning |", "|---|---|"),
        *(_row(action, parser) for action in parser._actions if action.dest in EVERYWHERE[:3]),
        "",
        *_overview(parser),
        *_commands(parser, level=2),
    ]
    return "\n".join(lines).rstrip() + "\n"


def training_page() -> str:
    """Options of `python -m evalmuse_hf.training` and of recipes, read from their source: importing it takes long."""
    own = [option for group in OPTION_GROUPS for option in _options(group)]
    lines = [
        *("# Options of training", "", NOTE, ""),
        "`python -m evalmuse_hf.training [RECIPE.yaml] --NAME VALUE ...` takes these options, and so does a recipe, a",
        "YAML file with a line `NAME: VALUE` for each (see [training](../training.md)); `evalmuse train` takes any of",
        "them as `--set NAME=VALUE`. An option on the command line overrides the recipe.",
    ]
    for group in OPTION_GROUPS:
        words = (ast.get_docstring(_option_class(group)) or "").partition("\n\n")[0]
        lines += [
            "",
            f"## {group}",
            "",
            " ".join(words.split()),
            "",
            "| option | default | meaning |",
            "|---|---|---|",
        ]
        lines += [f"| `{name}` | {default} | {_text(words)} |" for name, default, words in _options(group)]
    names = {name for name, _, _ in own}
    others = ", ".join(f"`{name}`" for name in sorted(_common_options() - names))
    lines += [
        *("", "## Options of transformers", ""),
        "Every option of",
        "[`transformers.TrainingArguments`](https://huggingface.co/docs/transformers/main_classes/trainer#transformers.TrainingArguments)",
        "is taken too; `--help_all` lists them. Most runs set some of these:",
        *("", f"{others}."),
    ]
    return "\n".join(lines) + "\n"


def variables_page() -> str:
    """Environment variables, as the README of each Space describes them."""
    lines = [
        *("# Variables", "", NOTE, ""),
        "Environment variables that this package reads. Those of the Hugging Face libraries (`HF_HOME`,",
        "`HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`, `HF_EVALUATE_OFFLINE` and the others) have their usual meaning.",
        *("", "## Everywhere", "", "| variable | default | meaning |", "|---|---|---|"),
        "| `EVALMUSE_HOME` | `~/.cache/evalmuse_hf` | folder of converted official checkpoints |",
    ]
    for readme in sorted(ROOT.glob("spaces/*/README.md")):
        rows = variable_rows(readme.read_text("utf-8"))
        if rows:
            place = f"../../{readme.relative_to(ROOT).as_posix()}"
            lines += ["", f"## The Space `{readme.parent.name}`", "", f"From [its README]({place}).", ""]
            lines += ["| variable | default | meaning |", "|---|---|---|", *rows]
    lines += [
        *("", "## The Spaces of the modules in `metrics`", ""),
        "Each also takes the limits of the playground.",
        *("", "| variable | default | meaning |", "|---|---|---|"),
        "| `EVALMUSE_MODELS` | `mini` | models that visitors may choose beside the default one, with blanks between |",
    ]
    return "\n".join(lines) + "\n"


def api_page() -> str:
    """The packages with public names; on the site, each line leads to a page made from its docstrings."""
    lines = [
        *("# API", "", NOTE, ""),
        "The names that other programs may rely on. On the documentation site each package has a page made from its",
        "docstrings; here the links lead to its table of contents.",
        *("", "| package | holds | names |", "|---|---|---|"),
    ]
    for package in exporting_packages():
        path = ROOT.joinpath(*package.split("."), "__init__.py")
        words = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n\n")[0]
        place = f"../../{path.relative_to(ROOT).as_posix()}"
        lines.append(f"| [`{package}`]({place}) | {_text(words)} | {len(exported_names(path))} |")
    return "\n".join(lines) + "\n"


def variable_rows(readme: str) -> list[str]:
    """Rows of the tables of a README whose first cell is a variable of ours."""
    return re.findall(r"^\| *`EVALMUSE_\w+`.*\|$", readme, re.MULTILINE)


PAGES: dict[str, Callable[[], str]] = {
    "api.md": api_page,
    "commands.md": commands_page,
    "records.md": lambda: records_page(NOTE),
    "training_options.md": training_page,
    "variables.md": variables_page,
}


def _overview(parser: argparse.ArgumentParser) -> list[str]:
    rows = [f"| [`{child.prog}`](#{_anchor(child.prog)}) | {_text(words)} |" for child, words in _children(parser)]
    return ["| command | what it does |", "|---|---|", *rows, ""] if rows else []


def _commands(parser: argparse.ArgumentParser, *, level: int) -> Iterator[str]:
    for child, _ in _children(parser):
        yield from (f"{'#' * level} {child.prog}", "", _text(child.description or ""), "")
        yield from _overview(child)
        yield from ("```", _usage(child), "```", "")
        yield from _option_tables(child)
        yield from _commands(child, level=level + 1)


def _children(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            words = {choice.dest: choice.help or "" for choice in action._choices_actions}
            yield from ((child, words.get(name, "")) for name, child in action.choices.items())


def _option_tables(parser: argparse.ArgumentParser) -> Iterator[str]:
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if _is_shown(action)]
        if not actions:
            continue
        title = (group.title or "").removeprefix("positional ").capitalize()
        yield from (f"**{title}**" + (f": {_text(group.description)}" if group.description else ""), "")
        yield from ("| name | meaning |", "|---|---|", *(_row(action, parser) for action in actions), "")


def _is_shown(action: argparse.Action) -> bool:
    hidden = action.help == argparse.SUPPRESS or action.dest in EVERYWHERE
    return not (hidden or isinstance(action, argparse._SubParsersAction))


def _row(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    names = ", ".join(f"`{name}`".replace("|", "\\|") for name in _spellings(action))
    words = _text(parser._get_formatter()._expand_help(action) if action.help else "")
    facts = []
    if action.required and action.option_strings:
        facts.append("required")
    if action.choices is not None and action.metavar is not None:
        facts.append("one of " + ", ".join(f"`{choice}`" for choice in action.choices))
    if isinstance(action, argparse._AppendAction):
        facts.append("may be repeated")
    if action.option_strings and action.default not in (None, False, argparse.SUPPRESS, []):
        facts.append(f"default `{_spell(action.default)}`")
    told = "; ".join(facts)
    meaning = f"{words} ({told})" if words and told else words or told
    return f"| {names} | {meaning} |"


def _spellings(action: argparse.Action) -> list[str]:
    value = _value(action)
    return [f"{name} {value}".strip() for name in action.option_strings] or [value]


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices is not None else None
    name = action.metavar or choices or (action.dest.upper() if action.option_strings else action.dest)
    if isinstance(name, tuple):
        return " ".join(name)
    shapes = {"?": "[{0}]", "*": "[{0} ...]", "+": "{0} [{0} ...]"}
    if isinstance(action.nargs, int):
        return " ".join([name] * action.nargs)
    return shapes.get(str(action.nargs), "{0}").replace("{0}", name)


def _usage(parser: argparse.ArgumentParser) -> str:
    actions = [action for action in parser._actions if _is_shown(action)]
    words = [_value(action) for action in actions if not action.option_strings]
    words += [_spellings(action)[0] for action in actions if action.option_strings and action.required]
    words += ["[options]"] if any(action.option_strings and not action.required for action in actions) else []
    words += ["COMMAND ..."] if any(_children(parser)) else []
    return " ".join([parser.prog, *words])


def _option_class(name: str) -> ast.ClassDef:
    trees = [ast.parse((TRAINING / file).read_text("utf-8")) for file in ("arguments.py", "adapters.py")]
    (found,) = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    return found


def _options(group: str) -> list[tuple[str, str, str]]:
    """Name, default and help of the fields of a dataclass of options."""
    fields = [node for node in _option_class(group).body if isinstance(node, ast.AnnAssign) and _is_field(node.value)]
    return [(node.target.id, *_default_and_help(node.value)) for node in fields]


def _is_field(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") == "field"


def _default_and_help(field: ast.Call) -> tuple[str, str]:
    said = {keyword.arg: keyword.value for keyword in field.keywords}
    words = ast.literal_eval(said["metadata"])["help"]
    if "default" in said:
        return f"`{_spell(ast.literal_eval(said['default']))}`", words
    return ("the names of the targets" if "default_factory" in said else "required"), words


def _common_options() -> set[str]:
    """Options of transformers that `--help` of a training shows."""
    tree = ast.parse((TRAINING / "options.py").read_text("utf-8"))
    (found,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_COMMON_OPTIONS"
    ]
    return {node.value for node in ast.walk(found) if isinstance(node, ast.Constant)}


def _spell(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(_spell, value))
    return str(value)


def _text(words: str) -> str:
    """Plain text as Markdown in a table: what is in backticks is code, nothing else means anything."""
    pieces = re.split(r"(`[^`]*`)", " ".join(words.split()))
    return "".join(piece if piece.startswith("`") else _escape(piece) for piece in pieces).replace("|", "\\|")


def _escape(words: str) -> str:
    """Take its meaning from what Markdown would read, and show options as code."""
    words = re.sub(r"([*<\[\]]|(?<!\w)_|_(?!\w))", r"\\\1", words)
    return re.sub(r"(?<![\w`-])(--[a-z][a-z-]*[a-z])", r"`\1`", words)


def _anchor(prog: str) -> str:
    return prog.replace(" ", "-")


def stale_pages() -> list[str]:
    """Names of the pages that are not what the program says now."""
    return [name for name, make in PAGES.items() if not _is_current(FOLDER / name, make())]


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


def main() -> int:
    """Write the pages, or say which are stale."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the pages instead of checking them")
    if parser.parse_args().write:
        for name, make in PAGES.items():
            (FOLDER / name).write_text(make(), "utf-8")
        return 0
    stale = stale_pages()
    if stale:
        sys.stderr.write(
            f"Stale: {', '.join(stale)}. Write them with `python docs/site/reference_pages.py --write`.\n"
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
