"""Settings, read once from the environment and frozen."""

import os
import shlex
import shutil
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from engine.errors import EngineError


class SettingsError(EngineError):
    """A setting is missing or unsafe."""

    code = "settings"
    advice = "Set it in the environment and start again. The README lists every setting."


@dataclass(frozen=True)
class Settings:
    """Each default is right for one machine in one process, and harmless in public."""

    database_url: str
    broker_url: str
    mail_url: str
    secret_key: bytes  # signs sessions and forms
    data_key: bytes  # 32 bytes: encrypts confidential answers and keys their hashes
    base_url: str = "http://127.0.0.1:8000"
    mail_from: str = "lscp-workflow@localhost"
    partnership: str = "solihull"
    demo: bool = False  # the choice of role holders instead of passwords, and the mail viewer
    behind_proxy: bool = False
    attachment_limit: int = 20 * 1024 * 1024
    file_scan: tuple[str, ...] = ()  # nothing is scanned, and no page says that it is

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        env = os.environ if environment is None else environment
        required = {
            "DATABASE_URL": "where the cases are kept, e.g. postgresql+psycopg://lscp@db/lscp",
            "LSCP_SECRET_KEY": "at least 32 random characters, e.g. from: openssl rand -base64 32",
            "LSCP_DATA_KEY": "32 random bytes in base64, e.g. from: openssl rand -base64 32",
        }
        for name, meaning in required.items():
            if not env.get(name):
                raise SettingsError(f"{name} is not set: {meaning}.")
        secret = env["LSCP_SECRET_KEY"].encode()
        if len(secret) < 32:
            raise SettingsError("LSCP_SECRET_KEY is too short: at least 32 characters are needed.")
        try:
            data_key = b64decode(env["LSCP_DATA_KEY"], validate=True)
        except ValueError:
            raise SettingsError("LSCP_DATA_KEY is not base64.") from None
        if len(data_key) != 32:
            raise SettingsError(f"LSCP_DATA_KEY holds {len(data_key)} bytes; 32 are needed.")
        return cls(
            database_url=env["DATABASE_URL"],
            broker_url=env.get("BROKER_URL", "memory:"),
            mail_url=env.get("MAIL_URL", "log:"),
            secret_key=secret,
            data_key=data_key,
            base_url=env.get("LSCP_BASE_URL", cls.base_url).rstrip("/"),
            mail_from=env.get("LSCP_MAIL_FROM", cls.mail_from),
            partnership=env.get("LSCP_PARTNERSHIP", cls.partnership),
            demo=env.get("LSCP_DEMO", "") in {"1", "true", "yes"},
            behind_proxy=env.get("LSCP_BEHIND_PROXY", "") in {"1", "true", "yes"},
            file_scan=_command(env.get("LSCP_FILE_SCAN", "")),
        )

    @classmethod
    def for_one_process(cls, folder: Path, *, demo: bool, port: int = 8000) -> "Settings":
        """`lscp run`: SQLite and keys of its own in `folder`, made on the first start and kept."""
        folder.mkdir(parents=True, exist_ok=True)
        key_file = folder / "key"
        if not key_file.exists():
            half_made = key_file.with_suffix(".making")
            half_made.unlink(missing_ok=True)
            half_made.touch(mode=0o600)
            half_made.write_text(b64encode(os.urandom(32)).decode())
            half_made.rename(key_file)
        key = b64decode(key_file.read_text())
        return cls(
            database_url=f"sqlite:///{folder / 'lscp.sqlite'}",
            broker_url="memory:",
            mail_url=os.environ.get("MAIL_URL", "log:"),
            secret_key=sha256(b"sessions" + key).digest(),
            data_key=key,
            base_url=f"http://127.0.0.1:{port}",
            demo=demo,
            file_scan=_command(os.environ.get("LSCP_FILE_SCAN", "")),
        )


def _command(text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        raise SettingsError("LSCP_FILE_SCAN is not a command line: a quotation mark is not closed.") from None
    if words and shutil.which(words[0]) is None:
        raise SettingsError(f"LSCP_FILE_SCAN names “{words[0]}”, which can not be run on this machine.")
    return words
