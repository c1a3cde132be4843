"""Every rule, each with the code and the element its finding must name."""

from typing import NamedTuple

import pytest
from lxml import etree

from engine.bpmn.finding import Severity
from engine.bpmn.validate import Known, Survey, survey, validate
from tests.check.diagrams import GOOD, HEAD, KNOWN, document, findings, line_of, spoilt


class Case(NamedTuple):
    code: str
    element: str | None
    changes: tuple[tuple[str, str], ...]
    says: str = ""
    warning: bool = False


def case(code: str, element: str | None, old: str, new: str, says: str = "", *, warning: bool = False) -> Case:
    return Case(code, element, ((old, new),), says, warning)


def both(code: str, element: str | None, *changes: tuple[str, str], says: str = "", warning: bool = False) -> Case:
    return Case(code, element, changes, says, warning)


def flow(known: str, source: str, target: str) -> str:
    return f'<sequenceFlow id="{known}" sourceRef="{source}" targetRef="{target}"/>'


END = '<endEvent id="done"/>'
VIEW = GOOD[GOOD.index('<userTask id="give-view"') : GOOD.index('  <boundaryEvent id="late"')].rstrip()
SCRIPT = '<script>{asked: 0, last: deadline("D03")}</script>'
LATE = "<timeDate>=last</timeDate>"
TIMER = f'<timerEventDefinition id="late-timer">{LATE}</timerEventDefinition>'
BEGIN = '<startEvent id="begin" lscp:role="chair" lscp:form="incident"/>'
WITHDRAWN = '<messageEventDefinition id="withdrawn-m" messageRef="m-withdraw"/>'
AT = '<lscp:input name="at" value="=aware_at"/>'
LOOP = 'lscp:in="=partners" lscp:each="partner" lscp:collect="found" lscp:as="=partner"/>'
NUMBER = "<loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
CALL = '<lscp:input name="topic" value="=view"/><lscp:output name="carried" value="=outcome"/>'
CAME = '<messageEventDefinition id="came-m" messageRef="m-reply"/>'
DAY = '<timerEventDefinition id="day-timer"><timeDuration>P1D</timeDuration></timerEventDefinition>'
ASK = '<callActivity id="ask" calledElement="partner-vote">'
RULE = 'rule="+2wd after aware" ladder="rapid" responsible="chair"'

