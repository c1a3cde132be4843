"""A diagram that cannot be read is refused in words that name what is wrong."""

import time

import pytest
from lxml import etree

from engine.bpmn.finding import Severity
from engine.bpmn.readability import check_readability

GOOD = {
    "start": ("startEvent", "Notified", "100 132 36 36"),
    "ask": ("userTask", "Ask the agencies", "200 110 100 80"),
    "all-in": ("exclusiveGateway", "All in?", "370 125 50 50"),
    "chase": ("userTask", "Chase the agencies", "345 240 100 80"),
    "end": ("endEvent", "Returns in", "540 132 36 36"),
}
FLOWS = {
    "f1": ("start", "ask", "", ["136 150", "200 150"]),
    "f2": ("ask", "all-in", "", ["300 150", "370 150"]),
    "f3": ("all-in", "end", "yes", ["420 150", "540 150"]),
    "f4": ("all-in", "chase", "no", ["395 175", "395 240"]),
    "f5": ("chase", "ask", "", ["345 280", "250 280", "250 190"]),
}
LABELS = {"all-in": "372 104 46 14", "f3": "426 134 20 13", "f4": "400 180 14 13", "end": "525 171 66 14"}


def bounds(box):
    x, y, width, height = box.split()
    return f'<c:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/>'


def label(known, labels):
    return f"<i:BPMNLabel>{bounds(labels[known])}</i:BPMNLabel>" if known in labels else ""


def shape(known, box, labels, more=""):
    return f'<i:BPMNShape bpmnElement="{known}" {more}>{bounds(box)}{label(known, labels)}</i:BPMNShape>'


def edge(known, points, labels):
    waypoints = "".join('<d:waypoint x="{}" y="{}"/>'.format(*point.split()) for point in points)
    return f'<i:BPMNEdge bpmnElement="{known}">{waypoints}{label(known, labels)}</i:BPMNEdge>'


def definitions(process, plane):
    return etree.fromstring(
        f"""<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:i="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:c="http://www.omg.org/spec/DD/20100524/DC"
        xmlns:d="http://www.omg.org/spec/DD/20100524/DI"><b:process id="p">
        {process}</b:process><i:BPMNDiagram><i:BPMNPlane>{plane}</i:BPMNPlane></i:BPMNDiagram></b:definitions>"""
    )


def diagram(*, nodes=None, flows=None, labels=None, process="", plane="", undrawn=()):
    nodes, flows, labels = GOOD | (nodes or {}), FLOWS | (flows or {}), LABELS | (labels or {})
    nodes = {known: node for known, node in nodes.items() if node}
    flows = {known: flow for known, flow in flows.items() if flow}
    inner = "".join(f'<b:{kind} id="{known}" name="{name}"/>\n' for known, (kind, name, _) in nodes.items())
    inner += "".join(
        f'<b:sequenceFlow id="{known}" name="{name}" sourceRef="{source}" targetRef="{target}"/>\n'
        for known, (source, target, name, _) in flows.items()
    )
    drawn = "".join(shape(known, node[2], labels) for known, node in nodes.items() if known not in undrawn)
    drawn += "".join(edge(known, flow[3], labels) for known, flow in flows.items() if known not in undrawn)
    return definitions(inner + process, drawn + plane)


def codes(root, **more):
    return {finding.code for finding in check_readability(root, **more)}


def only(root, code):
    (finding,) = [each for each in check_readability(root) if each.code == code]
    return finding


def test_a_good_diagram_has_no_findings():
    assert check_readability(diagram()) == []


def test_an_empty_file_has_no_findings():
    assert check_readability(etree.fromstring("<nothing/>")) == []


def test_a_node_that_is_not_drawn_is_an_error_with_its_name_id_and_line():
    finding = only(diagram(undrawn=["chase"]), "not-drawn")
    assert finding.severity is Severity.ERROR
    assert finding.element == "chase"
    assert finding.line == 7
    assert finding.message == "The task “Chase the agencies” (chase) is not drawn in the diagram"


def test_a_flow_that_is_not_drawn_is_an_error():
    finding = only(diagram(undrawn=["f2"]), "not-drawn")
    assert finding.message.startswith("The flow from “Ask the agencies” (ask) to “All in?” (all-in) (f2)")


def test_what_stands_in_a_folded_subprocess_need_not_be_drawn():
    folded = '<b:subProcess id="sub" name="Gather"><b:task id="in" name="Do it"/></b:subProcess>'
    assert codes(diagram(process=folded, plane=shape("sub", "600 300 100 80", {}, 'isExpanded="false"'))) == set()


def test_shapes_that_overlap_are_an_error_naming_both():
    finding = only(diagram(nodes={"chase": ("userTask", "Chase the agencies", "345 160 100 80")}), "overlap")
    assert finding.severity is Severity.ERROR
    assert "“All in?” (all-in)" in finding.message
    assert "“Chase the agencies” (chase)" in finding.message


