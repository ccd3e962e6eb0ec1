"""Docstrings on the site: formulas become MathML, examples become blocks of code."""

import ast
from types import SimpleNamespace

import pytest
import site_pages
from docstrings import DocstringExtension, mathml, translate


def inside(formula):
    return formula.partition('"formula">')[2].rpartition("</")[0]


@pytest.mark.parametrize(
    "latex, expected",
    [
        (r"\alpha", "<mi>&alpha;</mi>"),
        (r"h_g^2", "<msubsup><mi>h</mi><mi>g</mi><mn>2</mn></msubsup>"),
        (r"x^{1 - G}", '<msup><mi>x</mi><mrow><mn>1</mn><mo stretchy="false">−</mo><mi>G</mi></mrow></msup>'),
        (r"\frac{a}{2}", "<mfrac><mrow><mi>a</mi></mrow><mrow><mn>2</mn></mrow></mfrac>"),
        (r"\bar r", "<mover><mi>r</mi><mo>¯</mo></mover>"),
        (r"a_\text{level}", "<msub><mi>a</mi><mtext>level</mtext></msub>"),
        (r"a < b", '<mi>a</mi><mo stretchy="false">&lt;</mo><mi>b</mi>'),
    ],
)
def test_formulas_become_mathml(latex, expected):
    assert inside(mathml(latex)) == f"<math>{expected}</math>"


def test_an_unknown_command_is_named():
    with pytest.raises(ValueError, match=r"holds \\wombat"):
        mathml(r"\wombat x")
    with pytest.raises(ValueError, match="closes a brace"):
        mathml("a}")


def test_examples_become_code_and_text_stays():
    shown = translate("Add.\n\n>>> add(1, 2)\n[3](4)\n\nMore of :math:`x`.\n\n.. math::\n\n    y^2\n\nEnd.")
    assert "```pycon\n>>> add(1, 2)\n[3](4)\n```\n" in shown
    assert 'More of <span class="formula"><math><mi>x</mi></math></span>.' in shown
    assert (
        '<div class="formula" tabindex="0"><math display="block"><msup><mi>y</mi><mn>2</mn></msup></math></div>'
        in shown
    )
    assert shown.endswith("\n\nEnd.")


def test_every_formula_of_the_package_is_known():
    translated = 0
    for path in (site_pages.ROOT / "evalmuse_hf").rglob("*.py"):
        text = path.read_text("utf-8")
        if ":math:" not in text and "math::" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.Module) and ast.get_docstring(node):
                shown = translate(ast.get_docstring(node))
                assert ":math:" not in shown
                assert "math::" not in shown
                translated += shown.count("<math")
    assert translated > 50


def test_the_extension_leaves_what_has_no_docstring():
    bare = SimpleNamespace(docstring=None)
    documented = SimpleNamespace(docstring=SimpleNamespace(value=":math:`x`"))
    for each in (bare, documented):
        DocstringExtension().on_instance(obj=each)
    assert bare.docstring is None
    assert "<math>" in documented.docstring.value
