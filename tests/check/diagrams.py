"""One good process that uses most of what a diagram may hold, and what exists around it. Tests spoil it somewhere."""

from lxml import etree

from engine.bpmn.finding import Finding
from engine.bpmn.validate import Known, Naming, OperationShape, Survey, validate

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:lscp="urn:lscp-workflow:bpmn:1" '
    'xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="urn:t">\n'
)

GOOD = """\
<process id="views" isExecutable="true" lscp:owner="chair" lscp:title="Views">
  <extensionElements>
    <lscp:deadlines>
      <lscp:deadline id="D03" name="Views in" rule="+2wd after aware" ladder="rapid" responsible="chair"/>
    </lscp:deadlines>
  </extensionElements>
  <laneSet id="lanes"><lane id="lane"><flowNodeRef>give-view</flowNodeRef></lane></laneSet>
  <startEvent id="begin" lscp:role="chair" lscp:form="incident"/>
  <serviceTask id="set" lscp:operation="set-anchor">
    <extensionElements>
      <lscp:input name="anchor" value="aware"/><lscp:input name="at" value="=aware_at"/>
      <lscp:output name="told" value="=result"/>
    </extensionElements>
  </serviceTask>
  <scriptTask id="count" scriptFormat="feel"><script>{asked: 0, last: deadline("D03")}</script></scriptTask>
  <userTask id="give-view" name="Give your view" lscp:role="chair" lscp:due="D03"
    lscp:does="vote" lscp:mayNot="SOD-01"/>
  <boundaryEvent id="late" attachedToRef="give-view" cancelActivity="false">
    <timerEventDefinition id="late-timer"><timeDate>=last</timeDate></timerEventDefinition>
  </boundaryEvent>
  <endEvent id="told-late"/>
  <businessRuleTask id="weigh" lscp:decision="duty" lscp:result="duty"/>
  <exclusiveGateway id="agreed" name="Agreed?" default="agreed-ask"/>
  <callActivity id="ask" calledElement="partner-vote">
    <extensionElements>
      <lscp:input name="topic" value="=view"/><lscp:output name="carried" value="=outcome"/>
    </extensionElements>
  </callActivity>
  <subProcess id="each">
    <multiInstanceLoopCharacteristics lscp:in="=partners" lscp:each="partner" lscp:collect="found" lscp:as="=partner"/>
    <startEvent id="each-begin"/>
    <eventBasedGateway id="first"/>
    <intermediateCatchEvent id="day-passed">
      <timerEventDefinition id="day-timer"><timeDuration>P1D</timeDuration></timerEventDefinition>
    </intermediateCatchEvent>
    <intermediateCatchEvent id="came">
      <messageEventDefinition id="came-m" messageRef="m-reply"/>
    </intermediateCatchEvent>
    <endEvent id="each-done"/>
    <sequenceFlow id="e1" sourceRef="each-begin" targetRef="first"/>
    <sequenceFlow id="e2" sourceRef="first" targetRef="day-passed"/>
    <sequenceFlow id="e3" sourceRef="first" targetRef="came"/>
    <sequenceFlow id="e4" sourceRef="day-passed" targetRef="each-done"/>
    <sequenceFlow id="e5" sourceRef="came" targetRef="each-done"/>
  </subProcess>
  <intermediateThrowEvent id="send">
    <extensionElements><lscp:input name="view" value="=view"/></extensionElements>
    <messageEventDefinition id="send-m" messageRef="m-reply"/>
  </intermediateThrowEvent>
  <endEvent id="done"/>
  <subProcess id="withdrawal" triggeredByEvent="true">
    <startEvent id="withdrawn" lscp:role="chair" lscp:form="incident" isInterrupting="false">
      <messageEventDefinition id="withdrawn-m" messageRef="m-withdraw"/>
    </startEvent>
    <endEvent id="withdrawal-done"/>
    <sequenceFlow id="w1" sourceRef="withdrawn" targetRef="withdrawal-done"/>
  </subProcess>
  <sequenceFlow id="f1" sourceRef="begin" targetRef="set"/>
  <sequenceFlow id="f2" sourceRef="set" targetRef="count"/>
  <sequenceFlow id="f3" sourceRef="count" targetRef="give-view"/>
  <sequenceFlow id="f4" sourceRef="late" targetRef="told-late"/>
  <sequenceFlow id="f5" sourceRef="give-view" targetRef="weigh"/>
  <sequenceFlow id="f6" sourceRef="weigh" targetRef="agreed"/>
  <sequenceFlow id="agreed-ask" sourceRef="agreed" targetRef="ask"/>
  <sequenceFlow id="agreed-each" name="yes" sourceRef="agreed" targetRef="each">
    <conditionExpression>view = "notify" and harm = "serious"</conditionExpression>
  </sequenceFlow>
  <sequenceFlow id="f7" sourceRef="ask" targetRef="done"/>
  <sequenceFlow id="f8" sourceRef="each" targetRef="send"/>
  <sequenceFlow id="f9" sourceRef="send" targetRef="done"/>
</process>
<message id="m-reply" name="reply"/>
<message id="m-withdraw" name="withdraw"/>
<signal id="s-stop" name="stop"/>
<error id="e-gone" name="gone"/>
"""

KNOWN = Known(
    roles=frozenset({"chair", "dcs"}),
    bodies=frozenset({"csc"}),
    separation={"SOD-01": "vote", "SOD-02": "scrutinise"},
    ladders=frozenset({"standard", "rapid"}),
    notices=frozenset({"submitted"}),
    lists=frozenset({"bodies"}),
    operations={
        "set-anchor": OperationShape(
            {"anchor": Naming.ANCHOR, "at": Naming.NOTHING, "meets": Naming.DEADLINE}, frozenset({"anchor", "at"})
        ),
        "tell": OperationShape({"notice": Naming.NOTICE, "to": Naming.ROLE}, frozenset({"notice", "to"})),
        "enter-register": OperationShape({"register": Naming.REGISTER}, frozenset({"register"})),
    },
    forms={
        "incident": {"aware_at": "-", "harm": "SC", "partners": "-", "reported_by": "P"},
        "give-view": {"view": "-", "view_reasons": "SC"},
    },
    decisions={"duty": frozenset({"view", "harm"})},
    surveys={
        "partner-vote": Survey("partner-vote", names=frozenset({"outcome", "topic"}), papers={"cast": {"option": "-"}}),
        "by-message": Survey("by-message", begins_plainly=False),
    },
)


def document(process: str = GOOD) -> str:
    return f"{HEAD}{process}</definitions>"


def spoilt(*changes: tuple[str, str]) -> str:
    """The good process with texts replaced; each must be there once, to be sure it is the one that is meant."""
    process = GOOD
    for old, new in changes:
        assert process.count(old) == 1, old
        process = process.replace(old, new)
    return process


def findings(process: str, known: Known = KNOWN, *, name: str = "views") -> list[Finding]:
    return validate(etree.fromstring(document(process)), name=name, known=known)


def line_of(process: str, text: str) -> int:
    return document(process)[: document(process).index(text)].count("\n") + 1
