"""A cache in Redis without which pages still answer.

Rate limits and the worker's heartbeat live in the cache. While Redis is away nothing is found and nothing is kept, so
limits don't hold for that time; after a failure we ask again only a few seconds later, so that no request waits twice.
"""

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as GoneError
from redis.exceptions import TimeoutError as SilentError

logger = logging.getLogger(__name__)

PAUSE = 3.0  # seconds


def or_without(answer: Callable[..., Any]) -> Callable:
    """What the method answers while Redis is away, from its own arguments."""

    def decorate(method: Callable) -> Callable:
        @wraps(method)
        def forgiving(self: "ForgivingRedisCache", *args: Any, **kwargs: Any) -> Any:
            if time.monotonic() < self.away_until:
                return answer(*args, **kwargs)
            try:
                return method(self, *args, **kwargs)
            except (GoneError, SilentError) as error:
                self.away_until = time.monotonic() + PAUSE
                logger.warning("The cache is away: %s", type(error).__name__)
                return answer(*args, **kwargs)

        return forgiving

    return decorate


class ForgivingRedisCache(RedisCache):
    away_until = 0.0

    get = or_without(lambda key, default=None, version=None: default)(RedisCache.get)
    get_many = or_without(lambda keys, version=None: {})(RedisCache.get_many)
    has_key = or_without(lambda key, version=None: False)(RedisCache.has_key)
    set = or_without(lambda *args, **kwargs: None)(RedisCache.set)
    set_many = or_without(lambda data, *args, **kwargs: list(data))(RedisCache.set_many)
    add = or_without(lambda *args, **kwargs: True)(RedisCache.add)
    touch = or_without(lambda *args, **kwargs: False)(RedisCache.touch)
    delete = or_without(lambda *args, **kwargs: False)(RedisCache.delete)
    delete_many = or_without(lambda *args, **kwargs: None)(RedisCache.delete_many)
    incr = or_without(lambda key, delta=1, version=None: delta)(RedisCache.incr)
