"""What a file hides: each kind of it in a small file made here, and clean ones in which nothing may be found."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import write_history
from engine.commands.keep_attachment import keep_attachment
from engine.hidden import UNREADABLE, hidden_in
from engine.hidden.pdf import hidden_in_pdf
from engine.model import AuditEvent, ProcessInstance
from engine.operations.context import OperationRefused
from engine.steps import ground
from engine.types import SYSTEM
from engine.values import newest
from tests.factories import NOON, bpmn, case, end, form, holder, package, publish, start, text, user

WORDS = "BT /F1 12 Tf 72 700 Td (Learning for practice) Tj ET"
Change = Callable[[Pdf], object]


def a_pdf(content: str = WORDS, change: Change | None = None, **saved: Any) -> bytes:
    pdf = Pdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    clear = Dictionary(Type=Name.ExtGState, ca=0.4)
    faint = Dictionary(Type=Name.ExtGState, ca=0.02)
    page.obj.Resources = Dictionary(Font=Dictionary(F1=font), ExtGState=Dictionary(Clear=clear, Faint=faint))
    page.obj.Contents = pdf.make_stream(content.encode())
    if change is not None:
        change(pdf)
    made = BytesIO()
    pdf.save(made, **saved)
    return made.getvalue()


def on_page(pdf: Pdf, **entries: Any) -> None:
    for name, value in entries.items():
        pdf.pages[0].obj[f"/{name}"] = value


def note(kind: str, **entries: object) -> Change:
    return lambda pdf: on_page(
        pdf, Annots=Array([Dictionary(Type=Name.Annot, Subtype=Name(f"/{kind}"), Rect=[0, 0, 9, 9], **entries)])
    )


def inform(**entries: str) -> Change:
    return lambda pdf: pdf.docinfo.update({f"/{name}": String(value) for name, value in entries.items()})


def attach(pdf: Pdf) -> None:
    pdf.attachments["draft.txt"] = b"the draft"


def describe(pdf: Pdf) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as described:
        described["dc:creator"] = ["Somebody"]


def layer(pdf: Pdf) -> None:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Draft")))
    pdf.Root.OCProperties = Dictionary(OCGs=[group], D=Dictionary(OFF=[group]))


def program(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def field(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=[pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("name")))])


def spoken(pdf: Pdf) -> None:
    pdf.Root.StructTreeRoot = pdf.make_indirect(
        Dictionary(K=pdf.make_indirect(Dictionary(S=Name.Span, ActualText=String("a name"))))
    )


def photograph(pdf: Pdf) -> None:
    picture = pdf.make_stream(b"\xff\xd8\xff\xe1\x00\x10Exif\0\0" + b"\0" * 40)
    picture.Type, picture.Subtype, picture.Filter = Name.XObject, Name.Image, Name.DCTDecode
    pdf.pages[0].obj.Resources.XObject = Dictionary(Im1=picture)


def photograph_within_a_form(pdf: Pdf) -> None:
    photograph(pdf)
    placed = pdf.pages[0].obj.Resources.XObject
    inner = pdf.make_stream(b"/Im1 Do", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
    inner.Resources = Dictionary(XObject=Dictionary(Im1=placed.Im1))
    pdf.pages[0].obj.Resources.XObject = Dictionary(Fm1=inner)


def described_photograph(pdf: Pdf) -> None:
    photograph(pdf)
    picture = pdf.pages[0].obj.Resources.XObject.Im1
    picture.write(b"\xff\xd8\xff\xe1\0\x40http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>", filter=Name.DCTDecode)


def within_a_form(pdf: Pdf) -> None:
    inner = pdf.make_stream(b"BT /F1 12 Tf 0 0 Td (A name) Tj ET")
    inner.Type, inner.Subtype, inner.BBox = Name.XObject, Name.Form, Array([0, 0, 100, 100])
    pdf.pages[0].obj.Resources.XObject = Dictionary(Fm1=inner)


def masked(pdf: Pdf) -> None:
    group = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))
    states = pdf.pages[0].obj.Resources.ExtGState
    states.Masked = Dictionary(SMask=Dictionary(S=Name.Luminosity, G=group))
    states.Bare = Dictionary(SMask=Name("/None"))


def masked_form(pdf: Pdf) -> None:
    masked(pdf)
    within_a_form(pdf)


def structure(**entries: Any) -> Change:
    """With one element that belongs to the page, written within another."""

    def change(pdf: Pdf) -> None:
        element = Dictionary(S=Name.Figure, Pg=pdf.pages[0].obj, **entries)
        pdf.Root.StructTreeRoot = pdf.make_indirect(Dictionary(K=Dictionary(S=Name.Document, K=element)))

    return change


def web(said: str) -> Change:
    return note("Link", A=Dictionary(S=Name.URI, URI=String("https://example.org/learning")), Contents=String(said))


def updated(made: bytes, part: bytes, number: int, *, root: int = 1) -> bytes:
    """As programs save what was changed: at the end, with a list that goes before the earlier one."""
    before = made[made.rindex(b"startxref") + 9 :].split()[0]
    at = len(made)
    listed = b"%d 0 obj %s endobj\nxref\n%d 1\n%010d 00000 n \n" % (number, part, number, at)
    end = b"trailer << /Size 9 /Root %d 0 R /Prev %s >>\nstartxref\n%d\n%%%%EOF\n"
    return made + listed + end % (root, before, at + listed.index(b"xref"))


def beside_its_box(pdf: Pdf) -> None:
    pdf.pages[0].obj.Resources.XObject.Fm1.BBox = Array([200, 200, 300, 300])


DESCRIBES = "Page 1 holds a description that is read aloud and not seen: read it, and confirm that you have"
LINK = "Page 1 has a link with words of its own, which the page need not show: read them, and confirm that you have"
UNUSED = "It holds parts that nothing in it uses, such as what was deleted: print it into a new PDF"
CUT_OFF = "Page 1 holds text that is cut off and still there: take the whole of it out"
MASKED = "Page 1 holds text under a mask, and nobody can tell what that hides: make it without transparency"
NARROW = "Page 1 holds text too small or too narrow to be read: take it out"
BLACK_BOX = f"{WORDS} 0 g 100 695 60 16 re f"


@pytest.mark.parametrize(
    ("words", "content", "change"),
    [
        ("Its properties hold an author", WORDS, inform(Author="Somebody")),
        ("Its properties hold a title", WORDS, inform(Title="Somebody’s draft")),
        ("Its properties hold further entries", WORDS, inform(Company="Somebody’s")),
        ("Its properties hold an author", WORDS, describe),
        ("It holds other files within it", WORDS, attach),
        ("It has layers that can be hidden and shown", WORDS, layer),
        ("It holds a program", WORDS, program),
        ("It holds a form to be filled in", WORDS, field),
        ("It holds words that stand in for what it shows", WORDS, spoken),
        *(
            ("Page 1 holds words that stand in for what it shows", WORDS, structure(**{key: String("a name")}))
            for key in ("ActualText", "E")
        ),
        *((DESCRIBES, WORDS, structure(**{key: String("a name")})) for key in ("Alt", "Summary")),
        (DESCRIBES, f"/Figure <</Alt (a name)>> BDC {WORDS} EMC", None),
        ("Page 1 holds words that stand in for what it shows", f"/Span <</E (a name)>> BDC {WORDS} EMC", None),
        (LINK, WORDS, web("A name")),
        (LINK, WORDS, note("Link", Contents=String("A name"))),
        ("Page 1 holds a comment or a mark", WORDS, note("Highlight")),
        ("Page 1 holds a redaction that was marked and not carried out", WORDS, note("Redact")),
        ("Page 1 holds another file within it", WORDS, note("FileAttachment")),
        (
            "Page 1 holds a small picture of itself, perhaps of an earlier version",
            WORDS,
            lambda pdf: on_page(pdf, Thumb=pdf.make_stream(b"")),
        ),
        ("Page 1 holds a picture with properties of its own, such as where it was taken", WORDS, photograph),
        (
            "Page 1 holds a picture with properties of its own, such as where it was taken",
            WORDS,
            photograph_within_a_form,
        ),
        ("Page 1 holds a picture with properties of its own, such as where it was taken", WORDS, described_photograph),
        *(
            (CUT_OFF, content, None)
            for content in (
                f"q 0 0 5 5 re W n {WORDS} Q",
                f"q 72 703 200 0.2 re W n {WORDS} Q",  # all but a hair of it
                f"q 0 0 5 5 re 590 837 5 5 re W n {WORDS} Q",  # between the pieces of what is shown
                f"q 60 690 m 60 760 l 400 760 l 400 720 l 70 720 l 70 690 l h W n {WORDS} Q",  # in the notch of an L
                f"q 0 0 595 842 re 60 690 300 30 re W* n {WORDS} Q",  # in a hole
                f"q BT 5 Tr /F1 12 Tf 72 400 Td (-) Tj ET BT 0 Tr 0 300 Td (A name) Tj ET {WORDS} Q",
            )
        ),
        (CUT_OFF, "q 1 0 0 1 0 600 cm 0 0 0 0 re W n /Fm1 Do Q", within_a_form),
        (CUT_OFF, "/Fm1 Do", lambda pdf: (within_a_form(pdf), beside_its_box(pdf))),
        ("Page 1 holds invisible text", f"BT 7 Tr ET {WORDS}", None),
        (MASKED, f"/Masked gs {WORDS}", masked),
        (MASKED, f"/Masked gs /Clear gs {WORDS}", masked),
        (MASKED, "/Masked gs 1 0 0 1 72 600 cm /Fm1 Do", masked_form),
        ("Page 1 holds invisible text", "/Faint gs 1 0 0 1 72 600 cm /Fm1 Do", within_a_form),
        (NARROW, "BT 0.01 Tz /F1 12 Tf 72 700 Td (A name) Tj ET", None),
        (NARROW, "BT /F1 12 Tf 0.001 0 0 1 72 700 Tm (A name) Tj ET", None),
        (NARROW, "BT /F1 12 Tf 1 0 1 0.001 72 700 Tm (A name) Tj ET", None),  # slanted until nothing is left
        *(
            ("Page 1 holds text under a box or a picture", f"{WORDS} {cover}", None)
            for cover in (
                "40 690 m 240 690 l 240 730 l 60 730 l 60 740 l 40 740 l h f",  # an L
                "60 690 m 120 690 l 120 720 l 60 720 l h 120 690 m 300 690 l 300 720 l 120 720 l h f",
                "60 690 m 120 690 l 90 720 l h 90 720 m 150 720 l 120 690 l h 60 690 m 60 720 l 90 720 l h f",
                " ".join(f"60 {690 + n} 300 1 re f" for n in range(30)),
                " ".join(f"{60 + n} 690 1 30 re" for n in range(200)) + " f",
                "60 690 m 150 690 240 690 300 690 c 300 730 l 60 730 l h f",
                "3 w 60 700 m 300 700 l 300 703 l 60 703 l 60 706 l 300 706 l S",
            )
        ),
        ("Page 1 holds text under a box or a picture", BLACK_BOX, None),
        (
            "Page 1 holds text under a box or a picture",
            f"{WORDS} 1 1 1 rg 60 690 m 300 690 l 300 720 l 60 720 l h f",
            None,
        ),
        ("Page 1 holds text under a box or a picture", "/Fm1 Do q 1 0 0 1 0 0 cm 0 0 60 20 re f Q", within_a_form),
        ("Page 1 holds invisible text", f"BT 3 Tr ET {WORDS}", None),
        ("Page 1 holds text beside what is shown", "BT /F1 12 Tf 72 900 Td (Above the page) Tj ET", None),
        *(
            ("Page 1 holds text in the colour of its ground, such as white on white", content, None)
            for content in (
                f"1 g {WORDS}",
                f"0 0 0 0 k {WORDS}",
                f"/DeviceRGB cs 1 0.98 1 sc {WORDS}",
                f"0.95 g {WORDS}",
                f"0 g 60 690 300 30 re f {WORDS}",  # what Word makes of a black highlight
                f"1 0 0 rg 60 690 300 30 re f 0.98 0 0.02 rg {WORDS}",
                f"0 g 60 690 m 300 690 l 300 600 l 400 600 l 400 720 l 60 720 l h f {WORDS}",
            )
        ),
        ("Page 1 holds text under a box or a picture", f"{WORDS} 30 w 60 703 m 300 703 l S", None),
        ("Page 1 holds invisible text", f"/Faint gs {WORDS}", None),
        (NARROW, "BT /F1 0.3 Tf 72 700 Td (A name) Tj ET", None),
        ("Page 1 holds a program", WORDS, note("Link", A=Dictionary(S=Name.JavaScript))),
        (
            "Page 1 holds words that stand in for what it shows",
            f"/Span <</ActualText (a name)>> BDC {WORDS} EMC",
            None,
        ),
    ],
)
def test_what_a_pdf_hides_is_found(words: str, content: str, change: Change | None) -> None:
    assert words in list(hidden_in_pdf(a_pdf(content, change)))


@pytest.mark.parametrize(
    "content",
    [
        WORDS,
        f"0 g 60 690 300 30 re f 1 g {WORDS}",  # white on a black bar that was there before
        f"{WORDS} 72 697 120 1 re f",  # underlined
        f"{WORDS} 72 703 120 1 re f",  # struck through
        f"{WORDS} q /Clear gs 1 1 0 rg 60 690 300 30 re f Q",  # marked with a colour that shows what is under it
        f"{WORDS} 60 100 300 30 re f",
        f"{WORDS} 60 690 300 30 re S",  # a frame
        f"{WORDS} 1 w 72 697 m 300 697 l S",  # underlined by a line
        f"0.9 g 60 690 300 30 re f 0.3 g {WORDS}",
        f"/Separation cs 1 scn {WORDS}",  # a colour of its own: nobody can tell
        f"0 g 60 690 m 60 760 l 400 760 l 400 720 l 70 720 l 70 690 l h f {WORDS}",  # in the notch of an L
        f"{WORDS} 60 690 m 60 760 l 400 760 l 400 720 l 70 720 l 70 690 l h f",
        f"{WORDS} 0 0 595 842 re 60 690 300 30 re f*",  # in the hole of a frame
        f"{WORDS} q 60 600 300 30 re W n 0 0 595 842 re f Q",  # of what is painted only a part is shown
        f"{WORDS} 1 w 60 690 m 300 720 l S",  # crossed out
        f"{WORDS} 72 703 120 1 re 72 697 120 1 re f",
        f"0.00000887 0 595.32 841.92 re W* n {WORDS}",  # as Word begins a page
        f"q 60 690 300 30 re W n {WORDS} Q q 0 0 5 5 re W n Q {WORDS}",
        f"q 70 702 400 30 re W n {WORDS} Q",  # the feet of the letters, no more
        "BT 50 Tz /F1 12 Tf 72 700 Td (Learning) Tj ET",
        "q 12 0 0 12 72 700 cm BT /F1 1 Tf (Learning) Tj ET Q",
        f"/Span <</ActualText (fi)>> BDC {WORDS} EMC /Figure <</Alt ( )>> BDC EMC",  # two letters drawn as one
    ],
)
def test_a_clean_pdf_is_clean(content: str) -> None:
    assert list(hidden_in_pdf(a_pdf(content))) == []


@pytest.mark.parametrize(("given", "shown"), [("0 0 0", True), ("1 1 1", False)])
def test_colours_of_a_space_that_the_page_names(given: str, shown: bool) -> None:
    def spaces(pdf: Pdf) -> None:
        profile = pdf.make_stream(b"", N=3)
        named = Dictionary(Measured=Array([Name.ICCBased, profile]), Plain=Name.DeviceRGB)
        pdf.pages[0].obj.Resources.ColorSpace = named

    for space in ("Measured", "Plain"):
        assert (list(hidden_in_pdf(a_pdf(f"/{space} cs {given} scn {WORDS}", spaces))) == []) is shown


def test_links_and_the_public_title_may_be_there() -> None:
    made = a_pdf(WORDS, lambda pdf: (note("Link")(pdf), inform(Title="Local review", Producer="A program")(pdf)))
    assert hidden_in(made, title="Local review") == []
    assert hidden_in(made) == ["Its properties hold a title"]


def test_an_earlier_version_is_still_in_the_file() -> None:
    made = a_pdf()
    for part, number in ((b"<< /Pages 2 0 R /Type /Catalog /Lang (en) >>", 1), (b"null", 4)):
        assert "It holds earlier versions of itself" in list(hidden_in_pdf(updated(made, part, number)))
    packed = a_pdf(object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert list(hidden_in_pdf(packed)) == []
    again = updated(packed, b"<< /Pages 3 0 R /Type /Catalog /Lang (en) >>", 2, root=2)
    assert "It holds earlier versions of itself" in list(hidden_in_pdf(again))


def test_what_was_taken_out_of_the_list_of_parts_is_still_in_the_file() -> None:
    made = a_pdf()
    gone = made.replace(b"xref\n0", b"7 0 obj (A name) endobj\nxref\n0", 1)
    at = b"%d" % gone.index(b"xref\n0")
    ended = gone[: gone.rindex(b"startxref")] + b"startxref\n" + at + b"\n%%EOF\n"
    assert list(hidden_in_pdf(ended)) == ["It holds earlier versions of itself"]


def test_a_second_list_of_the_same_parts_is_no_earlier_version() -> None:
    made = a_pdf()  # as Word ends a file
    before = made[made.rindex(b"startxref") + 9 :].split()[0]
    again = b"xref\n0 0\ntrailer\n<< /Size 5 /Root 1 0 R /Prev %s >>\nstartxref\n%d\n%%%%EOF\n" % (before, len(made))
    assert list(hidden_in_pdf(made + again)) == []


@pytest.mark.parametrize("part", [b"(A name)", b"<< /Words [(A name)] >>", b"<< /Length 2 >> stream\nBT\nendstream"])
def test_what_nothing_uses_is_still_in_the_file(part: bytes) -> None:
    assert list(hidden_in_pdf(updated(a_pdf(), part, 5))) == [UNUSED]


def test_how_a_file_is_written_is_nothing_left_over() -> None:
    for saved in ({"linearize": True}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}):
        assert list(hidden_in_pdf(a_pdf(**saved))) == []
    assert list(hidden_in_pdf(updated(a_pdf(), b"[0 0 612 792]", 5))) == []  # LibreOffice leaves one of these


def test_descriptions_that_somebody_has_read_are_no_finding() -> None:
    made = a_pdf(
        f"/Figure <</Alt (a name)>> BDC {WORDS} EMC", lambda pdf: (structure(Alt=String("x"))(pdf), web("A name")(pdf))
    )
    assert sorted(hidden_in(made)) == sorted({DESCRIBES, LINK})
    assert hidden_in(made, descriptions_read=True) == []
    spoken_for = a_pdf(change=structure(Alt=String("x"), ActualText=String("a name")))
    assert hidden_in(spoken_for, descriptions_read=True) == ["Page 1 holds words that stand in for what it shows"]


@pytest.mark.parametrize("said", ["", "https://example.org/learning", "example.org"])
def test_a_link_may_say_where_it_leads(said: str) -> None:
    assert list(hidden_in_pdf(a_pdf(change=web(said)))) == []


def test_a_mask_ends_where_it_is_taken_off() -> None:
    for content in (
        f"q /Masked gs Q {WORDS}",
        f"/Masked gs /Bare gs {WORDS}",
        f"/Masked gs 0 0 9 9 re f /Bare gs {WORDS}",
    ):
        assert list(hidden_in_pdf(a_pdf(content, masked))) == []


def test_an_encrypted_file_is_a_finding() -> None:
    locked = a_pdf(encryption=pikepdf.Encryption(owner="o", user="u"))
    readable = a_pdf(encryption=pikepdf.Encryption(owner="o", user=""))
    for made in (locked, readable):
        assert hidden_in(made) == ["It is encrypted, so that nobody can tell what it holds"]


def test_a_broken_file_is_a_finding() -> None:
    assert hidden_in(b"%PDF-1.7\nnothing") == ["It can not be read: it is damaged"]


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"Plain", b""])
def test_other_kinds_of_file_are_not_checked_and_so_not_clean(content: bytes) -> None:
    (said,) = hidden_in(content)
    assert said.startswith("It is no PDF.")


def test_what_follows_the_end_of_a_file_is_a_finding() -> None:
    assert hidden_in(a_pdf() + b"\n  \n") == []
    assert hidden_in(a_pdf() + b"a name") == ["It holds something after its end"]


def test_a_page_that_grows_without_end_is_a_finding() -> None:
    endless = a_pdf("q " * 2_000_000, compress_streams=True)
    assert hidden_in(endless) == ["Page 1 is too large to be checked"]


def test_a_file_that_takes_too_long_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.hidden.MOST_SECONDS", 0.001)
    assert hidden_in(a_pdf()) == [UNREADABLE]


# The operation

FILE = {"type": "string", "format": "file", "title": "A file"}
QUESTIONS = form(
    {
        "whole_report": {**FILE, "x-sensitivity": "SC"},
        "to_publish": {**FILE, "x-sensitivity": "SC"},
        "described": {**FILE, "x-sensitivity": "SC"},
        "published": {**FILE, "x-sensitivity": "-"},
        "remark": text(),
    },
    required=[],
)
DIAGRAM = bpmn("work", start(role="dcs"), user("ask", role="dcs"), end())
CLEAN, UNCLEAN = a_pdf(), a_pdf(change=inform(Author="Somebody"))


@pytest.fixture
def made(session: Session) -> ProcessInstance:
    publish(session, package(DIAGRAM, forms={"begin": QUESTIONS}))
    by = holder(session, "dcs")

    def sent(name: str, content: bytes) -> str:
        return str(keep_attachment(session, name, content, case_id=None, by=by, now=NOON).id)

    answers = {
        "whole_report": sent("whole.pdf", UNCLEAN),
        "to_publish": sent("redacted.pdf", CLEAN),
        "described": sent("described.pdf", a_pdf(change=structure(Alt=String("A circle")))),
        "published": sent("published.pdf", CLEAN),
        "remark": "fine",
    }
    return case(session, "work", answers, role="dcs")


def operate(session: Session, on: ProcessInstance, **inputs: Any) -> Any:
    return ground(session, on, by=SYSTEM, now=NOON).world.operate("check-file", inputs)


def published(session: Session, on: ProcessInstance) -> str:
    found = newest(session, on.case_id, "begin")
    assert found is not None
    return str(found.answers["published"])


def test_a_confidential_file_is_checked_by_the_name_of_its_answer(session: Session, made: ProcessInstance) -> None:
    assert operate(session, made, answer="to_publish") == {"clean": True, "findings": []}
    found = operate(session, made, answer="whole_report")
    assert found == {"clean": False, "findings": ["Its properties hold an author"]}
    assert operate(session, made, answer="described")["findings"] == [DESCRIBES]
    assert operate(session, made, answer="described", descriptions_read=True)["clean"]
    assert not operate(session, made, answer="described", descriptions_read=None)["clean"]


def test_the_published_file_is_the_one_that_was_checked(session: Session, made: ProcessInstance) -> None:
    file = published(session, made)
    assert operate(session, made, file=file, same_as="to_publish", differs_from="whole_report")["clean"]
    other = operate(session, made, file=file, same_as="whole_report", differs_from="to_publish")
    assert other["findings"] == [
        "It is not the file that was checked before",
        "It is the version that must not be published",
    ]


@pytest.mark.parametrize("inputs", [{"answer": "nothing"}, {"file": "no-file"}, {"answer": "remark"}])
def test_no_file_is_not_clean(session: Session, made: ProcessInstance, inputs: dict[str, str]) -> None:
    assert operate(session, made, **inputs) == {"clean": False, "findings": ["There is no file"]}


def test_one_file_is_checked_at_a_time(session: Session, made: ProcessInstance) -> None:
    for inputs in ({}, {"file": "a", "answer": "b"}):
        with pytest.raises(OperationRefused, match="give one of them"):
            operate(session, made, **inputs)


def test_the_check_is_history_without_what_the_file_says(session: Session, made: ProcessInstance) -> None:
    operate(session, made, answer="whole_report")
    write_history(session)
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "file-checked")).all()
    assert event.details["findings"] == ["Its properties hold an author"]
    assert "Somebody" not in str(event.details)
