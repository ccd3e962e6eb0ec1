import pytest

from evalmuse_hf.data.features import CONFIGS, FOLDERS, config_features
from evalmuse_hf.schema import pair_features


def test_the_default_configuration_has_the_columns_of_the_pairs():
    assert config_features(CONFIGS[0]) == pair_features()
    assert set(FOLDERS) == set(CONFIGS)


@pytest.mark.parametrize("config", CONFIGS)
def test_no_score_is_stored_with_less_than_double_precision(config):
    assert "float32" not in str(config_features(config))


def test_prompts_carry_the_same_elements_as_ranking_prompts():
    assert config_features("prompts")["elements"] == config_features("ranking_prompts")["elements"]