STRUCTURE = [
    case("process-id", "view", 'process id="views"', 'process id="view"', "must be the name of its folder"),
    case("several-processes", None, "</process>", '</process><process id="two"><startEvent id="x"/></process>'),
    case("not-executable", "views", 'isExecutable="true"', 'isExecutable="false"'),
    case("true-or-false", "views", 'isExecutable="true"', 'isExecutable="1"'),
    case("id-twice", "weigh", 'id="done"', 'id="weigh"', "used twice"),
    case("id-taken", "Start", END, '<endEvent id="Start"/>' + END, "uses this id for itself"),
    case("id-taken", "End", END, '<endEvent id="End"/>' + END),
    case("id-taken", "views.EndJoin", END, '<endEvent id="views.EndJoin"/>' + END),
    case("id-taken", "ask.BoundaryEventSplit", END, '<endEvent id="ask.BoundaryEventSplit"/>' + END),
    case("id-taken", "x [child]", END, '<endEvent id="x [child]"/>' + END),
    case("id-not-a-name", "1st step", END, '<endEvent id="1st step"/>' + END),
    case("id-missing", None, END, "<endEvent/>" + END, "end event without an id"),
    case("id-missing", None, '<signal id="s-stop"', "<signal"),
    case("dangling", "f9", 'sourceRef="send" targetRef="done"', 'sourceRef="send" targetRef="dome"',
         "Did you mean “done”?"),
    case("dangling", "f9", ' targetRef="done"/>\n</process>', "/>\n</process>", "ends nowhere"),
    case("dangling", "came", 'id="came-m" messageRef="m-reply"', 'id="came-m" messageRef="m-replay"',
         "no such message"),
    case("dangling", "lane", "<flowNodeRef>give-view<", "<flowNodeRef>give-views<"),
    case("dangling", "agreed", 'default="agreed-ask"', 'default="f1"', "not a flow that leaves it"),
    case("dangling", "late", 'attachedToRef="give-view"', 'attachedToRef="give"'),
    case("boundary", "late", ' attachedToRef="give-view"', "", "attached to nothing"),
    case("boundary", "late", 'attachedToRef="give-view"', 'attachedToRef="agreed"', "no task, call or sub-process"),
    case("dangling", None, "</process>",
         '</process><di:BPMNDiagram><di:BPMNPlane bpmnElement="gone"/></di:BPMNDiagram>'),
    case("drawing", None, "</process>", '</process><di:BPMNDiagram><dc:Bounds x="wide"/></di:BPMNDiagram>'),
    case("crosses-border", "f8", 'sourceRef="each" targetRef="send"', 'sourceRef="each-done" targetRef="send"'),
    case("flow-end", "f9", 'sourceRef="send" targetRef="done"', 'sourceRef="send" targetRef="begin"'),
    case("flow-end", "x", END, END + flow("x", "told-late", "done"), "nothing may follow an end event"),
    case("flow-end", "x", END, END + flow("x", "send", "late"), "on a border"),
    case("misplaced", "send", '<lscp:input name="view" value="=view"/>', '<timerEventDefinition id="x"/>', "timer event"),
    case("misplaced", "lost", "</process>", '</process><userTask id="lost" lscp:role="chair" lscp:form="incident"/>'),
    case("subprocess-start", "each", '<startEvent id="each-begin"/>', "", "this one has 0"),
    case("subprocess-end", "each", '<endEvent id="each-done"/>', '<intermediateThrowEvent id="each-done"/>'),
]  # fmt: skip

GATEWAYS = [
    case("no-default", "agreed", ' default="agreed-ask"', ""),
    case("no-condition", "agreed-each", 'view = "notify" and harm = "serious"', "  "),
    case("condition-ignored", "f8", f'{flow("f8", "each", "send")[:-2]}/>',
         f'{flow("f8", "each", "send")[:-2]}><conditionExpression>true</conditionExpression></sequenceFlow>',
         "only way on"),
    case("condition-ignored", "agreed-ask", f'{flow("agreed-ask", "agreed", "ask")[:-2]}/>',
         f'{flow("agreed-ask", "agreed", "ask")[:-2]}><conditionExpression>true</conditionExpression></sequenceFlow>'),
    case("several-flows", "ask", END, END + flow("x", "ask", "send"), "Add a gateway"),
    case("several-flows", "begin", END, END + flow("x", "begin", "send"), warning=True),
    case("not-feel", "agreed-each", "<conditionExpression>", '<conditionExpression language="python">', "“python”"),
    case("markup-in-text", "agreed-each", "harm = ", "<!-- x -->harm = "),
    case("event-gateway", "first", CAME, DAY.replace("day-timer", "other"), "2 timers"),
    case("event-gateway", "first", f'<intermediateCatchEvent id="came">\n      {CAME}\n    </intermediateCatchEvent>',
         '<userTask id="came" lscp:role="chair" lscp:form="incident"/>', "only events that are waited for"),
    case("event-gateway", "first", flow("e4", "day-passed", "each-done"), flow("e4", "day-passed", "came"),
         "another incoming"),
]  # fmt: skip

