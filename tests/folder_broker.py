"""Other processes for the folder broker's test: writers and readers of one queue."""

import json
import sys
import time
from pathlib import Path
from queue import Empty

from kombu import Connection
from kombu.transport.virtual import Channel

import vmobility.celery  # noqa: F401  (registers the transport)


def channel(folder: str) -> Channel:
    for name in ("messages", "control"):
        (Path(folder) / name).mkdir(exist_ok=True)
    messages = str(Path(folder) / "messages")
    options = {"data_folder_in": messages, "data_folder_out": messages, "control_folder": str(Path(folder) / "control")}
    return Connection("folder://localhost", transport_options=options).channel()


def put(folder: str, start: str) -> None:
    """Put 300 numbered messages, each with a body long enough to be torn."""
    queue = channel(folder)
    for number in range(int(start), int(start) + 300):
        queue._put("celery", {"number": number, "padding": "x" * 20_000})


def take(folder: str) -> None:
    """Print the numbers of what was taken, until nothing comes for two seconds."""
    queue = channel(folder)
    last = time.monotonic()
    while time.monotonic() - last < 2:
        try:
            message = queue._get("celery")
        except Empty:
            time.sleep(0.005)
            continue
        assert len(message["padding"]) == 20_000, json.dumps(message)[:100]
        sys.stdout.write(f"{message['number']} ")
        last = time.monotonic()
