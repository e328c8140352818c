import pytest
import yaml
from pydantic import ValidationError

from noise import NoiseConfig


def read(text: str) -> NoiseConfig:
    return NoiseConfig.model_validate(yaml.safe_load(text))


def test_the_default_is_the_papers_range_on_built_in_noise() -> None:
    config = read("{}")
    assert (config.source, config.snr_db.min, config.snr_db.max) == ("builtin", 15.0, 30.0)


def test_a_folder_with_weights_is_read_from_yaml() -> None:
    config = read("{source: folder, path: 's3://bucket/musan', categories: {music: 0}, snr_db: {min: 5, max: 10}}")
    assert config.categories.music == 0
    assert config.snr_db.max == 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{snr_db: {min: 30, max: 15}}", "min 30 dB is above max 15 dB: swap them"),
        ("{snr_db: {max: 10}}", "min 15 dB is above max 10 dB: set min, too"),
        ("{snr_db: {min: 40}}", "min 40 dB is above max 30 dB: set max, too"),
        ("{share: 0}", "0 means noise in no dialogue: set source: none instead"),
        ("{source: folder}", "needs a path"),
        ("{path: musan}", "only used with source: folder"),
        ("{categories: {noise: 0, music: 0, speech: 0}}", "all have weight 0"),
        ("{categories: {noise: -1}}", "greater than or equal to 0"),
        ("{sourec: none}", "sourec"),
        ("{snr_db: {min: .nan}}", "finite"),
    ],
)
def test_an_impossible_config_is_refused_with_its_values(text: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        read(text)
