"""Uploaded files are looked at by the operator's own scanner before any transaction opens."""

import subprocess
from collections.abc import Sequence
from enum import StrEnum
from time import monotonic
from typing import IO

import structlog
from flask import g, request
from werkzeug.datastructures import FileStorage

from web.edge import runtime

log = structlog.get_logger()
PATIENCE = 20.0  # seconds for all files of one request: less than what a web server waits for an answer


class Verdict(StrEnum):
    """What the form says of a file that is not clean."""

    CLEAN = ""
    INFECTED = "The selected file contains a virus"
    UNKNOWN = "The selected file could not be checked for viruses, try again"


def scan_uploads() -> None:
    """Judge every file of this request; `verdict` remembers."""
    command = runtime().settings.file_scan
    verdicts: dict[int, Verdict] = g.setdefault("verdicts", {})
    if not command or request.mimetype != "multipart/form-data":
        return
    until = monotonic() + PATIENCE
    for _, upload in request.files.items(multi=True):
        if upload.filename:
            verdicts[id(upload)] = scan(
                command, upload.stream, seconds=until - monotonic(), most=runtime().settings.attachment_limit
            )


def verdict(upload: FileStorage) -> Verdict:
    """Where files are scanned, one that was not is not taken."""
    found: Verdict = g.get("verdicts", {}).get(id(upload), Verdict.UNKNOWN)
    return found if runtime().settings.file_scan else Verdict.CLEAN


def scan(command: Sequence[str], stream: IO[bytes], *, seconds: float, most: int) -> Verdict:
    """Run the scanner with the file on its standard input; 0 is clean, 1 infected, anything else no answer.

    `most`: the size in bytes from which a file is refused anyway.
    """
    if seconds <= 0:
        return Verdict.UNKNOWN
    content = stream.read(most + 1)
    stream.seek(0)
    if len(content) > most:
        return Verdict.CLEAN  # nobody keeps it
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
            command,
            input=content,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.error("file not scanned", cause=type(error).__name__)
        return Verdict.UNKNOWN
    if done.returncode not in (0, 1):
        log.error("file not scanned", cause="exit", code=done.returncode)
        return Verdict.UNKNOWN
    return Verdict.INFECTED if done.returncode else Verdict.CLEAN
