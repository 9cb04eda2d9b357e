"""Celery's filesystem broker for the embedded default, made safe for several processes at once.

Kombu's own version writes messages and queue tables in place, so that a reader can meet half a file and stop the
worker. Here every file appears whole, by a rename inside its folder, and a message is taken by a rename as well.
"""

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from time import time_ns
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads


def write_whole(path: Path, text: str) -> None:
    """Write a file that other processes see either not at all or complete."""
    draft = path.with_name(f".{uuid.uuid4().hex}.draft")
    draft.write_text(text)
    os.replace(draft, path)


class Channel(filesystem.Channel):
    @contextmanager
    def _tables_locked(self) -> Iterator[None]:
        with (Path(self.control_folder) / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None) -> None:
        entry = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._tables_locked():
            table = self.get_table(exchange)
            if entry not in table:
                write_whole(Path(self.control_folder) / f"{exchange}.exchange", dumps([entry, *table]))

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{time_ns()}_{uuid.uuid4().hex}.{queue}.msg"
        write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            mine = folder / f".{name}.taken"
            try:
                os.rename(folder / name, mine)
            except FileNotFoundError:  # another worker was quicker
                continue
            text = mine.read_text()
            mine.unlink()
            return loads(text)
        raise Empty


class Transport(filesystem.Transport):
    Channel = Channel
