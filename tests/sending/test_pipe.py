"""The pipe between an agent and its sending processes."""

import asyncio
import logging
import multiprocessing
import pickle
from typing import Any

import pytest

from app.sending.pipe import Pipe


async def test_messages_arrive_in_order_and_the_end_is_told() -> None:
    ours, theirs = multiprocessing.Pipe()
    heard: list[Any] = []
    ended = asyncio.Event()
    pipe = Pipe(ours, heard=heard.append, ended=ended.set)
    for number in range(1000):
        theirs.send_bytes(pickle.dumps(number))
    theirs.close()
    await asyncio.wait_for(ended.wait(), 10)
    pipe.close()
    assert heard == list(range(1000))


async def test_a_fault_in_hearing_a_message_does_not_show_it_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    ours, theirs = multiprocessing.Pipe()
    ended = asyncio.Event()

    def fail(_message: object) -> None:
        raise ZeroDivisionError

    pipe = Pipe(ours, heard=fail, ended=ended.set)
    with caplog.at_level(logging.DEBUG):
        theirs.send_bytes(pickle.dumps({"email": "anna@example.com", "key": "BEGIN PRIVATE"}))
        theirs.close()
        await asyncio.wait_for(ended.wait(), 10)
    pipe.close()
    assert "ZeroDivisionError" in caplog.text
    assert "anna" not in caplog.text
    assert "PRIVATE" not in caplog.text


async def test_what_is_sent_to_an_end_that_is_gone_is_dropped() -> None:
    ours, theirs = multiprocessing.Pipe()
    ended = asyncio.Event()
    pipe = Pipe(ours, heard=lambda _: None, ended=ended.set)
    theirs.close()
    await asyncio.wait_for(ended.wait(), 10)
    pipe.send("hello")
    pipe.close()