EVENTS = [
    case("no-timer", "late", LATE, ""),
    case("no-timer", "late", LATE, "<timeDate> </timeDate>"),
    case("timer", "day-passed", "P1D", "one day", "is no duration"),
    case("timer", "day-passed", "P1D", "timedelta(days=1)"),
    case("timer", "late", LATE, "<timeCycle>3/PT1H</timeCycle>", "is no repetition"),
    case("no-trigger", "came", CAME, ""),
    case("several-triggers", "came", CAME, CAME + DAY.replace("day-timer", "other")),
    case("event-kind", "came", CAME, '<linkEventDefinition id="l" name="A"/>', "Links are not followed"),
    case("event-kind", "done", END, '<endEvent id="done"><compensateEventDefinition id="c"/></endEvent>',
         "Compensation"),
    case("event-kind", "done", END, '<endEvent id="done"><cancelEventDefinition id="c"/></endEvent>', "not cancelled"),
    case("event-kind", "done", END, f'<endEvent id="done">{DAY.replace("day-timer", "x")}</endEvent>'),
    case("event-kind", "late", TIMER, '<compensateEventDefinition id="c"/>', "Compensation"),
    case("event-kind", "late", TIMER, '<cancelEventDefinition id="c"/>', "not cancelled"),
    case("boundary", "late", TIMER, '<errorEventDefinition id="x"/>', "always interrupts"),
    case("no-condition", "late", TIMER, '<conditionalEventDefinition id="x"/>'),
    case("never-happens", "late", TIMER, '<escalationEventDefinition id="x"/>', warning=True),
    case("start-timer", "begin", BEGIN,
         f'<startEvent id="begin">{DAY.replace("day-timer", "x")}</startEvent>', "Schedules are data"),
    case("start-trigger", "begin", BEGIN,
         '<startEvent id="begin"><signalEventDefinition id="x" signalRef="s-stop"/></startEvent>'),
    case("start-trigger", "each-begin", '<startEvent id="each-begin"/>',
         '<startEvent id="each-begin"><messageEventDefinition id="x" messageRef="m-reply"/></startEvent>'),
    case("event-subprocess", "withdrawn", ' isInterrupting="false"', "", "is to interrupt"),
    case("event-subprocess", "withdrawn", WITHDRAWN,
         DAY.replace("day-timer", "x"), "not by a timer"),
    case("event-subprocess", "withdrawn", WITHDRAWN,
         '<errorEventDefinition id="x" errorRef="e-gone"/>'),
    case("event-subprocess", "deep", '<startEvent id="each-begin"/>',
         '<startEvent id="each-begin"/><subProcess id="deep" triggeredByEvent="true"><startEvent id="d1" '
         'isInterrupting="false"><messageEventDefinition id="d2" messageRef="m-withdraw"/></startEvent>'
         f'<endEvent id="d3"/>{flow("d4", "d1", "d3")}</subProcess>', "at the top of its process"),
    case("no-message", "send", '<message id="m-reply" name="reply"/>', '<message id="m-reply"/>'),
    case("no-message", "send", ' id="send-m" messageRef="m-reply"', ' id="send-m"'),
    case("no-signal", "came", CAME, '<signalEventDefinition id="x"/>'),
    both("nobody-hears", "send", ('id="send-m" messageRef="m-reply"', 'id="send-m" messageRef="m-other"'),
         ('<signal id="s-stop"', '<message id="m-other" name="unheard"/><signal id="s-stop"'), warning=True),
    case("nobody-sends", "came", 'id="send-m" messageRef="m-reply"', 'id="send-m" messageRef="m-withdraw"',
         warning=True),
    case("nobody-throws", "came", CAME, '<signalEventDefinition id="x" signalRef="s-stop"/>', warning=True),
    case("correlation", "key", '<signal id="s-stop"', '<correlationProperty id="key"/><signal id="s-stop"'),
]  # fmt: skip

