"""Redis as broker, for workers that outlive it.

When the connection breaks while a worker holds a message that is not acknowledged yet, kombu's channel wants to put it
back as it closes, over the connection that is gone already, and the worker dies of that. Here it puts messages back
only while it has a connection; a wake-up that is lost costs the wait for the next sweep.
"""

from kombu.transport import redis


class Channel(redis.Channel):
    @property
    def do_restore(self) -> bool:  # type: ignore[override]  # kombu only reads it
        return self.connection.client is not None


class Transport(redis.Transport):
    Channel = Channel
