from typing import get_args

import pytest

from evalmuse_hf.reports import Forest, Heat, Plot, Series, render_document
from evalmuse_hf.reports.document import Document, Section
from evalmuse_hf.reports.plot_data import Bars, Radar, Reliability, Scatter


def test_every_kind_of_plot_can_stand_in_a_section():
    plots = (
        Bars(labels=("a",), values=(1.0,), axis="number"),
        Forest(title="forest", labels=("a",), series=(Series(values=(1.0,)),), axis="mean"),
        Radar(title="radar", axes=("a", "b", "c"), series=(Series(name="one", values=(0.1, 0.2, 0.3)),)),
        Heat(title="heat", rows=("a",), columns=("b",), values=((1.0,),)),
        Reliability(title="reliability", curves=()),
        Scatter(title="scatter", x=(1.0,), y=(2.0,), x_axis="x", y_axis="y"),
    )
    assert {type(plot) for plot in plots} == set(get_args(Plot))
    page = render_document(Document(title="", summary="", sections=(Section(title="Part", plots=plots),)))
    assert page.count("<svg") == len(plots) - 1
    assert page.count('<table class="heat">') == 1


def test_a_plot_cannot_be_changed_after_it_was_made():
    plot = Scatter(title="", x=(), y=(), x_axis="", y_axis="")
    with pytest.raises(AttributeError):
        plot.title = "another"