UNSUPPORTED = [
    case("not-supported", "agreed", "<exclusiveGateway id=\"agreed\" name=\"Agreed?\" default=\"agreed-ask\"/>",
         '<complexGateway id="agreed"/>', "Complex gateways"),
    case("not-supported", "odd", END, END + '<adHocSubProcess id="odd"/>'),
    case("not-supported", "store", END, END + '<dataStoreReference id="store"/>'),
    case("not-supported", "weigh", '<businessRuleTask id="weigh"',
         '<businessRuleTask id="weigh" isForCompensation="true"'),
    case("not-supported", "give-view", VIEW, VIEW[:-2] + "><ioSpecification/></userTask>", "lscp:input"),
    case("untyped-task", "give-view", VIEW, VIEW.replace("userTask", "task"), "Ask the owner", warning=True),
    case("loop-collection", "each", LOOP, "/>", "for what it is repeated"),
    case("loop-collection", "each", 'lscp:in="=partners"', 'lscp:in="partners"', "must be FEEL"),
    case("loop-collection", "each", LOOP, f"{LOOP[:-2]}>{NUMBER}", "Keep one"),
    case("loop-collect", "each", ' lscp:as="=partner"', "", "belong together"),
    case("loop-collect", "each", LOOP, f'lscp:collect="found" lscp:as="=view">{NUMBER}', "by a number"),
    case("loop-each", "each", LOOP, 'lscp:in="=partners"/>', warning=True),
    case("loop", "done", END, '<endEvent id="done"><multiInstanceLoopCharacteristics lscp:in="=partners"/></endEvent>'),
    case("loop", "ask", ASK, ASK + '<standardLoopCharacteristics loopMaximum="many"/>'),
    case("loop", "ask", ASK, ASK + "<standardLoopCharacteristics/>", "how often"),
    case("endless-loop", "count", SCRIPT,
         SCRIPT + "<standardLoopCharacteristics><loopCondition>true</loopCondition></standardLoopCharacteristics>"),
    case("data-object", "give-view", VIEW,
         VIEW[:-2] + "><dataInputAssociation><sourceRef>box</sourceRef></dataInputAssociation></userTask>"),
    case("script-language", "count", ' scriptFormat="feel"', ' scriptFormat="python"', "No code is ever run"),
    case("script-language", "count", ' scriptFormat="feel"', "", "is not said"),
    case("script-empty", "count", SCRIPT, ""),
    case("call-unknown", "ask", 'calledElement="partner-vote"', 'calledElement="partner-votes"',
         "Did you mean “partner-vote”?"),
    case("call-unknown", "ask", ' calledElement="partner-vote"', ""),
    case("call-not-callable", "ask", 'calledElement="partner-vote"', 'calledElement="by-message"'),
    case("call-circle", "views", 'calledElement="partner-vote"', 'calledElement="views"', "views → views"),
    case("call-unmapped", "ask", CALL, "", warning=True),
]  # fmt: skip

PATHS = [
    case("unreachable", "lonely", END, END + '<manualTask id="lonely" lscp:role="chair"/>' + flow("x", "lonely",
         "done")),
    case("no-way-on", "send", flow("f9", "send", "done"), ""),
    case("never-ends", "ask", flow("f7", "ask", "done"), flow("f7", "ask", "ask")),
    case("endless-loop", "set", flow("f3", "count", "give-view"), flow("f3", "count", "set"),
         "runs for ever by itself"),
    both("inclusive-in-loop", "any", (flow("f7", "ask", "done"), flow("f7", "ask", "any")),
         (flow("f2", "set", "count"), '<inclusiveGateway id="any"/>' + flow("f2", "set", "any") + flow("x", "any",
         "count"))),
]  # fmt: skip

