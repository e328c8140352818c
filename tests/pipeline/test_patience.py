from pipeline.patience import PATIENCE_S, rests


def test_rests_grow_to_half_a_minute_and_are_ten_minutes_in_all():
    found = list(rests())

    assert found[:6] == [2, 4, 8, 16, 30, 30]
    assert max(found) == 30
    assert sum(found) == PATIENCE_S == 600
