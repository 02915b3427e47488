"""An incoming Kafka message to a Transaction.

Accepted forms: bare JSON; CloudEvents 1.0 in structured mode (the message is the envelope, the transaction
its ``data`` or ``data_base64``); CloudEvents in binary mode (attributes in ``ce_*`` headers, the message is
the transaction). See the CloudEvents Kafka protocol binding, section 3. JSON may come in the wire format of a
schema registry: a zero byte and the schema's number, of four bytes, before it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from streams.errors import UnreadableEventError
from streams.records.base import Record
from streams.records.party import Party
from streams.records.transaction import MAX_PARTIES, Transaction

Headers = Sequence[tuple[str, bytes | None]]

DEFAULT_MAX_BYTES = 1_048_576
_STRUCTURED = b"application/cloudevents+json"
_SCHEMA_NUMBER = 5
"""Bytes before the JSON in a schema registry's wire format. The first is zero, which no JSON begins with."""


class _Envelope(Record, frozen=True, kw_only=True):
    """The parts of a structured CloudEvent that matter here."""

    specversion: str
    id: str = ""
    data: msgspec.Raw = msgspec.Raw()
    data_base64: str | None = None


class _Identity(Record, frozen=True, kw_only=True):
    """Just the identity of an event that is otherwise broken."""

    transaction_id: str


class Outline(Transaction, frozen=True, kw_only=True):
    """A transaction whose parties are still JSON, each as it came; all else is read and checked."""

    parties: Annotated[tuple[msgspec.Raw, ...], Meta(min_length=1, max_length=MAX_PARTIES)]  # type: ignore[assignment]


_transaction = msgspec.json.Decoder(Transaction)
_outline = msgspec.json.Decoder(Outline)
_party = msgspec.json.Decoder(Party)
_envelope = msgspec.json.Decoder(_Envelope)
_identity = msgspec.json.Decoder(_Identity)


