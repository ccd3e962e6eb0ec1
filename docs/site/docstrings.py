"""Docstrings for the site: formulas as MathML, which browsers show by themselves, without a script from elsewhere.

It reads the part of LaTeX that the docstrings of this package use, and refuses the rest by name.
"""

import re
from html import escape
from typing import Any

from griffe import Extension

GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "theta", "kappa", "lambda", "mu", "pi", "rho", "sigma", "tau"),
    *("phi", "psi", "Phi"),
)
OPERATORS = {"cdot": "sdot", "in": "isin", **{name: name for name in ("ne", "le", "ge", "odot", "times", "sum")}}
FUNCTIONS = ("exp", "log", "max", "min")
ACCENTS = {"bar": "¯", "hat": "^", "overline": "¯"}
SPACES = {",": ".17em", ";": ".28em", "qquad": "2em", "quad": "1em"}
_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d*\.?\d+|\s+|.", re.DOTALL)
_DOCTEST = re.compile(r"^>>> .*\n?(?:.+\n?)*", re.MULTILINE)
_INLINE = re.compile(r":math:`([^`]*)`")
_BLOCK = re.compile(r"^( *)\.\. math::(.*\n?(?:\1[ ]+\S.*(?:\n|\Z)|[ ]*\n)*)", re.MULTILINE)


def mathml(latex: str, *, block: bool = False) -> str:
    """Translate a formula.

    Args:
        latex: Such as ``"h_g^2"``.
        block: Whether it stands on a line of its own.

    Returns:
        One element of HTML, in one line.

    Raises:
        ValueError: If it holds a command that is not known here.
    """
    tokens = [token for token in _TOKEN.findall(latex) if not token.isspace()]
    row, rest = _row(tokens)
    if rest:
        raise ValueError(f"The formula {latex!r} closes a brace that it has not opened.")
    display = ' display="block"' if block else ""
    tag = "div" if block else "span"
    stop = ' tabindex="0"' if block else ""  # it may be wider than the page, and is then scrolled, also by keys
    return f'<{tag} class="formula"{stop}><math{display}>{row}</math></{tag}>'


def translate(docstring: str) -> str:
    """Put MathML in place of every formula of a docstring, and a block of code in place of an example that is run."""
    docstring = _DOCTEST.sub(lambda match: f"```pycon\n{match[0].rstrip()}\n```\n", docstring)
    docstring = _BLOCK.sub(lambda match: f"{match[1]}{mathml(match[2].strip(), block=True)}\n\n", docstring)
    return _INLINE.sub(lambda match: mathml(match[1]), docstring)


class DocstringExtension(Extension):
    """Translates every docstring that is read."""

    def on_instance(self, *, obj: Any, **_: Any) -> None:
        """Called by griffe for each object."""
        if obj.docstring is not None:
            obj.docstring.value = translate(obj.docstring.value)


def _row(tokens: list[str]) -> tuple[str, list[str]]:
    """Read up to a closing brace; return the elements and the tokens behind them."""
    pieces: list[str] = []
    while tokens and tokens[0] != "}":
        if tokens[0] in ("_", "^"):
            base = pieces.pop() if pieces else "<mrow></mrow>"
            scripts: dict[str, str] = {}
            while tokens and tokens[0] in ("_", "^"):
                kind = tokens[0]
                scripts[kind], tokens = _atom(tokens[1:])
            pieces.append(_scripted(base, scripts))
        else:
            piece, tokens = _atom(tokens)
            pieces.append(piece)
    return "".join(pieces), tokens


def _scripted(base: str, scripts: dict[str, str]) -> str:
    if len(scripts) == 2:
        return f"<msubsup>{base}{scripts['_']}{scripts['^']}</msubsup>"
    ((kind, script),) = scripts.items()
    tag = "msub" if kind == "_" else "msup"
    return f"<{tag}>{base}{script}</{tag}>"


def _atom(tokens: list[str]) -> tuple[str, list[str]]:
    token, *rest = tokens
    if token == "{":
        row, rest = _row(rest)
        return f"<mrow>{row}</mrow>", rest[1:]
    if token.startswith("\\"):
        return _command(token[1:], rest)
    if token[0].isdigit() or (token[0] == "." and len(token) > 1):
        return f"<mn>{token}</mn>", rest
    if token.isalpha():
        return f"<mi>{token}</mi>", rest
    return f'<mo stretchy="false">{escape("−" if token == "-" else token)}</mo>', rest


def _command(name: str, tokens: list[str]) -> tuple[str, list[str]]:
    if name in GREEK:
        return f"<mi>&{name};</mi>", tokens
    if name in OPERATORS:
        return f"<mo>&{OPERATORS[name]};</mo>", tokens
    if name in FUNCTIONS:
        return f"<mi>{name}</mi>", tokens
    if name in SPACES:
        return f'<mspace width="{SPACES[name]}"></mspace>', tokens
    if name in ("Big", "big", "left", "right"):
        return f'<mo stretchy="false">{escape(tokens[0])}</mo>', tokens[1:]
    if name in ("text", "operatorname"):
        end = tokens.index("}")
        return f"<mtext>{''.join(tokens[1:end])}</mtext>", tokens[end + 1 :]
    first, rest = _atom(tokens)
    if name in ACCENTS:
        return f"<mover>{first}<mo>{ACCENTS[name]}</mo></mover>", rest
    if name == "sqrt":
        return f"<msqrt>{first}</msqrt>", rest
    if name == "mathcal":
        return first, rest
    if name == "frac":
        second, rest = _atom(rest)
        return f"<mfrac>{first}{second}</mfrac>", rest
    raise ValueError(f"The formula holds \\{name}, which `docs/site/docstrings.py` does not know; add it there.")
