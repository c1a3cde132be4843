"""Settings, read once from the environment and frozen."""

import os
import shlex
import shutil
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import EngineError


class SettingsError(EngineError):
    """A setting is missing or unsafe."""

    code = "settings"
    advice = "Set it in the environment and start again. The README lists every setting."


# How each address may begin: what `store`, `workers.broker` and `workers.mail` know
SCHEMES: Mapping[str, tuple[str, ...]] = {
    "DATABASE_URL": ("postgresql+psycopg", "sqlite"),
    "BROKER_URL": ("redis", "rediss", "unix", "memory"),
    "MAIL_URL": ("log", "smtp", "smtps"),
    "LSCP_BASE_URL": ("https", "http"),
}
_YES_NO = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


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

    @property
    def page_limit(self) -> int:
        """Bytes of all files that one page may send at once."""
        return 5 * self.attachment_limit

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
            database_url=address("DATABASE_URL", env["DATABASE_URL"]),
            broker_url=address("BROKER_URL", env.get("BROKER_URL") or "memory:"),
            mail_url=address("MAIL_URL", env.get("MAIL_URL") or "log:"),
            secret_key=secret,
            data_key=data_key,
            base_url=address("LSCP_BASE_URL", env.get("LSCP_BASE_URL") or cls.base_url).rstrip("/"),
            mail_from=env.get("LSCP_MAIL_FROM", cls.mail_from),
            partnership=env.get("LSCP_PARTNERSHIP", cls.partnership),
            demo=_yes(env, "LSCP_DEMO"),
            behind_proxy=_yes(env, "LSCP_BEHIND_PROXY"),
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
            mail_url=address("MAIL_URL", os.environ.get("MAIL_URL") or "log:"),
            secret_key=sha256(b"sessions" + key).digest(),
            data_key=key,
            base_url=f"http://127.0.0.1:{port}",
            demo=demo,
            file_scan=_command(os.environ.get("LSCP_FILE_SCAN", "")),
        )


def address(name: str, value: str) -> str:
    """The value of a setting, when it is an address that the product can use."""
    try:
        parts = urlsplit(value)
        whole = parts.scheme in SCHEMES[name] and (parts.scheme not in _WITH_HOST or bool(parts.hostname))
        _ = parts.port
    except ValueError:
        whole = False
    if not whole:
        raise SettingsError(f"{name} is no address that can be used. It begins with {', '.join(SCHEMES[name])}, "
                            f"for example {_EXAMPLES[name]}.")  # fmt: skip
    return value


_WITH_HOST = frozenset({"http", "https", "smtp", "smtps", "redis", "rediss"})
_EXAMPLES = {
    "DATABASE_URL": "postgresql+psycopg://lscp@db/lscp",
    "BROKER_URL": "redis://redis:6379/0",
    "MAIL_URL": "smtp://mail.example.org:587",
    "LSCP_BASE_URL": "https://lscp.example.org",
}


def _yes(env: Mapping[str, str], name: str) -> bool:
    try:
        return _YES_NO[env.get(name, "").lower()]
    except KeyError:
        raise SettingsError(f"{name} is neither 1 nor 0.") from None


def _command(text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        raise SettingsError("LSCP_FILE_SCAN is not a command line: a quotation mark is not closed.") from None
    if words and shutil.which(words[0]) is None:
        raise SettingsError(f"LSCP_FILE_SCAN names “{words[0]}”, which can not be run on this machine.")
    return words
