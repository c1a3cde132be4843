"""What a file holds that nobody sees who reads it: properties, comments, earlier words, text under a black box.

Files come from outside and are read in a process of their own, with little memory and time: what goes wrong there is
a finding like any other.
"""

import json
import subprocess
import sys
from collections.abc import Sequence

MOST_SECONDS = 20
UNREADABLE = "It can not be read: it is damaged, or too large to be checked"


def hidden_in(content: bytes, *, title: str | None = None, descriptions_read: bool = False) -> Sequence[str]:
    """In words that repeat nothing of it; empty when nothing was found. `title`: what the file may say it is called.

    `descriptions_read`: somebody has read what it says aloud of pictures, tables and links; that is no finding then.
    """
    try:
        done = subprocess.run(  # noqa: S603  # our own program; the file goes in by a pipe
            [
                sys.executable,
                "-P",
                "-m",
                "engine.hidden",
                title or "",
                "descriptions-read" if descriptions_read else "",
            ],
            input=content,
            capture_output=True,
            timeout=MOST_SECONDS,
            check=True,
        )
        found: list[str] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        return [UNREADABLE]
    return found
