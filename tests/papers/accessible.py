"""What a machine can tell of a PDF's accessibility (PDF/UA-1, ISO 14289-1), as a list of what is wrong."""

import itertools
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

STANDARD = frozenset(
    [
        "Document",
        "Part",
        "Art",
        "Sect",
        "Div",
        "BlockQuote",
        "Caption",
        "TOC",
        "TOCI",
        "Index",
        "NonStruct",
        "Private",
        "P",
        "H",
        "H1",
        "H2",
        "H3",
        "H4",
        "H5",
        "H6",
        "L",
        "LI",
        "Lbl",
        "LBody",
        "Table",
        "TR",
        "TH",
        "TD",
        "THead",
        "TBody",
        "TFoot",
        "Span",
        "Quote",
        "Note",
        "Reference",
        "BibEntry",
        "Code",
        "Link",
        "Annot",
        "Ruby",
        "RB",
        "RT",
        "RP",
        "Warichu",
        "WT",
        "WP",
        "Figure",
        "Formula",
        "Form",
    ]
)
MAY_HOLD = {
    "L": {"LI", "L", "Caption"},
    "LI": {"Lbl", "LBody"},
    "Table": {"Caption", "THead", "TBody", "TFoot", "TR"},
    "THead": {"TR"},
    "TBody": {"TR"},
    "TR": {"TH", "TD"},
}
SHOWING = frozenset({"Tj", "TJ", "'", '"'})


def problems(content: bytes, *, title: str, language: str = "en-GB") -> list[str]:
    with pikepdf.open(BytesIO(content)) as pdf:
        return [
            *_catalog(pdf, title, language),
            *_pages(pdf),
            *_fonts(pdf),
            *(_structure(pdf) if "/StructTreeRoot" in pdf.Root else ["it has no structure"]),
        ]


def _catalog(pdf: pikepdf.Pdf, title: str, language: str) -> Iterator[str]:
    root = pdf.Root
    marks: Any = root.get("/MarkInfo", {})
    if marks.get("/Marked") is not True or marks.get("/Suspects") is True:
        yield "it is not marked as tagged"
    if str(root.get("/Lang", "")) != language:
        yield f"its language is {root.get('/Lang')}"
    if root.get("/ViewerPreferences", Dictionary()).get("/DisplayDocTitle") is not True:
        yield "a reader shows the file's name instead of the title"
    if pdf.is_encrypted:
        yield "it is encrypted"
    with pdf.open_metadata() as known:
        if known.get("pdfuaid:part") != "1":
            yield "it does not say that it is PDF/UA-1"
        if known.get("dc:title") != title or str(pdf.docinfo.get("/Title", "")) != title:
            yield f"its title is {known.get('dc:title')}"
        if known.get("dc:creator") or "/Author" in pdf.docinfo:
            yield "it names an author"


def _pages(pdf: pikepdf.Pdf) -> Iterator[str]:
    for number, page in enumerate(pdf.pages, 1):
        if page.obj.get("/Tabs") != Name.S:
            yield f"page {number} is not tabbed in the order of its structure"
        if "/StructParents" not in page.obj:
            yield f"page {number} is not part of the structure"
        depth = 0
        for operands, operator in pikepdf.parse_content_stream(page):
            word = str(operator)
            if word in {"BDC", "BMC"}:
                depth += 1
            elif word == "EMC":
                depth -= 1
            elif word in SHOWING and depth == 0:
                yield f"page {number} has text that is neither tagged nor an artifact: {operands}"


def _fonts(pdf: pikepdf.Pdf) -> Iterator[str]:
    for page in pdf.pages:
        fonts: Any = page.resources.get("/Font", {})
        for name, font in fonts.items():
            below = font.get("/DescendantFonts", [font])[0].get("/FontDescriptor", Dictionary())
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(below.keys()):
                yield f"font {name} is not in the file"
            if "/ToUnicode" not in font:
                yield f"the letters of font {name} can not be read out"


def _structure(pdf: pikepdf.Pdf) -> Iterator[str]:
    tree = pdf.Root.StructTreeRoot
    roles = {str(k)[1:]: str(v)[1:] for k, v in tree.get("/RoleMap", Dictionary()).items()}
    if "/ParentTree" not in tree:
        yield "its structure can not be found from its pages"
    headings: list[int] = []
    for element in _below(tree):
        kind = kind_of(element, roles)
        inside = [kind_of(one, roles) for one in _children(element)]
        if kind not in STANDARD:
            yield f"<{kind}> is not a standard kind of element"
        if kind in MAY_HOLD and (wrong := set(inside) - MAY_HOLD[kind]):
            yield f"<{kind}> holds {wrong}"
        if kind == "Figure" and not str(element.get("/Alt", "")):
            yield "a figure has no words instead of it"
        if kind == "Table":
            yield from _table(element, roles)
        if kind in {"H1", "H2", "H3", "H4", "H5", "H6"}:
            headings.append(int(kind[1]))
    if headings.count(1) != 1 or headings[:1] != [1]:
        yield f"its headings do not begin with the one title: {headings}"
    if any(after > before + 1 for before, after in itertools.pairwise(headings)):
        yield f"its headings leave a level out: {headings}"


def _table(table: Any, roles: dict[str, str]) -> Iterator[str]:
    rows = [one for one in _below(table) if kind_of(one, roles) == "TR"]
    widths = {len(_children(row)) for row in rows}
    heads = [one for one in _below(table) if kind_of(one, roles) == "TH"]
    if len(widths) != 1:
        yield f"a table has rows of {widths} cells"
    if not heads or not all(any("/Scope" in one for one in _attributes(head)) for head in heads):
        yield "a table has no heads that say what they head"
    if rows and {kind_of(one, roles) for one in _children(rows[0])} != {"TH"}:
        yield "the first row of a table is no head"


def kind_of(element: Any, roles: dict[str, str]) -> str:
    kind = str(element.S)[1:]
    return roles.get(kind, kind)


def _attributes(element: Any) -> list[Any]:
    found = element.get("/A", Array())
    return list(found) if isinstance(found, Array) else [found]


def _children(element: Any) -> list[Any]:
    below = element.get("/K", Array())
    return [
        one for one in (below if isinstance(below, Array) else [below]) if isinstance(one, Dictionary) and "/S" in one
    ]


def _below(element: Any) -> Iterator[Any]:
    for one in _children(element):
        yield one
        yield from _below(one)


def text_of(content: bytes) -> str:
    """Its words in the order of its pages, as a search would find them; and its properties."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(content))
    known = " ".join(f"{k} {v}" for k, v in (reader.metadata or {}).items())
    return "\n".join([known, *(page.extract_text() for page in reader.pages)])