def read_event(value: bytes | None, headers: Headers | None = (), max_bytes: int = DEFAULT_MAX_BYTES) -> Transaction:
    """Read one event.

    ``value`` is the message's bytes, ``headers`` its headers, None when they could not be read, ``max_bytes``
    the largest message that is read at all. Raises UnreadableEventError with a reason, the field, and the
    transaction's id where it could still be found.
    """
    value, media_type = _checked(value, headers, max_bytes)
    if media_type is not None:
        return _read_structured(value, media_type)
    try:
        return _transaction.decode(value)
    except msgspec.ValidationError as error:
        if _is_envelope(value):
            return _read_structured(value, _STRUCTURED)
        if (transaction := _with_last_parties(value)) is not None:
            return transaction
        raise UnreadableEventError("invalid", str(error), _salvage(value)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableEventError("not_json", str(error)) from error
    except RecursionError as error:
        raise UnreadableEventError("too_deep", "the JSON is nested too deeply") from error


def read_content(value: bytes | None, headers: Headers | None, max_bytes: int) -> bytes:
    """What an event of whatever form carries: the message, or the data of the CloudEvent that it is.

    Raises UnreadableEventError as :func:`read_event`, but for what the content says.
    """
    value, media_type = _checked(value, headers, max_bytes)
    if media_type is not None:
        return _structured_content(value, media_type)
    if b'"specversion"' in value:
        try:
            return _structured_content(value, _STRUCTURED)
        except UnreadableEventError:
            return value  # some other event with a field of that name
    return value


def read_outline(value: bytes | None, headers: Headers | None, max_bytes: int) -> tuple[Outline, bytes] | None:
    """Read one event but for its parties; with it comes the JSON it was read from, which :func:`read_event` reads, too.

    None when that cannot be done: then :func:`read_event` has the answer, or the error.
    """
    try:
        value, media_type = _checked(value, headers, max_bytes)
        if media_type is None:
            try:
                return _outline.decode(value), value
            except msgspec.ValidationError:
                if not _is_envelope(value):
                    return None
        content = _structured_content(value, media_type or _STRUCTURED)
        return _outline.decode(content), content
    except (UnreadableEventError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _with_last_parties(value: bytes) -> Transaction | None:
    """The transaction, if nothing is wrong with it but ``parties`` that come again later: the last ones count."""
    try:
        outline = _outline.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    parties = [read_party(bytes(raw)) for raw in outline.parties]
    if None in parties:
        return None
    others = {name: getattr(outline, name) for name in Transaction.__struct_fields__ if name != "parties"}
    return Transaction(parties=tuple([party for party in parties if party is not None]), **others)


def read_party(party: bytes) -> Party | None:
    """Read one party of an outline; None when it is not valid."""
    try:
        return _party.decode(party)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _checked(value: bytes | None, headers: Headers | None, max_bytes: int) -> tuple[bytes, bytes | None]:
    """The message, which may be read, and its content type, if it is a CloudEvent in structured mode."""
    if not value:
        raise UnreadableEventError("empty", "the message has no value")
    if len(value) > max_bytes:
        raise UnreadableEventError("too_large", f"the message has {len(value):,} bytes; at most {max_bytes:,} are read")
    if headers is None:
        raise UnreadableEventError("invalid", "a header's name is not UTF-8, and no header could be kept")
    return value if value[0] else value[_SCHEMA_NUMBER:], _media_type(headers)


def _media_type(headers: Headers) -> bytes | None:
    """The content type, if the message is a CloudEvent in structured mode."""
    for key, content in headers:
        if key.lower() == "content-type" and content and content.startswith(b"application/cloudevents"):
            return content
    return None


def _is_envelope(value: bytes) -> bool:
    """Whether what is no transaction looks like a CloudEvent in structured mode, though no header says so."""
    return b'"specversion"' in value and b'"transaction_id"' not in value.split(b'"data"', 1)[0]


def _structured_content(value: bytes, content_type: bytes) -> bytes:
    """The data of a CloudEvent in structured mode."""
    media = content_type.split(b";", 1)[0].strip().lower()
    if media != _STRUCTURED:
        raise UnreadableEventError(
            "unsupported_envelope",
            f"content-type {media.decode('latin-1')!r}; application/cloudevents+json is understood",
        )
    try:
        envelope = _envelope.decode(value)
    except msgspec.ValidationError as error:
        raise UnreadableEventError("unsupported_envelope", f"not a CloudEvent: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableEventError("not_json", str(error)) from error
    except RecursionError as error:
        raise UnreadableEventError("too_deep", "the JSON is nested too deeply") from error
    if not envelope.specversion.startswith("1."):
        raise UnreadableEventError("unsupported_envelope", f"CloudEvents {envelope.specversion!r}; 1.x is understood")
    content = bytes(envelope.data)
    if envelope.data_base64 is not None:
        try:
            content = base64.b64decode(envelope.data_base64, validate=True)
        except binascii.Error as error:
            raise UnreadableEventError("unsupported_envelope", f"data_base64: {error}") from error
    if not content:
        raise UnreadableEventError("unsupported_envelope", "the CloudEvent has neither data nor data_base64")
    return content


def _read_structured(value: bytes, content_type: bytes) -> Transaction:
    content = _structured_content(value, content_type)
    try:
        return _transaction.decode(content)
    except msgspec.ValidationError as error:
        if (transaction := _with_last_parties(content)) is not None:
            return transaction
        raise UnreadableEventError("invalid", f"in data: {error}", _salvage(content)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableEventError("not_json", f"in data: {error}") from error
    except RecursionError as error:
        raise UnreadableEventError("too_deep", "in data: the JSON is nested too deeply") from error


def _salvage(value: bytes) -> str | None:
    """The transaction's id of an event that is JSON but otherwise broken."""
    try:
        found = _identity.decode(value).transaction_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if 0 < len(found) <= 512 else None
