"""A worker whose matcher fails on parties of certain names; run with the arguments of ``highfence``."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import resource
from dataclasses import replace

from streams.cli import main
from streams.matching import EntityIndex, Match, Policy
from streams.matching.asking import Asked
from streams.records.party import Party
from streams.screening import worker

_match_and_sample = EntityIndex.match_and_sample
_swallowed: list[bool] = []


def _failing(self: EntityIndex, asked: Asked, policy: Policy) -> tuple[Match, ...]:
    party = asked.party
    if party.name == "Raises Ltd":
        raise ZeroDivisionError("made by the test")
    if party.name == "Hangs Ltd":
        while True:
            with contextlib.suppress(Exception):  # the time-out has to come again until it gets through
                while not _swallowed:
                    pass
            _swallowed.append(True)
            while True:
                pass
    if party.name == "Slow C Ltd":  # a C function that no signal interrupts, and that ends
        hashlib.pbkdf2_hmac("sha256", b"x", b"y", 8_000_000)
    if party.name == "Never Returns Ltd":  # deadlocks in C, the interpreter locked
        lock, library = ctypes.create_string_buffer(64), ctypes.PyDLL(None)
        library.pthread_mutex_lock(lock)
        library.pthread_mutex_lock(lock)
    if party.name == "Eats Memory Ltd":
        eaten = []
        while True:
            eaten.append(bytes(16 * 1024 * 1024))  # reserved, not written to: filling it all can outlast the budget
    if party.name == "Digs Deep Ltd":
        return (*_failing(self, asked, policy),)
    if party.name == "Raises Unsayable Ltd":
        raise ValueError("half a pair: \ud800")
    if party.name == "Finds Unsayable Ltd":
        return tuple(replace(each, summary="half a pair: \ud800") for each in _listed(self, policy))
    if party.name == "Finds Endless Ltd":
        return tuple(replace(each, summary="x" * 3_000_000) for each in _listed(self, policy))
    return tuple(_match_and_sample(self, asked, policy))


def _listed(index: EntityIndex, policy: Policy) -> tuple[Match, ...]:
    return index.match(Party(name="Inspur Taiwan"), policy)


worker._STALLED_SECONDS = 3
EntityIndex.match_and_sample = _failing  # type: ignore[method-assign] # that is the fault
resource.setrlimit(resource.RLIMIT_AS, (2 * 1024**3, 2 * 1024**3))
main()
