"""Papers: what they say, as one document, and that document as Word and PDF (pages are the web's)."""

from engine.papers.document import (
    Block,
    Document,
    Facts,
    Heading,
    Issued,
    Items,
    Paragraph,
    Table,
)
from engine.papers.kinds import KINDS, Kind, PaperKind
from engine.papers.pdf import pdf
from engine.papers.word import word

__all__ = [
    "KINDS",
    "Block",
    "Document",
    "Facts",
    "Heading",
    "Issued",
    "Items",
    "Kind",
    "PaperKind",
    "Paragraph",
    "Table",
    "pdf",
    "word",
]
