"""Redis as broker, for workers that outlive it.

When the connection breaks while a worker holds a message that is not acknowledged yet, kombu's channel wants to put it
back as it closes, or to acknowledge it once its task is done, over the connection that is gone already, and the worker
dies of that. Here it does either only while it has a connection; a wake-up that is lost costs the wait for the next
sweep, and one that comes twice finds nothing left to do.
"""

from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    @property
    def has_connection(self) -> bool:
        return self.connection is not None and self.connection.client is not None

    @property
    def do_restore(self) -> bool:  # type: ignore[override]  # kombu only reads it
        return self.has_connection

    def basic_ack(self, delivery_tag: Any, multiple: bool = False) -> None:
        if self.has_connection:
            super().basic_ack(delivery_tag, multiple)

    def basic_reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        if self.has_connection:
            super().basic_reject(delivery_tag, requeue)


class Transport(redis.Transport):
    Channel = Channel
