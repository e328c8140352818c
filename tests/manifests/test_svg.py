"""Pictures that every reader of XML takes, whatever they say."""

from xml.etree import ElementTree

from manifests.svg import picture, polyline, text

SVG = "{http://www.w3.org/2000/svg}"


def test_whatever_is_said_is_shown_as_it_is_but_for_control_characters():
    drawn = picture("a < b & c", [text(1, 2.25, "</text>\x07 end", "end", font_size=8)], 480, 300, 12)

    title, said = ElementTree.fromstring(drawn).iter(f"{SVG}text")
    assert title.text == "a < b & c"
    assert said.text == "</text>  end"
    assert said.attrib == {"x": "1", "y": "2.2", "text-anchor": "end", "font-size": "8"}


def test_a_line_goes_through_its_points():
    assert 'points="0.0,1.0 2.5,3.0"' in polyline([(0, 1), (2.5, 3.0)], "red", 1.8)
