"""One document as PDF and as Word: accessible, without an author, with nothing hidden, saying the same."""

import itertools
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import docx
import pikepdf
import pytest
from docx.oxml.ns import qn

from engine.hidden import hidden_in
from engine.papers import Facts, Heading, Issued, Paragraph, pdf, word
from tests.papers.accessible import problems, text_of
from tests.papers.examples import EVERYTHING, ISSUED, LONG, ODD

TITLE = "National Panel submission pack: SOL-2027-001"
SOFFICE = shutil.which("soffice")


@pytest.fixture(scope="module")
def printed() -> bytes:
    return pdf(ISSUED)


@pytest.fixture(scope="module")
def written() -> bytes:
    return word(ISSUED)


def flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def words_of(content: bytes) -> str:
    """Every part of the file, its properties included, without the tags."""
    with ZipFile(BytesIO(content)) as parts:
        return "\n".join(
            re.sub(r"<[^>]+>", " ", parts.read(name).decode("utf-8", "replace")) for name in parts.namelist()
        )


def test_the_pdf_passes_the_check_of_accessibility(printed: bytes) -> None:
    assert problems(printed, title=TITLE) == []


def _unmarked(pdf: Any) -> None:
    pdf.Root.MarkInfo.Marked = False


def _without(name: str) -> Callable[[Any], None]:
    def change(pdf: Any) -> None:
        del pdf.Root[name]

    return change


def _without_order(pdf: Any) -> None:
    del pdf.pages[0].obj["/Tabs"]


def _skipped_level(pdf: Any) -> None:
    for element in pdf.Root.StructTreeRoot.K[0].K:
        if element.S == pikepdf.Name.H3:
            element.S = pikepdf.Name.H4


def _headless(pdf: Any) -> None:
    for element in pdf.Root.StructTreeRoot.K[0].K:
        if pikepdf.Name.Table == element.S:
            for cell in element.K[1].K[0].K:
                cell.S = pikepdf.Name.TD


def _untagged(pdf: Any) -> None:
    page = pdf.pages[0]
    kept = [one for one in pikepdf.parse_content_stream(page) if str(one.operator) not in {"BDC", "BMC", "EMC"}]
    page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(kept))


def _figure(pdf: Any) -> None:
    pdf.Root.StructTreeRoot.K[0].K[1].S = pikepdf.Name.Figure


def _authored(pdf: Any) -> None:
    pdf.docinfo["/Author"] = "Somebody"


@pytest.mark.parametrize(
    "change",
    [
        _unmarked,
        _without("/Lang"),
        _without("/ViewerPreferences"),
        _without("/StructTreeRoot"),
        _without("/Metadata"),
        _without_order,
        _skipped_level,
        _headless,
        _untagged,
        _figure,
        _authored,
    ],
)
def test_the_check_of_accessibility_finds_what_is_wrong(printed: bytes, change: Callable[[Any], None]) -> None:
    changed = BytesIO()
    with pikepdf.open(BytesIO(printed)) as pdf:
        change(pdf)
        pdf.save(changed)
    assert problems(changed.getvalue(), title=TITLE) != []


def test_the_pdf_is_the_same_whenever_it_is_made(printed: bytes) -> None:
    assert pdf(ISSUED) == printed
    assert pdf(replace(ISSUED, at=ISSUED.at + timedelta(days=1))) != printed


def test_every_format_says_what_the_document_says_and_its_hash(printed: bytes, written: bytes) -> None:
    said = [EVERYTHING.title, EVERYTHING.partnership, EVERYTHING.marking, "version 2", EVERYTHING.digest, LONG[:80]]
    for found in (
        flat(text_of(printed)),
        flat(words_of(written).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")),
    ):
        assert [one for one in said if flat(one) not in found] == []
        assert found.count(flat(ODD)) == 2  # as text: nothing of it was carried out
    assert "root:" not in text_of(printed)


def test_pages_are_numbered(printed: bytes, written: bytes) -> None:
    count = len(pikepdf.open(BytesIO(printed)).pages)
    assert count > 2
    assert [f"Page {n} of {count}" for n in range(1, count + 1) if f"Page {n} of {count}" not in text_of(printed)] == []
    foot = docx.Document(BytesIO(written)).sections[0].footer._element
    assert [one.get(qn("w:instr")) for one in foot.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]


def test_nothing_is_hidden_in_either(printed: bytes, written: bytes) -> None:
    assert hidden_in(printed, title=TITLE) == []
    told = docx.Document(BytesIO(written)).core_properties
    assert (told.title, told.author, told.last_modified_by, told.comments) == (TITLE, "", "", "")
    with ZipFile(BytesIO(written)) as parts:
        assert not [n for n in parts.namelist() if re.search("comment|people|custom|thumbnail|embed|media", n)]


def test_characters_that_the_font_does_not_have_are_told_by_their_number() -> None:
    odd = replace(
        EVERYTHING, blocks=(Heading("日本"), Facts((("😀", "Zażółć, Ωμέγα, Привет, \u200d✓"),)), Paragraph("مرحبا"))
    )
    made = pdf(Issued(odd, 1, ISSUED.at))
    assert problems(made, title=TITLE) == []
    assert "[U+65E5][U+672C]" in text_of(made)
    assert "Zażółć, Ωμέγα, Привет" in text_of(made)
    assert "日本" in words_of(word(Issued(odd, 1, ISSUED.at)))


def test_the_word_document_is_accessible_and_has_no_author(written: bytes) -> None:
    made = docx.Document(BytesIO(written))
    known = made.core_properties
    assert (known.title, known.language) == (TITLE, "en-GB")
    assert (known.author, known.last_modified_by, known.comments, known.keywords) == ("", "", "", "")
    levels = [
        int(str(p.style.name)[-1]) for p in made.paragraphs if p.style and str(p.style.name).startswith("Heading")
    ]
    assert levels[:4] == [1, 2, 3, 4]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    for table in made.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert table._tbl.tblPr.find(qn("w:tblCaption")) is not None
    with ZipFile(BytesIO(written)) as parts:
        assert [name for name in parts.namelist() if "thumbnail" in name or "customXml" in name] == []
    assert 'w:lang w:val="en-GB"' in made.styles.element.xml


def test_each_numbered_list_of_the_word_document_begins_with_one(written: bytes) -> None:
    made = docx.Document(BytesIO(written))
    numbered = [p for p in made.paragraphs if p.style and p.style.name == "List Number"]
    lists = [p._p.pPr.numPr.numId.val for p in numbered]  # type: ignore[union-attr]
    assert len(lists) == 5
    assert len(set(lists)) == 2


@pytest.mark.skipif(
    SOFFICE is None, reason="no LibreOffice on this machine: Word documents were opened by python-docx only"
)
def test_the_word_document_opens_in_libreoffice(written: bytes, tmp_path: Path) -> None:
    (tmp_path / "paper.docx").write_bytes(written)
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    command = [
        str(SOFFICE),
        home,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        f"{tmp_path}/paper.docx",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    said = text_of((tmp_path / "paper.pdf").read_bytes())
    assert flat(EVERYTHING.digest) in flat(said)
    assert "Page 1 of" in said
