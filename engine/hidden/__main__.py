"""One file from standard input; what it hides, as JSON, on standard output."""

import json
import resource
import sys
from contextlib import suppress

from engine.hidden.pdf import hidden_in_pdf

MOST_MEMORY = 1_500_000_000  # bytes
MOST_CPU = 15  # seconds
MOST_FINDINGS = 25
NOT_CHECKED = "It is no PDF. Of another kind of file nobody can tell to the end what it hides: save it as a PDF"


def main() -> None:
    for what, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_CPU)):
        with suppress(ValueError, OSError):  # where the system allows less already
            resource.setrlimit(what, (most, most))
    content, title, read = sys.stdin.buffer.read(), sys.argv[1] or None, bool(sys.argv[2])
    is_pdf = content.startswith(b"%PDF-")
    found = [NOT_CHECKED]
    if is_pdf:
        found = list(dict.fromkeys(hidden_in_pdf(content, title=title, descriptions_read=read)))
    more = len(found) - MOST_FINDINGS
    if more > 0:
        found = [*found[:MOST_FINDINGS], f"And {more} more"]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
