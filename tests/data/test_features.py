import pytest
from datasets import DatasetInfo

from evalmuse_hf.data.features import COLUMNS, CONFIGS, FOLDERS, arrow_schema, card_features, config_features
from evalmuse_hf.schema import pair_features


def test_the_default_configuration_has_the_columns_of_the_pairs():
    assert config_features(CONFIGS[0]) == pair_features()
    assert set(FOLDERS) == set(COLUMNS) == set(CONFIGS)


@pytest.mark.parametrize("config", CONFIGS)
def test_no_score_is_stored_with_less_than_double_precision(config):
    assert "float32" not in str(config_features(config))


def test_prompts_carry_the_same_elements_as_ranking_prompts():
    assert config_features("prompts")["elements"] == config_features("ranking_prompts")["elements"]


@pytest.mark.parametrize("config", CONFIGS)
def test_arrow_and_the_card_describe_columns_as_datasets_does(config):
    features = config_features(config)
    assert arrow_schema(config).equals(features.arrow_schema, check_metadata=True)
    assert card_features(config) == DatasetInfo(features=features)._to_yaml_dict()["features"]
