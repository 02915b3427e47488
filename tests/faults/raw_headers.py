"""Sends what no Python client sends: a header whose name is not UTF-8. It calls the client's own C library."""

from __future__ import annotations

import ctypes
from pathlib import Path

import confluent_kafka
import pytest

# Tags of rd_kafka_producev's arguments (rdkafka.h, rd_kafka_vtype_t).
_END, _TOPIC, _VALUE, _FLAGS, _HEADERS = (ctypes.c_int(tag) for tag in (0, 1, 4, 7, 10))
_COPY = ctypes.c_int(2)
_PRODUCER = 0


def send_with_header_name(servers: str, topic: str, name: bytes, value: bytes) -> None:
    """Send one message with one header and wait until the broker has it."""
    found = list((Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs").glob("librdkafka*"))
    if not found:
        pytest.skip("the client's C library is not where its Linux wheel has it")
    library = ctypes.CDLL(str(found[0]))
    for function in (library.rd_kafka_conf_new, library.rd_kafka_new, library.rd_kafka_headers_new):
        function.restype = ctypes.c_void_p
    told, size = ctypes.create_string_buffer(512), ctypes.c_size_t(512)
    conf = ctypes.c_void_p(library.rd_kafka_conf_new())
    library.rd_kafka_conf_set(conf, b"bootstrap.servers", servers.encode(), told, size)
    producer = ctypes.c_void_p(library.rd_kafka_new(_PRODUCER, conf, told, size))
    headers = ctypes.c_void_p(library.rd_kafka_headers_new(ctypes.c_size_t(1)))
    library.rd_kafka_header_add(headers, name, ctypes.c_ssize_t(len(name)), b"x", ctypes.c_ssize_t(1))
    message = (_TOPIC, topic.encode(), _VALUE, value, ctypes.c_size_t(len(value)), _FLAGS, _COPY, _HEADERS, headers)
    assert library.rd_kafka_producev(producer, *message, _END) == 0
    assert library.rd_kafka_flush(producer, 60_000) == 0
    library.rd_kafka_destroy(producer)
