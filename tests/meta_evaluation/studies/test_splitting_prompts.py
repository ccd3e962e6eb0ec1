import json

import pytest

from evalmuse_hf.meta_evaluation.studies.splitting_prompts import (
    StudyPrompt,
    choose_prompts,
    make_study_prompts,
    read_study_prompts,
)


def write_published(path, *prompts):
    released = {text: {"prompt": text, "element_score": dict.fromkeys(keys)} for text, keys in prompts}
    path.write_text(json.dumps(released), "utf-8")
    return path


def test_the_published_file_lists_real_prompts_first(tmp_path):
    path = write_published(
        tmp_path / "prompt_t2i.json",
        ("a cat", ["cat (animal)"]),
        ("a blackboard with text 'Hope' on it", ["Hope (Other-writing&symbol)"]),
        ("2 dogs", ["2 (Counting)", "dogs (animal)"]),
    )
    prompts = read_study_prompts(path)
    assert [prompt.kind for prompt in prompts] == ["real", "synthetic", "synthetic"]
    assert [element.category for element in prompts[2].gold] == ["counting", "animal/human"]


def test_a_table_may_know_elements_and_source(tmp_path):
    path = tmp_path / "prompts.jsonl"
    rows = [
        {"prompt": "a cat", "source": "real", "elements": [{"text": "cat", "category": "animal/human"}]},
        {"prompt": "a dog", "elements": ["dog (animal)"]},
        {"prompt": "a pig", "source": "own"},
        {"prompt": "a cat"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    cat, dog, pig = read_study_prompts(path)  # the second cat is the first one again
    assert (cat.kind, cat.gold[0].category) == ("real", "animal/human")
    assert (dog.kind, dog.gold[0].text) == ("unknown", "dog")
    assert pig.gold is None


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("x.json", "[]", "is not a list of prompts"),
        ("x.json", "{}", "holds no prompts"),
        ("x.json", '{"a": {"prompt": "a"}}', "is not a list of prompts"),
        ("x.jsonl", '{"text": "a"}', "no text in the column 'prompt'"),
        ("x.jsonl", '{"prompt": "a", "elements": [{"category": "food"}]}', "in the column 'elements'"),
        ("x.jsonl", '{"prompt": "a", "elements": "?"}', "in the column 'elements'"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content, said):
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(ValueError, match=said):
        read_study_prompts(tmp_path / name)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"There is no file .*nothing\.json"):
        read_study_prompts(tmp_path / "nothing.json")


def test_a_smaller_choice_is_part_of_a_larger_one():
    prompts = make_study_prompts(30, seed=1)
    assert choose_prompts(prompts, 5) == choose_prompts(prompts, 20)[:5]
    assert len(choose_prompts(prompts, None)) == 30
    with pytest.raises(ValueError, match="expected 1 or more"):
        choose_prompts(prompts, 0)


def test_templates_know_their_elements():
    prompts = make_study_prompts(12, seed=1)
    assert {prompt.kind for prompt in prompts} == {"synthetic"}
    assert all(prompt.gold for prompt in prompts)
    assert prompts == make_study_prompts(12, seed=1)


def test_half_a_character_is_chosen_like_any_other():
    prompts = [StudyPrompt("a cat \ud83d", "real"), StudyPrompt("a dog", "real")]
    assert sorted(prompt.text for prompt in choose_prompts(prompts, None)) == ["a cat \ud83d", "a dog"]