def test_boundary_events_lie_on_their_host():
    timer = '<b:boundaryEvent id="late" name="Late" attachedToRef="ask"/>'
    assert codes(diagram(process=timer, plane=shape("late", "262 172 36 36", {"late": "300 200 30 14"}))) == set()


def test_a_boundary_event_may_not_lie_on_anything_else():
    timer = '<b:boundaryEvent id="late" name="Late" attachedToRef="ask"/>'
    assert "overlap" in codes(diagram(process=timer, plane=shape("late", "350 222 36 36", {"late": "450 400 30 14"})))


SUB = '<b:subProcess id="sub" name="Gather"><b:task id="in" name="Do it"/></b:subProcess>'


def test_children_of_an_open_subprocess_stand_inside_it():
    inside = shape("sub", "600 200 200 160", {}, 'isExpanded="true"') + shape("in", "640 240 100 80", {})
    outside = shape("sub", "600 200 200 160", {}, 'isExpanded="true"') + shape("in", "640 400 100 80", {})
    assert codes(diagram(process=SUB, plane=inside)) == set()
    assert codes(diagram(process=SUB, plane=outside)) == {"outside-parent"}


def test_a_subprocess_may_not_cover_strangers():
    assert "overlap" in codes(diagram(process=SUB, plane=shape("sub", "500 100 200 160", {}, 'isExpanded="true"')))


def lane(box):
    lanes = '<b:laneSet id="ls"><b:lane id="l" name="ARG"><b:flowNodeRef>ask</b:flowNodeRef></b:lane></b:laneSet>'
    return diagram(process=lanes, plane=shape("l", box, {}))


def test_nodes_stand_in_the_lane_that_lists_them():
    assert codes(lane("30 40 700 400")) == set()
    assert "outside-lane" in codes(lane("30 200 700 200"))
    assert only(lane("30 200 700 200"), "outside-lane").message == (
        "The task “Ask the agencies” (ask) is not inside its lane “ARG” (l)"
    )


def test_a_flow_through_a_stranger_is_an_error():
    through = ("start", "all-in", "", ["118 168", "118 215", "395 215", "395 175"])
    clear = ("start", "all-in", "", ["118 132", "118 60", "395 60", "395 125"])
    assert "through-shape" not in codes(diagram(flows={"f6": clear}))
    straight = ("start", "all-in", "", ["136 150", "370 150"])
    assert "through-shape" in codes(diagram(flows={"f6": straight}))
    assert "through-shape" not in codes(diagram(flows={"f6": through}))


def test_a_flow_through_its_own_node_is_an_error():
    back = ("chase", "ask", "", ["445 280", "250 280", "250 190"])
    assert only(diagram(flows={"f5": back}), "through-shape").element == "f5"


def test_flows_begin_and_end_at_the_border():
    loose = ("start", "ask", "", ["136 150", "190 150"])
    assert only(diagram(flows={"f1": loose}), "loose-end").message.endswith(
        "does not end at the edge of “Ask the agencies” (ask)"
    )
    inside = ("ask", "all-in", "", ["250 150", "370 150"])
    assert "loose-end" in codes(diagram(flows={"f2": inside}))
    corner_of_the_diamond = ("all-in", "chase", "no", ["415 175", "415 240"])
    assert "loose-end" in codes(diagram(flows={"f4": corner_of_the_diamond}))


def crossed(count):
    nodes = {f"t{i}": ("task", "Do it", f"{100 + i * 120} 600 100 80") for i in range(count)}
    nodes |= {f"u{i}": ("task", "Do it", f"{100 + i * 120} 800 100 80") for i in range(count)}
    nodes |= {"left": ("task", "Do it", "-40 700 100 80"), "right": ("task", "Do it", "1000 700 100 80")}
    flows = {f"x{i}": (f"t{i}", f"u{i}", "", [f"{150 + i * 120} 680", f"{150 + i * 120} 800"]) for i in range(count)}
    return diagram(nodes=nodes, flows=flows | {"y": ("left", "right", "", ["60 740", "1000 740"])})


def test_each_crossing_is_a_warning_that_names_both_flows():
    finding = only(crossed(1), "crossing")
    assert finding.severity is Severity.WARNING
    assert "(x0)" in finding.message
    assert "(y)" in finding.message


def test_more_than_a_few_crossings_are_an_error():
    assert "crossings" not in codes(crossed(3))
    assert "crossings" in codes(crossed(4))
    assert "crossings" not in codes(crossed(4), most_crossings=4)


def test_strangers_may_not_share_a_line_and_kin_may():
    nodes = {"other": ("task", "Do it", "200 400 100 80"), "goal": ("task", "Do it", "560 400 100 80")}
    on_it = ("other", "goal", "", ["250 400", "250 280", "610 280", "610 400"])
    assert "flows-overlap" in codes(diagram(nodes=nodes, flows={"f6": on_it}))
    merging = ("other", "ask", "", ["250 400", "250 190"])
    assert "flows-overlap" not in codes(diagram(nodes=nodes, flows={"f6": merging}))


