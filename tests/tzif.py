"""Time zone rules that no government has made: TZif files (RFC 9636) and a whole tzdata package around them."""

import shutil
import struct
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import tzdata

from institutions import hours

ALWAYS_SUMMER_IN_LISBON = {"Europe/Lisbon": "<+01>-1"}


def compiled(rule: str) -> bytes:
    """A zone that follows a POSIX TZ string at all times, such as "WET0WEST,M3.5.0/1,M10.5.0"."""
    header = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    body = struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    return (header + body) * 2 + b"\n" + rule.encode() + b"\n"


def zone_files(folder: Path, rules: Mapping[str, str]) -> Path:
    for zone, rule in rules.items():
        path = folder / zone
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(compiled(rule))
    return folder


def package(folder: Path, version: str, rules: Mapping[str, str]) -> Path:
    """A copy of the tzdata package with another version and other rules; answers what goes into PYTHONPATH."""
    source = Path(tzdata.__file__).parent
    shutil.copytree(source, folder / "tzdata", ignore=shutil.ignore_patterns("__pycache__"))
    start = folder / "tzdata" / "__init__.py"
    start.write_text(start.read_text().replace(tzdata.IANA_VERSION, version))
    zone_files(folder / "tzdata" / "zoneinfo", rules)
    return folder


@contextmanager
def in_force(folder: Path, version: str, rules: Mapping[str, str]) -> Iterator[None]:
    """The rules in this process, as if the package had been replaced and the process started anew."""
    before = tzdata.IANA_VERSION
    zoneinfo.reset_tzpath(to=[str(zone_files(folder, rules))])
    tzdata.IANA_VERSION = version
    _forget()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(to=[])
        tzdata.IANA_VERSION = before
        _forget()


def _forget() -> None:
    zoneinfo.ZoneInfo.clear_cache()
    for cached in (hours._zone, hours._year_changes, hours.utc_starts):
        cached.cache_clear()
