"""The picture says what the diagram says, fits its words, and trusts nothing it is given."""

import re

import pytest
from lxml import etree

from engine.bpmn.picture import Mark, MarkState, draw_svg, size
from engine.bpmn.picture.edges import rounded
from engine.bpmn.picture.marks import INKS
from engine.bpmn.picture.scene import Box, read_scene
from engine.bpmn.picture.shapes import CALLED, CHOICE, END, MACHINE, MIDDLE, PEOPLE, START, activity_text, words_in
from engine.bpmn.picture.svg import INK, LINE, QUIET
from engine.bpmn.picture.symbols import EVENT_SIGNS
from engine.bpmn.picture.text import Block, fit, width, wrap

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)>&\"'"
EVENTS = ("startEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "endEvent")
GATEWAYS = (
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "eventBasedGateway",
    "complexGateway",
)
TASKS = ("task", "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask")


def diagram(elements, drawn="", *, collaboration=""):
    text = f"""<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:i="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:c="http://www.omg.org/spec/DD/20100524/DC"
        xmlns:d="http://www.omg.org/spec/DD/20100524/DI">{collaboration}<b:process id="p">{elements}</b:process>
        <i:BPMNDiagram><i:BPMNPlane bpmnElement="p">{drawn}</i:BPMNPlane></i:BPMNDiagram></b:definitions>"""
    return etree.fromstring(text)


def shape(known, box="100 100 100 80", more=""):
    x, y, w, h = box.split()
    bounds = f'<c:Bounds x="{x}" y="{y}" width="{w}" height="{h}"/>'
    return f'<i:BPMNShape id="{known}-s" bpmnElement="{known}" {more}>{bounds}</i:BPMNShape>'


def edge(known, *points):
    waypoints = "".join('<d:waypoint x="{}" y="{}"/>'.format(*point.split()) for point in points)
    return f'<i:BPMNEdge id="{known}-e" bpmnElement="{known}">{waypoints}</i:BPMNEdge>'


def one(kind, inner="", attributes="", box="100 100 100 80", more=""):
    return diagram(f'<b:{kind} id="it" name="Give your view" {attributes}>{inner}</b:{kind}>', shape("it", box, more))


def named(name, box="100 100 100 80", kind="userTask"):
    root = one(kind, box=box)
    root.find(f".//{{*}}{kind}").set("name", name)
    return root


def drawn(root, **more):
    return etree.fromstring(draw_svg(root, **more))


def group(picture, known):
    return picture.find(f".//{SVG}g[@data-element-id='{known}']")


def words(element):
    return " ".join(span.text for span in element.iter(f"{SVG}tspan"))


def test_a_hostile_name_stays_text():
    picture = drawn(
        named(HOSTILE), title=HOSTILE, description=HOSTILE, marks={"it": Mark(MarkState.HERE, words=HOSTILE)}
    )
    assert not picture.findall(f".//{SVG}script")
    assert not picture.findall(f".//{SVG}img")
    assert group(picture, "it").find(f"{SVG}title").text == f"{HOSTILE}: {HOSTILE}"


def test_hostile_labels_of_flows_notes_and_lanes_stay_text():
    root = diagram(
        '<b:laneSet id="ls"><b:lane id="l"/></b:laneSet><b:sequenceFlow id="f"/>'
        '<b:textAnnotation id="n"><b:text/></b:textAnnotation>',
        shape("l", "0 0 600 400") + edge("f", "50 50", "300 50") + shape("n"),
    )
    root.find(".//{*}lane").set("name", HOSTILE)
    root.find(".//{*}sequenceFlow").set("name", HOSTILE)
    root.find(".//{*}text").text = HOSTILE
    svg = draw_svg(root)
    assert "<script" not in svg
    assert "<img" not in svg
    assert "alert(1)" in svg


def test_the_picture_keeps_to_a_strict_policy():
    svg = draw_svg(gallery(), marks={"it": Mark(MarkState.OVERDUE, 2)})
    picture = etree.fromstring(svg)
    allowed = ["svg", "g", "rect", "circle", "ellipse", "line", "path", "polygon", "text", "tspan", "title", "desc"]
    assert {etree.QName(each).localname for each in picture.iter()} <= set(allowed)
    attributes = {name for each in picture.iter() for name in each.attrib}
    assert not attributes & {"style", "href", "filter", "mask"}
    assert not {name for name in attributes if name.startswith("on")}
    assert "url(" not in svg


def gallery():
    elements, places = [], []
    for row, kind in enumerate((*EVENTS, *GATEWAYS, *TASKS, "callActivity", "subProcess", "transaction")):
        elements.append(f'<b:{kind} id="{kind}" name="Name of {kind}"/>')
        places.append(shape(kind, f"100 {100 + row * 120} 100 80"))
    return diagram("".join(elements), "".join(places))


def test_every_shape_is_a_group_with_its_element_id_and_name():
    picture = drawn(gallery())
    for kind in (*EVENTS, *GATEWAYS, *TASKS, "callActivity", "subProcess", "transaction"):
        assert group(picture, kind).find(f"{SVG}title").text == f"Name of {kind}"
        assert f"bpmn-{kind}" in group(picture, kind).get("class")


def test_the_picture_has_a_title_a_description_and_a_role():
    picture = drawn(one("userTask"), title="Rapid review", prefix="case")
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == "case-title case-description"
    assert picture.find(f"{SVG}title[@id='case-title']").text == "Rapid review"
    assert picture.find(f"{SVG}desc[@id='case-description']").text


def test_size_is_that_of_the_drawing():
    root = one("userTask")
    picture = drawn(root)
    assert (float(picture.get("width")), float(picture.get("height"))) == size(root) == (128, 108)
    assert picture.get("viewBox") == "86 86 128 108"


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize("sign", sorted(set(EVENT_SIGNS) - {"multiple"}))
def test_every_event_shows_its_sign(kind, sign):
    plain = len(list(group(drawn(one(kind, box="0 0 36 36")), "it").iter()))
    signed = drawn(one(kind, f"<b:{sign}EventDefinition/>", box="0 0 36 36"))
    assert len(list(group(signed, "it").iter())) > plain


def test_thrown_signs_are_filled_and_caught_ones_outlined():
    catch = group(drawn(one("intermediateCatchEvent", "<b:signalEventDefinition/>")), "it")
    throw = group(drawn(one("intermediateThrowEvent", "<b:signalEventDefinition/>")), "it")
    assert catch.find(f".//{SVG}polygon").get("fill") == "#ffffff"
    assert throw.find(f".//{SVG}polygon").get("fill") == MIDDLE[1]


@pytest.mark.parametrize(
    ("kind", "attributes"), [("boundaryEvent", 'cancelActivity="false"'), ("startEvent", 'isInterrupting="false"')]
)
def test_events_that_do_not_interrupt_are_dashed(kind, attributes):
    assert group(drawn(one(kind, attributes=attributes)), "it").find(f"{SVG}circle").get("stroke-dasharray")
    assert not group(drawn(one(kind)), "it").find(f"{SVG}circle").get("stroke-dasharray")


def test_end_events_are_thick_and_intermediate_ones_double():
    assert float(group(drawn(one("endEvent")), "it").find(f"{SVG}circle").get("stroke-width")) > 3
    assert len(group(drawn(one("intermediateCatchEvent")), "it").findall(f"{SVG}circle")) == 2
    assert len(group(drawn(one("startEvent")), "it").findall(f"{SVG}circle")) == 1


def test_a_call_has_a_thick_border_and_an_event_subprocess_a_dotted_one():
    assert group(drawn(one("callActivity")), "it").find(f"{SVG}rect").get("stroke-width") == "4"
    dotted = drawn(one("subProcess", attributes='triggeredByEvent="true"', more='isExpanded="true"'))
    assert group(dotted, "it").find(f"{SVG}rect").get("stroke-dasharray")


@pytest.mark.parametrize(
    ("inner", "path"),
    [
        ("<b:multiInstanceLoopCharacteristics/>", "M3.5 1.5v11M7 1.5v11M10.5 1.5v11"),
        ('<b:multiInstanceLoopCharacteristics isSequential="true"/>', "M1.5 3.5h11M1.5 7h11M1.5 10.5h11"),
    ],
)
def test_several_instances_are_marked(inner, path):
    assert path in draw_svg(one("userTask", inner))
    assert path not in draw_svg(one("userTask"))


def test_a_folded_subprocess_has_a_plus_and_an_open_one_none():
    plus = "M7 3v8M3 7h8"
    assert plus in draw_svg(one("subProcess", more='isExpanded="false"'))
    assert plus not in draw_svg(one("subProcess", more='isExpanded="true"'))


def flow(attributes="", source="exclusiveGateway", inner=""):
    default = 'default="f"' if "default" in attributes else ""
    return diagram(
        f'<b:{source} id="a" {default}/><b:task id="z" name="Do it"/>'
        f'<b:sequenceFlow id="f" sourceRef="a" targetRef="z">{inner}</b:sequenceFlow>',
        shape("a", "0 0 50 50") + shape("z", "300 0 100 80") + edge("f", "50 25", "200 25", "200 40", "300 40"),
    )


def test_a_default_flow_has_a_slash():
    assert group(drawn(flow("default")), "f").find(f"{SVG}line") is not None
    assert group(drawn(flow()), "f").find(f"{SVG}line") is None


def test_a_condition_shows_a_diamond_only_where_an_activity_is_left():
    condition = "<b:conditionExpression>x</b:conditionExpression>"
    assert len(group(drawn(flow(inner=condition, source="task")), "f").findall(f"{SVG}polygon")) == 2
    assert len(group(drawn(flow(inner=condition)), "f").findall(f"{SVG}polygon")) == 1


def test_corners_of_flows_are_rounded():
    assert rounded([(0, 0), (100, 0), (100, 100)]) == "M0 0 L93 0 Q100 0 100 7 L100 100"


def test_corners_closer_than_the_curve_do_not_overshoot():
    assert rounded([(0, 0), (4, 0), (4, 100)]) == "M0 0 L2 0 Q4 0 4 2 L4 100"


@pytest.mark.parametrize("sign", [True, False])
@pytest.mark.parametrize("foot", [True, False])
@pytest.mark.parametrize(
    "name", ["Give your view", "Record findings and recommendation " * 6, "W" * 300, "a b " * 100, ""]
)
def test_words_never_leave_their_task(name, sign, foot):
    box = Box(0, 0, 100, 80)
    block, top = activity_text(name, box, sign=sign, foot=foot)
    assert block.width <= box.width - 10
    assert top >= 2
    assert top + block.height <= box.height - (15 if foot else 2)


@pytest.mark.parametrize(("event_at", "free"), [("110 160 36 36", (100, 162)), ("110 80 36 36", (117, 180))])
def test_words_keep_clear_of_boundary_events(event_at, free):
    event = '<b:boundaryEvent id="late" attachedToRef="it"/>'
    task = '<b:userTask id="it" name="Say whether your agency is involved"/>'
    spans = group(drawn(diagram(task + event, shape("it") + shape("late", event_at))), "it").iter(f"{SVG}tspan")
    lines = [float(span.get("y")) for span in spans]
    assert free[0] + 6 <= min(lines)
    assert max(lines) <= free[1]


def test_words_that_do_not_fit_end_in_an_ellipsis_and_the_whole_name_is_the_title():
    name = "Record the findings of every agency " * 8
    picture = drawn(named(name))
    assert words(group(picture, "it")).endswith("…")
    assert group(picture, "it").get("data-cut") == "true"
    assert group(picture, "it").find(f"{SVG}title").text == " ".join(name.split())


def test_words_shrink_before_they_are_cut():
    block = words_in(read_scene(named("Record the findings and the recommendation of the panel in full")).shapes["it"])
    assert not block.cut
    assert 8 <= block.size < 12


def test_each_line_states_its_length_so_that_no_font_overflows():
    spans = list(group(drawn(named("Give your view on notifying")), "it").iter(f"{SVG}tspan"))
    assert [float(span.get("textLength")) for span in spans] == [
        pytest.approx(width(span.text, 12), abs=0.01) for span in spans
    ]


def test_lines_are_as_even_as_their_number_allows():
    assert wrap("Decide whether to notify the Panel", 105, 12) == ("Decide whether", "to notify the Panel")


def test_a_word_longer_than_the_line_breaks_after_its_hyphen():
    assert wrap("multi-agency-information", 60, 12)[0].endswith("-")


def test_letters_with_accents_and_wide_letters_have_widths():
    assert width("é", 10) == width("e", 10)
    assert width("e\u0301", 10) == width("e", 10)
    assert width("漢", 10) == 10


def test_fit_cuts_at_the_floor():
    block = fit("a long name that will not fit", (40, 12), size=12, floor=9)
    assert block.cut
    assert block.size == 9
    assert block.width <= 40


def test_blocks_know_their_size():
    assert Block(("ab", "abc"), 10).height == 24
    assert Block((), 10).width == 0


@pytest.mark.parametrize("state", list(MarkState))
def test_a_mark_says_its_state_in_a_class_a_sign_and_words(state):
    picture = drawn(one("userTask"), marks={"it": Mark(state, 3)})
    badge = picture.find(f".//{SVG}g[@data-for='it']")
    assert "3" in words(badge)
    assert badge.find(f"{SVG}title").text.startswith("Give your view: ")
    assert f"is-{state}" in group(picture, "it").get("class")
    assert badge.find(f"{SVG}g") is not None


def test_marks_are_told_in_the_description():
    picture = drawn(one("userTask"), marks={"it": Mark(MarkState.HERE, 2), "unknown": Mark(MarkState.DONE)})
    assert "Give your view: 2 waiting here." in picture.find(f"{SVG}desc").text


def test_a_mark_may_carry_a_note():
    picture = drawn(one("userTask"), marks={"it": Mark(MarkState.HERE, note="median 3 working days")})
    assert "median 3 working days" in words(picture)


def test_a_flow_may_be_marked():
    assert INKS[MarkState.DONE] in etree.tostring(
        group(drawn(flow(), marks={"f": Mark(MarkState.DONE)}), "f"), encoding="unicode"
    )


def test_control_characters_in_words_of_ours_are_left_out():
    assert drawn(one("userTask"), title="a\x00b\x1b[0m").find(f"{SVG}title").text == "ab[0m"


@pytest.mark.parametrize("box", ["NaN 0 1 1", "0 0 inf 1", "0 0 -5 5", "1e300 0 5 5", "x 0 1 1", "0 0 0 0"])
def test_impossible_numbers_do_no_harm(box):
    picture = drawn(one("userTask", box=box))
    assert max(size(one("userTask", box=box))) < 1000
    assert "nan" not in picture.get("viewBox")


@pytest.mark.parametrize("kind", [*EVENTS, *GATEWAYS, *TASKS, "callActivity", "subProcess", "lane", "participant"])
@pytest.mark.parametrize("box", ["0 0 0 0", "0 0 1 1", "0 0 20 3", "0 0 3 300"])
def test_tiny_shapes_are_drawn(kind, box):
    picture = drawn(one(kind, box=box, more='isExpanded="true"'))
    assert group(picture, "it") is not None


def test_marked_flows_lie_on_top():
    root = diagram(
        '<b:sequenceFlow id="f"/><b:sequenceFlow id="g"/>', edge("f", "0 0", "9 0") + edge("g", "0 0", "9 0")
    )
    picture = drawn(root, marks={"f": Mark(MarkState.DONE)})
    assert [each.get("data-element-id") for each in picture.findall(f"{SVG}g")] == ["g", "f"]


def test_a_line_needs_two_points_and_a_flow():
    root = diagram(
        '<b:sequenceFlow id="f"/><b:task id="t"/>', edge("f", "1 1") + edge("t", "1 1", "2 2") + edge("gone", "1 1")
    )
    assert not read_scene(root).edges


def test_an_empty_diagram_is_drawn():
    assert drawn(diagram("")).tag == f"{SVG}svg"
    assert drawn(etree.fromstring("<nothing/>")).tag == f"{SVG}svg"


def test_elements_of_other_namespaces_are_not_drawn():
    root = diagram('<script xmlns="urn:x" id="it"/>', shape("it"))
    assert group(drawn(root), "it") is None


def test_labels_stand_where_the_file_says():
    root = one("endEvent", box="100 100 36 36")
    label = etree.SubElement(root.find(".//{*}BPMNShape"), "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNLabel")
    bounds = {"x": "10", "y": "20", "width": "90", "height": "14"}
    etree.SubElement(label, "{http://www.omg.org/spec/DD/20100524/DC}Bounds", bounds)
    span = drawn(root).find(f".//{SVG}g[@class='bpmn-label']//{SVG}tspan")
    assert float(span.get("x")) == 55
    assert 20 < float(span.get("y")) < 34


def test_pools_and_lanes_have_upright_names():
    pool = '<b:participant id="pool" name="Rapid review" processRef="p"/>'
    root = diagram(
        '<b:laneSet id="ls"><b:lane id="l" name="Chair of ARG"/></b:laneSet>',
        shape("pool", "0 0 600 200", 'isHorizontal="true"') + shape("l", "30 0 570 200", 'isHorizontal="true"'),
        collaboration=f"<b:collaboration>{pool}</b:collaboration>",
    )
    picture = drawn(root)
    for known, name in (("pool", "Rapid review"), ("l", "Chair of ARG")):
        turned = group(picture, known).find(f"{SVG}g")
        assert "rotate(-90)" in turned.get("transform")
        assert words(turned) == name


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    "fill", ["#ffffff", *(pair[0] for pair in (PEOPLE, MACHINE, CALLED, START, MIDDLE, END, CHOICE))]
)
def test_words_are_dark_enough_on_every_fill(fill):
    assert contrast(INK, fill) >= 4.5
    assert min(contrast(line, fill) for line in (LINE, QUIET)) >= 3


@pytest.mark.parametrize("pair", [PEOPLE, MACHINE, CALLED, START, MIDDLE, END, CHOICE])
def test_borders_stand_out_from_their_fill(pair):
    assert contrast(*pair) >= 4.5


@pytest.mark.parametrize("ink", INKS.values())
def test_badges_can_be_read(ink):
    assert contrast(ink, "#ffffff") >= 4.5


def test_every_colour_is_a_plain_hexadecimal_one():
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', draw_svg(gallery())))
    assert all(re.fullmatch(r"#[0-9a-f]{6}|none", colour) for colour in colours)
