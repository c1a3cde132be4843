"""A paper as a Word document (DOCX): real headings, lists and table heads, page numbers, and no author."""

from collections.abc import Sequence
from datetime import UTC
from functools import singledispatch
from io import BytesIO
from typing import Any

import docx
from docx.document import Document as Word
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph

from engine.papers.document import Block, Facts, Heading, Issued, Items, Paragraph, Table

FONT = "Arial"
INK, GREY, BRAND = RGBColor(0x0B, 0x0C, 0x0C), RGBColor(0x50, 0x5A, 0x5F), RGBColor(0x0C, 0x3F, 0x46)
LINE = "B1B4B6"
SIZES = {1: 24, 2: 16, 3: 13, 4: 11.5}
WIDTH = Mm(166)
KEY_WIDTH = Mm(52)
SHORT_KEY, SHORT_ANSWER = 24, 120  # characters that fit beside each other
KEY, ANSWER, SMALL = "Paper question", "Paper answer", "Paper small print"


def word(issued: Issued) -> bytes:
    made = docx.Document()
    _strip(made)
    _style(made)
    _describe(made, issued)
    _page(made, issued)
    document = issued.document
    made.add_heading(document.title, 1)
    _facts(made, issued.head)
    for block in document.blocks:
        put(block, made)
    _space_after_tables(made)
    small = made.add_paragraph(style=SMALL)
    small.paragraph_format.space_before = Pt(24)
    small.add_run(
        f"{document.partnership}. {document.title}, {document.reference}, version {issued.version} of {issued.date}."
    )
    made.add_paragraph(f"SHA-256 of the content, the same in every format: {document.digest}", style=SMALL)
    kept = BytesIO()
    made.save(kept)
    return kept.getvalue()


def _strip(made: Word) -> None:
    """What the library's blank document brings with it: a preview of another document, and data of a program."""
    package = made.part.package
    for owner in (package, made.part):
        for key, rel in list(owner.rels.items()):
            if rel.reltype.endswith(("/thumbnail", "/customXml")) or rel.reltype == RELATIONSHIP_TYPE.CUSTOM_XML:
                del owner.rels[key]


def _describe(made: Word, issued: Issued) -> None:
    properties, at = made.core_properties, issued.at.astimezone(UTC).replace(tzinfo=None)
    properties.title = f"{issued.document.title}: {issued.document.reference}"
    properties.language = "en-GB"
    properties.author = properties.last_modified_by = properties.comments = properties.keywords = ""
    properties.revision, properties.created, properties.modified = 1, at, at


def _style(made: Word) -> None:
    normal = made.styles["Normal"]
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = Pt(8), 1.15
    _font(normal, 11, INK)
    for level, size in SIZES.items():
        heading = made.styles[f"Heading {level}"]
        _font(heading, size, BRAND if level < 3 else INK, bold=True, italic=False)
        heading.paragraph_format.space_before = Pt(0 if level == 1 else 26 - 4 * level)
        heading.paragraph_format.space_after = Pt(12 if level == 1 else 6)
    for name, size, color, bold in ((KEY, 11, INK, True), (ANSWER, 11, INK, False), (SMALL, 8.5, GREY, False)):
        made_style = made.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        made_style.base_style = normal
        _font(made_style, size, color, bold=bold)
    made.styles[KEY].paragraph_format.keep_with_next = True
    made.styles[KEY].paragraph_format.space_after = Pt(1)
    made.styles[ANSWER].paragraph_format.space_after = Pt(9)
    for name in ("Header", "Footer"):
        _font(made.styles[name], 8.5, GREY)
        stops = made.styles[name].paragraph_format.tab_stops
        stops.clear_all()
        stops.add_tab_stop(WIDTH, WD_TAB_ALIGNMENT.RIGHT)
    _font(made.styles["Caption"], 11, INK, bold=True)
    made.styles["Caption"].paragraph_format.keep_with_next = True


def _font(style: Any, size: float, color: RGBColor, *, bold: bool = False, italic: bool = False) -> None:
    font = style.font
    font.name, font.size, font.bold, font.italic, font.color.rgb = FONT, Pt(size), bold, italic, color
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in list(fonts.attrib):
        if attribute.endswith("Theme"):
            del fonts.attrib[attribute]
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    style.element.get_or_add_rPr().append(language)


def _page(made: Word, issued: Issued) -> None:
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin, section.bottom_margin = Mm(26), Mm(24)
    document = issued.document
    head, foot = section.header.paragraphs[0], section.footer.paragraphs[0]
    head.add_run(f"{document.partnership}\t")
    marking = head.add_run(document.marking)
    marking.bold, marking.font.color.rgb = True, INK
    _border(head, "bottom", 4, LINE)
    foot.add_run(f"{document.reference} · version {issued.version} · {issued.date} · {document.digest[:12]}\tPage ")
    _number(foot, "PAGE")
    foot.add_run(" of ")
    _number(foot, "NUMPAGES")
    _border(foot, "top", 4, LINE)


