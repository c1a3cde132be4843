"""The whole product in one process that a test may kill at any moment.

Run as a script it imports everything once, and for each line "start" on its input forks a fresh process that serves web
and workers on the given port; it answers with that process's id. A fork from a parent that holds no connection and no
thread is as good as a new start, without the second that Python takes to import.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from werkzeug.serving import make_server

from engine.assembly import make_runtime
from engine.clock import Clock
from engine.runtime import Runtime
from tests.conftest import settings
from web import logs
from web.app import create_app
from web.quiet import QuietHandler
from workers.inprocess import start_workers


def shifted_clock(file: Path) -> Clock:
    """Real time, shifted by the seconds that stand in a file: a test moves every process at once."""

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text()))

    return now


def open_runtime(folder: Path, mail_url: str) -> Runtime:
    made = settings(f"sqlite:///{folder / 'lscp.sqlite'}", demo=True, mail_url=mail_url)
    return make_runtime(made, clock=shifted_clock(folder / "shift"))


def serve(folder: Path, port: int, mail_url: str) -> None:
    runtime = open_runtime(folder, mail_url)
    start_workers(runtime)
    make_server("127.0.0.1", port, create_app(runtime), threaded=True, request_handler=QuietHandler).serve_forever()


def main() -> None:
    folder, port, mail_url = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    logs.set_up()
    for line in sys.stdin:
        if line.strip() == "start":
            child = os.fork()
            if child == 0:
                sys.stdin.close()
                serve(folder, port, mail_url)
                os._exit(0)
            print(child, flush=True)
        elif line.strip() == "reap":
            os.waitpid(-1, 0)
            print("reaped", flush=True)


if __name__ == "__main__":
    main()
