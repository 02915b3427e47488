"""The Kafka properties of the settings, which are librdkafka's, as Faust takes them."""

from __future__ import annotations

import ssl

from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT, SASLMechanism

from streams.errors import SettingsError
from streams.settings import Settings

_SECURITY = frozenset(
    {
        "security.protocol",
        "sasl.mechanism",
        "sasl.mechanisms",
        "sasl.username",
        "sasl.password",
        "ssl.ca.location",
        "ssl.certificate.location",
        "ssl.key.location",
        "ssl.key.password",
    }
)
_MECHANISMS = frozenset({"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})


def credentials(settings: Settings) -> CredentialsT | None:
    """How the desk's Faust app shows who it is to the brokers; None over a plain connection.

    Properties that only tune librdkafka do not concern it. Raises SettingsError for one that has to do with security
    and that it cannot follow.
    """
    properties = {key: str(value) for key, value in settings.kafka.properties.items()}
    for key in properties:
        if key.startswith(("security.", "sasl.", "ssl.", "enable.ssl.")) and key not in _SECURITY:
            raise SettingsError(
                f"kafka.properties: the desk cannot follow {key}; it knows {', '.join(sorted(_SECURITY))}"
            )
    protocol = properties.get("security.protocol", "plaintext").lower()
    if protocol == "plaintext":
        return None
    context = _context(properties) if protocol in ("ssl", "sasl_ssl") else None
    if protocol == "ssl":
        return SSLCredentials(context)
    mechanism = properties.get("sasl.mechanism", properties.get("sasl.mechanisms", "GSSAPI")).upper()
    if protocol not in ("sasl_ssl", "sasl_plaintext") or mechanism not in _MECHANISMS:
        raise SettingsError(
            f"kafka.properties: the desk cannot use security.protocol {protocol!r} with sasl.mechanism {mechanism!r}; "
            f"it knows plaintext, ssl, sasl_plaintext, sasl_ssl and {', '.join(sorted(_MECHANISMS))}"
        )
    return SASLCredentials(
        username=properties.get("sasl.username", ""),
        password=properties.get("sasl.password", ""),
        ssl_context=context,
        mechanism=SASLMechanism(mechanism),
    )


def _context(properties: dict[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=properties.get("ssl.ca.location"))
        if (certificate := properties.get("ssl.certificate.location")) is not None:
            context.load_cert_chain(certificate, properties.get("ssl.key.location"), properties.get("ssl.key.password"))
    except OSError as error:
        raise SettingsError(f"kafka.properties: the desk cannot use the certificates: {error}") from error
    return context
