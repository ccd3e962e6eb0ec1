from evalmuse_hf.mini.prompts import write_prompt
from evalmuse_hf.pages.playground.mini_world import find_unknown_words, is_mini, mini_note, unknown_words_note


def test_every_word_of_the_drawn_world_is_known():
    import numpy as np

    rng = np.random.default_rng(0)
    for _ in range(300):
        assert find_unknown_words(write_prompt(rng).text) == []


def test_other_words_are_named_once_and_not_without_end():
    assert find_unknown_words("A sofa, a SOFA and 3 photos") == ["sofa", "photos"]
    note = unknown_words_note(" ".join(f"word{'x' * number}" for number in range(1, 10)))
    assert note.startswith("The mini models never learned “wordx”, “wordxx”")
    assert " and 3 more: " in note


def test_only_packaged_models_have_a_banner():
    assert "photograph" in mini_note(["image_reward:F", "pn_vqa:mini"])
    assert mini_note(["fga_blip2:OWNER/MODEL", "clip_score"]) == ""
    assert is_mini("fga_blip2:fga-blip2-mini")