def _number(line: WordParagraph, field: str) -> None:
    """A field that Word fills in when it lays the pages out."""
    simple = OxmlElement("w:fldSimple")
    simple.set(qn("w:instr"), field)
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    simple.append(run)
    line._p.append(simple)


def _border(line: WordParagraph, side: str, eighths: int, color: str) -> None:
    borders, border = OxmlElement("w:pBdr"), OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", str(eighths)), ("space", "4"), ("color", color)):
        border.set(qn(f"w:{name}"), value)
    borders.append(border)
    line._p.get_or_add_pPr().append(borders)


@singledispatch
def put(block: Block, made: Word) -> None:
    raise NotImplementedError


@put.register
def _heading(block: Heading, made: Word) -> None:
    made.add_heading(block.text, block.level)


@put.register
def _paragraph(block: Paragraph, made: Word) -> None:
    for part in block.text.split("\n\n"):
        made.add_paragraph(part)


@put.register
def _put_facts(block: Facts, made: Word) -> None:
    _facts(made, block.rows)


def _facts(made: Word, rows: Sequence[tuple[str, str]]) -> None:
    """Short questions stand beside their answers, long ones above."""
    beside = all(len(key) <= SHORT_KEY and len(answer) <= SHORT_ANSWER for key, answer in rows)
    for key, answer in rows:
        if beside:
            line = made.add_paragraph(style=ANSWER)
            line.add_run(f"{key}\t").bold = True
            line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = KEY_WIDTH, -KEY_WIDTH
            line.paragraph_format.tab_stops.add_tab_stop(KEY_WIDTH)
            line.paragraph_format.space_after = Pt(4)
            line.add_run(answer)
        else:
            made.add_paragraph(key, style=KEY)
            made.add_paragraph(answer, style=ANSWER)


@put.register
def _items(block: Items, made: Word) -> None:
    numbering = _new_numbering(made) if block.numbered else None
    for item in block.items:
        line = made.add_paragraph(item, style="List Number" if block.numbered else "List Bullet")
        if numbering is not None:
            of_line: Any = line._p.get_or_add_pPr()
            of_line.get_or_add_numPr().get_or_add_numId().val = numbering


def _new_numbering(made: Word) -> int:
    """Each list begins with 1; Word would go on where the last one ended."""
    style = made.styles["List Number"].element.pPr.numPr.numId.val
    numbering = made.part.numbering_part.element
    began = numbering.add_num(numbering.num_having_numId(style).abstractNumId.val)
    began.add_lvlOverride(ilvl=0).add_startOverride(1)
    number: int = began.numId
    return number


@put.register
def _table(block: Table, made: Word) -> None:
    made.add_paragraph(block.caption, style="Caption")
    table = made.add_table(rows=0, cols=len(block.columns))
    table.autofit = False
    widths = [Mm(round(WIDTH.mm * share)) for share in block.shares]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for at, row in enumerate((block.columns, *block.rows)):
        for across, (cell, text) in enumerate(zip(table.add_row().cells, row, strict=True)):
            cell.width = widths[across]
            line = cell.paragraphs[0]
            line.add_run(text).bold = at == 0 or across == 0
            line.paragraph_format.space_after = Pt(3)
            line.paragraph_format.space_before = Pt(3)
    _head(table, block.caption)


def _head(table: WordTable, caption: str) -> None:
    """The first row is the head, again on every page; thin lines between rows; no row over two pages."""
    settings = table._tbl.tblPr
    _add(settings, "w:tblCaption", val=caption)
    _add(settings, "w:tblLook", firstRow="1", firstColumn="1", lastRow="0", lastColumn="0", noHBand="1", noVBand="1")
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        _add(borders, f"w:{side}", val="single", sz="4", space="0", color=LINE)
    settings.append(borders)
    for at, row in enumerate(table.rows):
        of_row = row._tr.get_or_add_trPr()
        _add(of_row, "w:cantSplit")
        if at == 0:
            _add(of_row, "w:tblHeader")


def _add(parent: Any, tag: str, **attributes: str) -> None:
    for there in parent.findall(qn(tag)):
        parent.remove(there)
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    parent.append(made)


def _space_after_tables(made: Word) -> None:
    lines: dict[Any, WordParagraph] = {line._p: line for line in made.paragraphs}
    for table in made.tables:
        line = lines.get(table._tbl.getnext())
        if line is not None and not line.style.name.startswith("Heading"):  # type: ignore[union-attr]
            line.paragraph_format.space_before = Pt(14)