FEEL = [
    case("feel", "agreed-each", 'view = "notify" and', 'view = "notify" and and', "at character 21"),
    case("feel", "count", "asked: 0", "asked: __import__('os').system('touch /tmp/x')"),
    case("feel", "set", 'value="=aware_at"', 'value="=open(aware_at)"', "open"),
    case("feel", "late", "=last", "=datetime.now() + 1 +"),
    case("feel", "each", 'lscp:in="=partners"', 'lscp:in="=[x for x in partners]"'),
    case("feel-empty", "set", 'value="=aware_at"', 'value="="'),
    both("script-not-context", "count", ('{asked: 0, last: deadline("D03")}', "1 + 1"), ("=last", '=deadline("D03")')),
    case("unknown-name", "agreed-each", 'view = "notify"', 'veiw = "notify"', "Did you mean “view”?"),
    case("unknown-name", "give-view", 'name="Give your view" lscp:role="chair"', 'lscp:role="=bodyguard"',
         "start event"),
    case("unknown-name", "ask", 'value="=outcome"', 'value="=view"', "“partner-vote” does not have"),
    case("unknown-name", "set", 'value="=aware_at"', 'value="=answers(&quot;cast&quot;).optoin"',
         "Did you mean “option”?"),
    case("confidential", "count", "asked: 0", "asked: harm", "confidential answer"),
    case("confidential", "send", '<lscp:input name="view" value="=view"/>',
         '<lscp:input name="view" value="=view_reasons"/>'),
    case("confidential", "set", 'value="=aware_at"', 'value="=answers(&quot;begin&quot;).harm"'),
    case("unknown-deadline", "count", 'deadline("D03")', 'deadline("D33")', "Did you mean “D03”?"),
    case("unknown-role", "set", 'value="=aware_at"', 'value="=holder of(&quot;chaire&quot;)"'),
    case("unknown-role", "give-view", 'lscp:role="chair" lscp:due',
         'lscp:role="=if view = null then &quot;chair&quot; else &quot;boss&quot;" lscp:due'),
    case("unknown-list", "set", 'value="=aware_at"', 'value="=listed(&quot;people&quot;)"'),
    case("unknown-paper", "set", 'value="=aware_at"', 'value="=answers(&quot;gone&quot;)"'),
    case("unknown-register", "set", 'value="=aware_at"', 'value="=register(&quot;gone&quot;)"', warning=True),
    case("data-name", "ask", 'name="carried"', 'name="Carried it"'),
    case("data-name", "count", "asked: 0", "Asked: 0"),
]  # fmt: skip

