"""Blocking calls beside an event loop; an interrupt does not wait for them."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def in_background(call: Callable[[], T]) -> T:
    """What a call gives, or the exception that it raises, from a thread of its own.

    Not ``asyncio.to_thread``: the loop and the process wait for its threads when they end, so a
    request that nobody answers would hold an interrupted program for minutes.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()  # a program's settings are in there

    def settle(set_outcome: Callable[[Any], None], outcome: Any) -> None:
        if not done.done():
            set_outcome(outcome)

    def work() -> None:
        outcome: tuple[Callable[[Any], None], Any]
        try:
            outcome = (done.set_result, context.run(call))
        except BaseException as error:  # noqa: BLE001 - it is raised where the call was made
            outcome = (done.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=work, daemon=True).start()
    return await done
