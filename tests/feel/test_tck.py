"""The DMN Technology Compatibility Kit, level 2: all of it. It lies beside the checkout, or where DMN_TCK points."""

import os
from pathlib import Path

import pytest

from engine.bpmn.tck import run_tck

KIT = Path(os.environ.get("DMN_TCK") or Path(__file__).parents[2].parent / "shared" / "dmn-tck")
CASES = 116

here = pytest.mark.skipif(not KIT.is_dir(), reason=f"the DMN TCK is not at {KIT}; set DMN_TCK to where it is")


@here
def test_every_case_of_level_2_passes() -> None:
    report = run_tck([KIT])
    assert report.failures == []
    assert report.summary == f"{CASES} of {CASES} cases passed"


@here
def test_a_wrong_expectation_is_reported_with_both_values(tmp_path: Path) -> None:
    source = KIT / "0100-feel-constants"
    for file in source.iterdir():
        text = (
            file.read_text("utf-8").replace(">true<", ">false<") if file.suffix == ".xml" else file.read_text("utf-8")
        )
        (tmp_path / file.name).write_text(text, "utf-8")
    report = run_tck([tmp_path])
    assert report.total == report.passed + len(report.failed_cases)
    assert report.failures
    assert report.failures[0].expected == "false"
    assert report.failures[0].actual == "true"


def test_cases_whose_model_is_missing_or_broken_fail_and_the_rest_goes_on(tmp_path: Path) -> None:
    test = (
        '<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"><modelName>m.dmn</modelName>'
        '<testCase id="1"><resultNode name="d"><expected><value>1</value></expected></resultNode></testCase>'
        "</testCases>"
    )
    (tmp_path / "a-test-01.xml").write_text(test)
    (tmp_path / "b-test-01.xml").write_text("<not xml")
    report = run_tck([tmp_path])
    assert (report.total, report.passed) == (2, 0)
    assert "m.dmn" in report.failures[0].actual