OURS = [
    case("no-role", "give-view", 'name="Give your view" lscp:role="chair"', ""),
    case("unknown-role", "give-view", 'name="Give your view" lscp:role="chair"', 'lscp:role="chiar"',
         "Did you mean “chair”?"),
    case("unknown-role", "views", 'lscp:owner="chair"', 'lscp:owner="nobody"'),
    case("unknown-role", "views", 'responsible="chair"', 'responsible="nobody"', "responsible"),
    case("no-owner", "views", ' lscp:owner="chair"', "", warning=True),
    case("not-an-expression", "begin", 'id="begin" lscp:role="chair"', 'id="begin" lscp:role="=view"'),
    case("not-an-expression", "give-view", 'lscp:does="vote"', 'lscp:does="=view"'),
    case("role-no-effect", "late", 'id="late"', 'id="late" lscp:role="chair"', warning=True),
    case("unknown-body", "give-view", VIEW, VIEW.replace("lscp:due", 'lscp:body="cssc" lscp:due')),
    case("no-form", "begin", 'id="begin" lscp:role="chair" lscp:form="incident"', 'id="begin" lscp:role="chair"',
         "begin.form.json"),
    case("no-form", "give-view", 'id="give-view"', 'id="give-view" lscp:form="gone"', "missing"),
    case("no-form", "withdrawn", 'id="withdrawn" lscp:role="chair" lscp:form="incident"',
         'id="withdrawn" lscp:role="chair"'),
    case("unknown-rule", "give-view", "SOD-01", "SOD-99"),
    case("rule-not-for-this", "give-view", "SOD-01", "SOD-02", "bars people from “scrutinise”"),
    case("unknown-paper", "give-view", VIEW, VIEW.replace("lscp:due", 'lscp:shows="incident cast gone" lscp:due'),
         "“gone”"),
    case("unknown-name", "give-view", VIEW, VIEW.replace("lscp:due", 'lscp:merges="partner" lscp:due'), "“partners”"),
    case("unknown-paper", "give-view", VIEW,
         VIEW.replace("lscp:due", 'lscp:compares="gone" lscp:comparedWith="=view" lscp:due'), "lscp:compares names “gone”"),
    case("compares-nothing", "give-view", VIEW, VIEW.replace("lscp:due", 'lscp:compares="incident" lscp:due'),
         "without lscp:comparedWith"),
    case("compares-nothing", "give-view", VIEW,
         VIEW.replace("lscp:due", 'lscp:compares="incident" lscp:comparedWith="SOL-1" lscp:due'), "must be FEEL"),
    case("unknown-name", "give-view", VIEW,
         VIEW.replace("lscp:due", 'lscp:compares="incident" lscp:comparedWith="=nowhere" lscp:due'), "“nowhere”"),
    case("unknown-ladder", "give-view", VIEW, VIEW.replace("lscp:due", 'lscp:ladder="rapids" lscp:due'),
         "Did you mean “rapid”?"),
    case("unknown-ladder", "views", 'ladder="rapid"', 'ladder="slow"'),
    case("due", "give-view", 'lscp:due="D03"', 'lscp:due="+wd"', "number"),
    case("unknown-deadline", "give-view", 'lscp:due="D03"', 'lscp:due="D3"'),
    case("unknown-deadline", "give-view", 'lscp:due="D03"',
         'lscp:due="=if view = null then &quot;D03&quot; else &quot;D04&quot;"'),
    case("unknown-deadline", "give-view", 'lscp:due="D03"', 'lscp:due="D03" lscp:meets="D99"'),
    case("unknown-deadline", "set", AT,
         '<lscp:input name="at" value="=aware_at"/><lscp:input name="meets" value="D99"/>'),
    case("anchor-never-set", "views", "after aware", "after awake", "Did you mean “aware”?", warning=True),
    case("deadline-rule", "views", "+2wd after aware", "2 days after aware"),
    case("deadline-rule", "views", "+2wd after aware", "+2wd", "from when it counts"),
    case("limit-put-off", "views", RULE, 'rule="+2wd after aware, nextwd" limit="true"'),
    case("deadline-id", "views", 'id="D03" name="Views in"', 'id="+1wd" name="Views in"'),
    case("deadline-name", "views", ' name="Views in"', "", warning=True),
    case("no-operation", "set", ' lscp:operation="set-anchor"', ""),
    case("unknown-operation", "set", 'lscp:operation="set-anchor"', 'lscp:operation="set-anker"',
         "Did you mean “set-anchor”?"),
    case("input-missing", "set", '<lscp:input name="at" value="=aware_at"/>', "", "needs the input “at”"),
    case("unknown-input", "set", AT,
         '<lscp:input name="at" value="=aware_at"/><lscp:input name="att" value="x"/>', "Did you mean “at”?"),
    both("unknown-notice", "set", ('lscp:operation="set-anchor"', 'lscp:operation="tell"'),
         (f'<lscp:input name="anchor" value="aware"/>{AT}',
          '<lscp:input name="notice" value="submited"/><lscp:input name="to" value="chair partners"/>')),
    case("no-decision", "weigh", ' lscp:decision="duty"', ""),
    case("unknown-decision", "weigh", 'lscp:decision="duty"', 'lscp:decision="duties"', "Did you mean “duty”?"),
    case("unknown-attribute", "give-view", "lscp:due=", "lscp:dew=", "Did you mean “due”?", warning=True),
    case("unknown-attribute", "views", 'ladder="rapid"', 'lader="rapid"', warning=True),
    case("unknown-attribute", "set", '<lscp:output name="told" value="=result"/>', "<lscp:outputs/>", warning=True),
    case("misplaced-attribute", "done", END, '<endEvent id="done" lscp:due="D03"/>', warning=True),
    case("true-or-false", "done", END, '<endEvent id="done" lscp:protected="yes"/>'),
    case("pair", "set", '<lscp:output name="told" value="=result"/>', '<lscp:output value="=result"/>', "has no name"),
    case("pair", "done", END,
         '<endEvent id="done"><extensionElements><lscp:input name="x" value="1"/></extensionElements></endEvent>',
         warning=True),
    case("foreign", "done", END, '<endEvent id="done" camunda:class="evil.Delegate"/>', "camunda:class", warning=True),
    case("foreign", "done", END,
         '<endEvent id="done"><extensionElements><camunda:script/></extensionElements></endEvent>',
         "camunda:script", warning=True),
    case("schema", None, END, '<endEvent id="done" nmae="Done"/>', "nmae", warning=True),
]  # fmt: skip

CASES = [*STRUCTURE, *GATEWAYS, *EVENTS, *UNSUPPORTED, *PATHS, *FEEL, *OURS]


