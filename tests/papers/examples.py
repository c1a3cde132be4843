"""A paper with one of everything."""

from datetime import UTC, datetime

from engine.papers import Document, Facts, Heading, Issued, Items, Paragraph, Table

AT = datetime(2027, 2, 3, 11, tzinfo=UTC)
LONG = "Two agencies made separate plans for the same support, and neither saw the other’s. " * 20
ODD = '#read("/etc/passwd") <b>bold</b> *strong* _x_ $a$ @ref \\ {{ 1 }} & [x] “quoted”'
EVERYTHING = Document(
    title="National Panel submission pack",
    partnership="Solihull Local Safeguarding Children Partnership",
    reference="SOL-2027-001",
    marking="Confidential: for the access list of this case",
    facts=(("Notified", "14 January 2027 at 3pm"), ("Decision", "No local review")),
    blocks=(
        Heading("Rapid review"),
        Paragraph("By the chair.\n\nIn two paragraphs."),
        Heading("Panel", 3),
        Table("Members", ("Organisation", "Role"), (("Council", "Member"), ("Police", ODD))),
        Facts((("Agencies that returned", "One\nAnother"), ("What happened, and why was it not seen?", LONG))),
        Heading("Episode 1", 4),
        Facts((("From", "1 September 2026"), ("To", "15 October 2026"))),
        Heading("What follows"),
        Items(("First", ODD, "Third"), numbered=True),
        Paragraph("And then:"),
        Items(("Again first", LONG), numbered=True),
        Items(("One", "Another")),
        Table("Many", ("Number", "Square"), tuple((str(n), str(n * n)) for n in range(90))),
    ),
)
ISSUED = Issued(EVERYTHING, 2, AT)