def test_flows_close_together_are_a_warning():
    nodes = {"other": ("task", "Do it", "60 400 100 80"), "goal": ("task", "Do it", "560 400 100 80")}
    close = ("other", "goal", "", ["110 400", "110 284", "300 284", "300 400", "610 400"])
    assert "flows-close" in codes(diagram(nodes=nodes, flows={"f6": close}))


def test_only_loops_run_backwards():
    assert "backwards" not in codes(diagram())
    nodes = {"left": ("task", "Do it", "200 400 100 80"), "right": ("task", "Do it", "560 400 100 80")}
    flows = {"f6": ("right", "left", "", ["560 440", "300 440"])}
    assert only(diagram(nodes=nodes, flows=flows), "backwards").element == "f6"


def test_labels_do_not_lie_on_shapes_flows_or_labels():
    assert only(diagram(labels={"end": "410 260 66 14"}), "label-overlap").message.endswith("(chase)")
    assert only(diagram(labels={"end": "320 143 40 14"}), "label-overlap").message.endswith("(f2)")
    assert "label-overlap" in codes(diagram(labels={"f3": "400 182 20 13"}))


def test_the_empty_corner_of_a_gateway_is_free_for_labels():
    assert codes(diagram(labels={"all-in": "348 118 30 13", "f4": "400 180 14 13"})) <= {"label-cut"}


def test_labels_keep_off_the_borders_of_lanes():
    lanes = '<b:laneSet id="ls"><b:lane id="l" name="ARG"/></b:laneSet>'
    root = diagram(process=lanes, plane=shape("l", "30 178 700 300", {}))
    assert any("border of the lane “ARG”" in each.message for each in check_readability(root))


def test_a_gateway_asks_a_question_and_every_branch_answers():
    root = diagram(
        nodes={"all-in": ("exclusiveGateway", "Returns", "370 125 50 50")},
        flows={"f3": (*FLOWS["f3"][:2], "", FLOWS["f3"][3])},
    )
    assert codes(root) == {"gateway-question", "branch-label"}


def test_joins_and_parallel_gateways_ask_nothing():
    join = {"all-in": ("parallelGateway", "", "370 125 50 50")}
    flows = {known: (*FLOWS[known][:2], "", FLOWS[known][3]) for known in ("f3", "f4")}
    assert codes(diagram(nodes=join, flows=flows)) == set()


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("", Severity.ERROR),
        ("Chase", Severity.WARNING),
        ("The chasing of agencies", Severity.WARNING),
        ("Chase every agency that has not yet returned its information", None),
        ("Chase every agency that has not yet returned its information.", Severity.WARNING),
    ],
)
def test_tasks_are_named_by_a_verb_and_its_object(name, severity):
    findings = check_readability(diagram(nodes={"chase": ("userTask", name, "325 240 140 80")}, flows={"f5": None}))
    assert [each.severity for each in findings if each.code == "task-name"] == ([severity] if severity else [])


def test_names_must_fit_their_shapes():
    small = {"chase": ("userTask", "Chase every agency that has not returned", "375 240 40 30")}
    assert only(diagram(nodes=small, flows={"f5": None}), "text-cut").severity is Severity.ERROR
    smaller = {"chase": ("userTask", "Chase every agency that has not yet returned anything at all", "355 240 80 70")}
    assert "small-print" in codes(diagram(nodes=smaller, flows={"f5": None}))


def test_shapes_keep_their_distance():
    near = {"chase": ("userTask", "Chase the agencies", "345 184 100 80")}
    assert only(diagram(nodes=near, flows={"f4": None, "f5": None}), "too-close").message.endswith("(all-in)")


def test_errors_come_first_and_in_the_order_of_the_file():
    root = diagram(undrawn=["start", "f5"], nodes={"chase": ("userTask", "Chase", "345 240 100 80")})
    findings = check_readability(root)
    assert [each.severity for each in findings] == sorted(
        (each.severity for each in findings), key=lambda s: s != "error"
    )
    assert [each.element for each in findings if each.code == "not-drawn"] == ["start", "f5"]


@pytest.mark.timed
def test_a_monstrous_diagram_is_refused_at_once():
    nodes = {f"t{i}": ("task", "Do it", "0 0 100 80") for i in range(1200)}
    began = time.monotonic()
    assert codes(diagram(nodes=nodes)) == {"too-large"}
    endless = ("chase", "ask", "", [f"{i} {i % 7}" for i in range(5000)])
    assert codes(diagram(flows={"f5": endless})) == {"too-large"}
    assert time.monotonic() - began < 2


def test_hostile_names_are_only_words():
    root = diagram(undrawn=["chase"])
    root.find(".//{*}userTask[@id='chase']").set("name", "<script>x</script>\n\n{0} %s")
    assert "“<script>x</script> {0} %s” (chase)" in only(root, "not-drawn").message