@pytest.mark.parametrize("one", CASES, ids=[f"{c.code}-{c.element}" for c in CASES])
def test_rule_names_its_element_and_line(one: Case) -> None:
    process = spoilt(*one.changes)
    found = [f for f in findings(process) if f.code == one.code and f.element == one.element]
    assert found, [(f.code, f.element, f.message) for f in findings(process)]
    said = next((f for f in found if one.says in f.message), None)
    assert said is not None, [f.message for f in found]
    assert said.severity is (Severity.WARNING if one.warning else Severity.ERROR)
    assert said.line is not None
    if one.element is not None:
        assert one.element in said.message
        assert said.line >= line_of(process, f'id="{one.element}"')


def test_good_process_has_no_findings() -> None:
    assert findings(GOOD) == []


def test_all_problems_are_told_at_once() -> None:
    process = spoilt(
        ('name="Give your view" lscp:role="chair"', 'lscp:role="nobody"'),
        ('default="agreed-ask"', ""),
        ("SOD-01", "SOD-99"),
        ('calledElement="partner-vote"', 'calledElement="gone"'),
    )
    assert {"unknown-role", "no-default", "unknown-rule", "call-unknown"} <= {f.code for f in findings(process)}


def test_message_names_element_and_line_exactly() -> None:
    process = spoilt(('name="Give your view" lscp:role="chair"', 'name="Give your view" lscp:role="chiar"'))
    (said,) = findings(process)
    assert said.message == (
        "“Give your view” (give-view): lscp:role names the role “chiar”, and there is none. Did you mean “chair”?"
    )
    assert said.line == line_of(process, "lscp:mayNot")  # where the tag ends


def test_feel_is_placed_by_line_within_a_script() -> None:
    script = '{\n  asked: 0,\n  last: deadline("D03") +* 1\n}'
    process = spoilt(('{asked: 0, last: deadline("D03")}', script))
    (said,) = [f for f in findings(process) if f.code == "feel"]
    assert said.line == line_of(process, "last: deadline")
    assert "line 3 of it" in said.message


def test_confidential_answer_is_fine_in_a_gateway_and_a_decision() -> None:
    assert "harm" in GOOD  # in the gateway's condition, and in what the decision reads
    assert not [f for f in findings(GOOD) if f.code == "confidential"]


def test_names_come_from_callers_messages_and_declarations() -> None:
    process = spoilt((" and harm = ", " and round = "))
    assert [f.code for f in findings(process)] == ["unknown-name"]
    caller = Survey("caller", calls={"views": frozenset({"round"})})
    sender = Survey("sender", sends={"reply": frozenset({"round"})})
    for other in (caller, sender):
        assert findings(process, KNOWN.including(other)) == []
    declared = process.replace(
        '<startEvent id="begin" lscp:role="chair" lscp:form="incident"/>',
        '<startEvent id="begin" lscp:role="chair" lscp:form="incident"><extensionElements><lscp:input name="round"/>'
        "</extensionElements></startEvent>",
    )
    assert findings(declared) == []


def test_confidential_name_of_another_process_is_known_to_a_gateway_only() -> None:
    other = KNOWN.including(Survey("other", confidential=frozenset({"religion"})))
    assert findings(spoilt((" and harm = ", " and religion = ")), other) == []
    (said,) = findings(spoilt(("asked: 0", "asked: religion")), other)
    assert said.code == "confidential"


def test_decision_without_its_inputs_is_named() -> None:
    (said,) = findings(GOOD, Known(**{**vars(KNOWN), "decisions": {"duty": frozenset({"view", "harmed"})}}))
    assert (said.code, said.element) == ("decision-input", "weigh")
    assert "“harmed”" in said.message


def test_circle_through_a_call_of_a_process_that_does_not_wait() -> None:
    process = spoilt((flow("f7", "ask", "done"), flow("f7", "ask", "agreed")))
    assert findings(process) == []
    quick = KNOWN.including(Survey("partner-vote", waits=False, names=frozenset({"outcome"})))
    assert [f.code for f in findings(process, quick)] == ["endless-loop"]


