import xml.etree.ElementTree as ET

from evalmuse_hf.reports.plots import plot_bars, plot_categories, plot_ranking, plot_scatter


def texts(svg):
    return {
        element.text.strip() for element in ET.fromstring(svg).iter() if element.tag.endswith("text") and element.text
    }


def test_every_pair_is_a_dot():
    svg = plot_scatter(predicted=[1.5, 3.0, 4.5], rated=[1.0, 3.5, 5.0])
    dots = next(element for element in ET.fromstring(svg).iter() if element.get("id") == "pairs")
    assert len([element for element in dots.iter() if element.tag.endswith("}use")]) == 3


def test_categories_show_value_and_number(report):
    found = texts(plot_categories(report.categories))
    assert {"color", "0.90", "n = 40", "0.50", "n = 4"} <= found


def test_the_ranking_names_every_generator(report):
    assert {"B", report.ranking[0].generator} <= texts(plot_ranking(report.ranking))


def test_a_dollar_sign_in_a_name_is_no_formula(report):
    from dataclasses import replace

    line = replace(report.ranking[0], generator=r"$\bad$")
    assert r"$\bad$" in texts(plot_ranking([line]))


def test_bars_show_their_numbers_and_leave_gaps():
    found = texts(plot_bars(labels=["a", "$b$"], values=[0.5, None], axis="share", high=1.0, references=[0.25, None]))
    assert {"a", "$b$", "0.50", "share"} <= found
    assert {"1,234", "0"} <= texts(plot_bars(labels=["many", "none"], values=[1234, 0], axis="number"))


def test_bars_without_any_value_are_still_a_plot():
    assert "a" in texts(plot_bars(labels=["a"], values=[None], axis="share"))
