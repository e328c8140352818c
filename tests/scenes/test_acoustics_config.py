import pytest
import yaml
from pydantic import ValidationError

from stages.scenes import ScenesConfig, engines


def read(text: str) -> ScenesConfig:
    return ScenesConfig.model_validate({"acoustics": yaml.safe_load(text)})


def test_everything_is_off_unless_it_is_given_a_share() -> None:
    acoustics = read("{}").acoustics
    assert [part.share for part in (acoustics.room, acoustics.echo, acoustics.gain, acoustics.line)] == [0, 0, 0, 0]


def test_the_echos_ranges_are_moshis() -> None:
    echo = read("{echo: {share: 0.3}}").acoustics.echo
    assert (echo.delay_s.min, echo.delay_s.max, echo.gain.min, echo.gain.max) == (0.1, 0.5, 0.0, 0.2)


def test_rooms_are_an_engine_where_there_are_any() -> None:
    assert [engine.part for engine in engines(read("{}"))] == ["noise"]
    simulated, recorded = (
        engines(read(text))[-1] for text in ("{room: {share: 0.5}}", "{room: {share: 1, source: folder, path: rirs}}")
    )
    assert simulated.part == recorded.part == "rooms"
    assert simulated.engine.startswith("pyroomacoustics ")
    assert recorded.model == "rirs"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{echo: {share: 1.5}}", r"echo\.share\n.*less than or equal to 1"),
        ("{gain: {share: -0.1}}", r"gain\.share\n.*greater than or equal to 0"),
        ("{echo: {delay_s: {min: 0.5, max: 0.1}}}", r"echo\.delay_s\n.*min 0.5 is above max 0.1"),
        ("{echo: {gain: {min: 0, max: 1.2}}}", r"echo\.gain\n.*0 to 1.2 is not within 0 to 1"),
        ("{echo: {delay_s: {min: -0.1, max: 0.1}}}", r"echo\.delay_s\n.*not within 0 to 2"),
        ("{gain: {db: {min: .nan, max: 3}}}", r"gain\.db\.min\n.*finite"),
        ("{gain: {db: {min: 3}}}", r"gain\.db\.max\n.*required"),
        ("{room: {source: folder}}", r"room\n.*needs a path"),
        ("{room: {path: rirs}}", r"room\n.*only used with source: folder"),
        ("{room: {rt60_s: {min: 0.05, max: 0.3}}}", r"room\n.*rt60_s\.min 0\.05 is too short.*7 x 5 x 3\.2 m"),
        ("{room: {distance_m: {min: 0, max: 1}}}", r"room\.distance_m\n.*not within"),
        ("{line: {band_hz: {low: 10}}}", r"line\.band_hz\.low\n.*greater than or equal to 20"),
        ("{line: {band_hz: {high: 4000}}}", r"line\.band_hz\.high\n.*less than or equal to 3900"),
        ("{line: {codecs: {g729: 1}}}", r"line\.codecs\.g729.*\n.*'mulaw'"),
        ("{line: {codecs: {mulaw: -1}}}", r"line\n.*codecs\.mulaw: -1 is below 0"),
        ("{line: {codecs: {}}}", r"line\n.*all have weight 0"),
        ("{reverb: {}}", r"reverb\n.*not permitted"),
    ],
)
def test_an_impossible_value_is_refused_with_its_key(text: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        read(text)
