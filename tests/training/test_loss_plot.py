"""The loss curves."""

from xml.etree import ElementTree

from training.duplex.plots import loss_plot


def test_both_curves_are_drawn_within_the_image_and_named_with_their_last_values() -> None:
    svg = loss_plot("a < b", [(step, 5.0 - step / 1000) for step in range(1, 1001)], [(500, 4.7), (1000, 4.25)])
    image = ElementTree.fromstring(svg)
    lines = image.findall("{*}polyline")
    assert len(lines) == 2
    for line in lines:
        points = [point.split(",") for point in line.attrib["points"].split()]
        assert len(points) <= 200
        assert all(0 <= float(x) <= 560 and 0 <= float(y) <= 300 for x, y in points)
    texts = [text.text for text in image.findall("{*}text")]
    assert "a < b" in texts
    assert "validation: 4.250 at step 1000" in texts


def test_a_training_without_validation_and_one_without_steps_are_drawn() -> None:
    assert ElementTree.fromstring(loss_plot("t", [(1, 2.0)], [])).findall("{*}polyline")
    assert not ElementTree.fromstring(loss_plot("t", [], [])).findall("{*}polyline")
