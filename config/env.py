"""Readers of environment variables that fail loudly, with a sentence that says what to do.

Every variable may also be given as `NAME_FILE`, the path of a file that holds the value. An empty one counts as unset.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit


class ConfigurationError(Exception):
    """The surroundings (environment, ports, folders) are wrong; the message is for a person."""


def text(name: str, default: str = "") -> str:
    path = os.environ.get(f"{name}_FILE")
    if path is None:
        return os.environ.get(name) or default
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{name}_FILE names {path}, which cannot be read ({error.strerror}).") from None


def flag(name: str, default: bool) -> bool:
    value = text(name, "1" if default else "0").strip().lower()
    if value in {"1", "true", "yes"}:
        return True
    if value in {"0", "false", "no"}:
        return False
    raise ConfigurationError(f"{name} must be 1 or 0, not “{value}”.")


def number(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    value = text(name, str(default))
    try:
        result = int(value)
    except ValueError:
        raise ConfigurationError(f"{name} must be a whole number, not “{value}”.") from None
    if not least <= result <= most:
        raise ConfigurationError(f"{name} must be from {least} to {most}, not {result}.")
    return result


def one_of(name: str, default: str, *others: str) -> str:
    value = text(name, default)
    if value not in {default, *others}:
        raise ConfigurationError(f"{name} must be one of {', '.join((default, *others))}, not “{value}”.")
    return value


def items(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def dates(name: str, known: Collection[str]) -> dict[str, date]:
    """Return the days of a value such as `ada=2027-01-14,curie=2027-02-01`; every name must be a known one."""
    pairs = [item.partition("=") for item in items(name)]
    if strange := [key for key, _, _ in pairs if key not in known]:
        raise ConfigurationError(f"{name} names “{strange[0]}”, which is none of {', '.join(known)}.")
    try:
        return {key: date.fromisoformat(day) for key, _, day in pairs}
    except ValueError:
        raise ConfigurationError(f"{name} must be like {next(iter(known))}=2027-01-14, not “{text(name)}”.") from None


def folder(name: str, default: Path) -> Path:
    """Return the folder, made if need be and proven writable."""
    path = Path(text(name, str(default))).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".write-test-{os.getpid()}-{secrets.token_hex(4)}"
        probe.write_bytes(b"tunedeck")
        probe.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"the data folder {path} cannot be written ({error.strerror}). "
            f"Make it writable and see that its disk has room, or name another folder in {name}."
        ) from None
    return path


def secret(name: str, path: Path, length: int = 48) -> str:
    """Return the variable's value, else the content of the 0600 file `path`, made at first use."""
    return text(name) or _file_secret(path, length)


def _file_secret(path: Path, length: int) -> str:
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        if not path.exists():
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(length))
            _keep_first(draft, path)
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"the secret file {path} cannot be used ({error.strerror}).") from None


def _keep_first(draft: Path, path: Path) -> None:
    """Publish the draft unless another process, starting at the same moment, was faster."""
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def database(name: str, default: Path) -> dict[str, object]:
    """Return Django's DATABASES entry for an address such as postgres://user:password@host:5432/name."""
    address = text(name)
    if not address:
        return _sqlite(default)
    parts = urlsplit(address)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ConfigurationError(f"{name} must begin with postgres:// or sqlite://, not “{parts.scheme}://”.")
    return {
        "ENGINE": "config.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        # Seconds to connect in, and milliseconds after which a server that is silent counts as gone.
        "OPTIONS": {"pool": False, "connect_timeout": 5, "tcp_user_timeout": 15_000},
    }


def _sqlite(path: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            # 16,000 pages: a results file of a million steps is written without stopping to copy it into the main file.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000; "
            "PRAGMA wal_autocheckpoint=16000;",
        },
        "TEST": {"NAME": None},
    }


def transport(address: str, data: Path) -> dict[str, object]:
    """Return the options of a broker's transport: none of them waits long for a broker that does not answer."""
    if address.startswith("files:"):
        return file_transport(data)
    once = {"max_retries": 1, "interval_start": 0.2, "interval_step": 0.2, "interval_max": 1.0}
    if address.startswith("redis"):
        return {**once, "socket_connect_timeout": 2.0, "socket_timeout": 5.0, "health_check_interval": 10}
    return {**once}


def file_transport(data: Path) -> dict[str, object]:
    """Return the options of Celery's filesystem transport, with its folders made below `data`."""
    messages, control = data / "broker", data / "broker-control"
    for path in (messages, control):
        path.mkdir(exist_ok=True)
    folders = {"data_folder_in": messages, "data_folder_out": messages, "control_folder": control}
    return {**{name: str(path) for name, path in folders.items()}, "polling_interval": 0.1}