def test_subprocess_id_that_a_called_process_uses_is_refused() -> None:
    busy = KNOWN.including(Survey("partner-vote", names=frozenset({"outcome"}), subprocesses=frozenset({"each"})))
    (said,) = findings(GOOD, busy)
    assert (said.code, said.element) == ("id-taken", "each")


def test_survey_tells_what_others_need() -> None:
    (told,) = survey(etree.fromstring(document()), KNOWN)
    assert told.key == "views"
    assert {"aware_at", "view", "asked", "carried", "duty", "partner", "found", "told"} <= told.names
    assert "harm" not in told.names
    assert told.confidential == {"harm", "view_reasons"}
    assert told.sends == {"reply": frozenset({"view"})}
    assert told.hears == {"reply", "withdraw"}
    assert told.anchors == {"aware"}
    assert told.waits
    assert set(told.papers) == {"begin", "give-view", "withdrawn"}


# --- size ---


def test_too_many_steps_are_refused_at_once() -> None:
    many = "".join(f'<userTask id="t{n}"/>' for n in range(500))
    (said,) = findings(f'<process id="views" name="Views">{many}</process>')
    assert (said.code, said.element) == ("too-large", "views")
    assert said.message.startswith("“Views” (views): the diagram has 500 steps")


def test_too_deep_nesting_is_refused() -> None:
    deep = '<subProcess id="s">' * 8 + "</subProcess>" * 8
    assert [f.code for f in findings(f'<process id="views">{deep}</process>')] == ["too-large"]


def test_very_many_problems_are_cut_short_and_it_says_so() -> None:
    rows = "".join(f'<lscp:input name="n{n}" value="=x +"/>' for n in range(700))
    process = spoilt(('<lscp:input name="anchor" value="aware"/>', f'<lscp:input name="anchor" value="aware"/>{rows}'))
    found = findings(process)
    assert len(found) == 501
    assert found[-1].code == "more-findings"


def test_too_much_feel_stops_the_checking_of_it() -> None:
    rows = "".join(f'<lscp:input name="n{n}" value="={"1+" * 4000}1"/>' for n in range(40))
    process = spoilt(('<lscp:input name="anchor" value="aware"/>', f'<lscp:input name="anchor" value="aware"/>{rows}'))
    assert "too-much-feel" in {f.code for f in findings(process)}


# --- any tree at all ---

ODD = [
    "<a/>",
    '<definitions xmlns="urn:other"/>',
    f"{HEAD}</definitions>",
    f"{HEAD}<!-- --><?pi x?></definitions>",
    f"{HEAD}<process/></definitions>",
    f'{HEAD}<process id=""><startEvent id=""/><sequenceFlow/></process></definitions>',
    f'{HEAD}<process id="p"><sequenceFlow id="a" sourceRef="a" targetRef="a"/></process></definitions>',
    f'{HEAD}<process id="p"><process id="p"><userTask/></process></process></definitions>',
    f'{HEAD}<process id="p"><boundaryEvent id="b" attachedToRef="b"/></process></definitions>',
    f'{HEAD}<process id="p"><subProcess id="p"><startEvent/></subProcess></process></definitions>',
    f'{HEAD}<process id="p"><callActivity id="c" calledElement="p"/></process></definitions>',
    f'{HEAD}<process id="p"><extensionElements><lscp:deadline/></extensionElements></process></definitions>',
    f'{HEAD}<process id="p"><extensionElements><userTask id="t"/></extensionElements></process></definitions>',
    f'{HEAD}<userTask id="t"><multiInstanceLoopCharacteristics/></userTask><conditionExpression/></definitions>',
    f'{HEAD}<process id="p"><scriptTask id="s"><script><b/></script></scriptTask></process></definitions>',
]


@pytest.mark.parametrize("text", ODD)
def test_odd_trees_are_refused_and_never_raise(text: str) -> None:
    found = validate(etree.fromstring(text), name="views", known=Known())
    assert any(f.severity is Severity.ERROR for f in found)
    assert all(f.message for f in found)
