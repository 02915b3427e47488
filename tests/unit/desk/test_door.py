"""Who may come in, how often, and how the desk shows itself to the brokers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from faust.auth import SASLCredentials, SSLCredentials
from pydantic import ValidationError

from streams.cli import main
from streams.desk.connection import credentials
from streams.desk.outbox import Outbox
from streams.desk.people import People, new_token, token_hash
from streams.desk.web.access import SESSION_SECONDS, RateLimit, Sessions
from streams.errors import SettingsError
from streams.settings import DeskSettings, KafkaSettings, PersonSettings, Settings, load_settings

TOKEN, HASH = new_token()
MIA = PersonSettings(roles=("maker",), token_sha256=HASH)


def test_a_token_is_known_by_its_hash_alone() -> None:
    people = People(DeskSettings(people={"mia": MIA}))
    person = people.by_token(TOKEN)
    assert person is not None
    assert (person.name, set(person.roles)) == ("mia", {"maker"})
    for wrong in ("", HASH, TOKEN[:-1], TOKEN.upper(), TOKEN + "\n", "\ud800"):
        assert people.by_token(wrong) is None
    assert new_token()[0] != TOKEN
    assert token_hash(TOKEN) == HASH


def test_two_people_cannot_share_a_token() -> None:
    with pytest.raises(ValidationError, match="four eyes need two tokens"):
        DeskSettings(people={"mia": MIA, "chen": MIA})


@pytest.mark.parametrize(
    ("peer", "headers", "known"),
    [
        ("10.1.2.3", {"X-Forwarded-User": "kim", "X-Forwarded-Roles": "checker, viewer"}, {"checker", "viewer"}),
        ("10.2.0.1", {"X-Forwarded-User": "kim", "X-Forwarded-Roles": "checker"}, None),
        ("", {"X-Forwarded-User": "kim", "X-Forwarded-Roles": "checker"}, None),
        ("not an address", {"X-Forwarded-User": "kim", "X-Forwarded-Roles": "checker"}, None),
        ("10.1.2.3", {"X-Forwarded-Roles": "checker"}, None),
        ("10.1.2.3", {"X-Forwarded-User": "kim"}, None),
        ("10.1.2.3", {"X-Forwarded-User": "kim", "X-Forwarded-Roles": "root"}, None),
        ("10.1.2.3", {"X-Forwarded-User": "k" * 201, "X-Forwarded-Roles": "checker"}, None),
    ],
)
def test_only_a_trusted_proxy_is_believed(peer: str, headers: dict[str, str], known: set[str] | None) -> None:
    settings = DeskSettings.model_validate({"proxy_addresses": ["10.1.0.0/16", "::1"]})
    person = People(settings).by_proxy(peer, headers)
    assert (person.roles if person else None) == known


def test_sessions_end() -> None:
    sessions = Sessions()
    session = sessions.open(TOKEN, now=0)
    assert sessions.token(session, SESSION_SECONDS - 1) == TOKEN
    assert sessions.token(session, SESSION_SECONDS + 1) is None
    assert sessions.token(session, 0) is None
    again = sessions.open(TOKEN, now=0)
    sessions.close(again)
    assert sessions.token(again, 1) is None
    assert sessions.token("forged", 1) is None


def test_requests_come_back_evenly() -> None:
    limit = RateLimit(60)
    assert [limit.take("a", 0.0) for _ in range(60)] == [0.0] * 60
    assert limit.take("a", 0.0) == pytest.approx(1.0)
    assert limit.take("b", 0.0) == 0.0
    assert limit.take("a", 1.0) == 0.0
    assert limit.take("a", 1.0) > 0


def settings_with(**properties: Any) -> Settings:
    return Settings(kafka=KafkaSettings(properties={key.replace("_", "."): value for key, value in properties.items()}))


def test_faust_gets_the_credentials_of_the_kafka_properties() -> None:
    assert credentials(settings_with(fetch_min_bytes=1)) is None
    sasl = credentials(
        settings_with(
            security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512", sasl_username="desk", sasl_password="secret"
        )
    )
    assert isinstance(sasl, SASLCredentials)
    assert (sasl.protocol.value, sasl.mechanism.value, sasl.username) == ("SASL_SSL", "SCRAM-SHA-512", "desk")
    plain = credentials(settings_with(security_protocol="sasl_plaintext", sasl_mechanisms="PLAIN"))
    assert isinstance(plain, SASLCredentials)
    assert plain.protocol.value == "SASL_PLAINTEXT"
    assert isinstance(credentials(settings_with(security_protocol="ssl")), SSLCredentials)


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER"}, "OAUTHBEARER"),
        ({"security_protocol": "SASL_SSL"}, "GSSAPI"),
        ({"security_protocol": "wrong"}, "wrong"),
        ({"ssl_crl_location": "/x"}, r"ssl\.crl\.location"),
        ({"security_protocol": "ssl", "ssl_ca_location": "/no/such/file"}, "certificates"),
    ],
)
def test_what_the_desk_cannot_follow_is_refused(properties: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        credentials(settings_with(**properties))


def test_only_the_difference_is_written() -> None:
    wanted = {"a": b"1", "b": b"2"}
    out = Outbox("topic", "case", wanted.__getitem__)
    out.saw("a", b"1")
    out.mark("a")
    out.mark("b")
    assert out.due(10) == [("b", b"2")]
    assert out.due(10) == [("b", b"2")], "due until it was written"
    out.wrote("b", b"2")
    assert (out.due(10), len(out)) == ([], 0)
    out.saw("b", b"of another desk")
    assert out.due(10) == [], "not argued with"
    out.mark("b")
    assert out.due(10) == [("b", b"2")]
    wanted["c"] = b"3"
    out.mark("c")
    assert len(out.due(1)) == 1


def test_a_token_is_shown_with_the_settings_it_needs(tmp_path: Path) -> None:
    shown = CliRunner().invoke(main, ["desk", "token", 'A. "Person"', "--role", "maker", "--role", "viewer"])
    assert shown.exit_code == 0
    token = next(line.strip() for line in shown.output.splitlines() if line.startswith("  highfence_"))
    file = tmp_path / "highfence.toml"
    file.write_text(shown.output[shown.output.index("[desk.people") :], encoding="utf-8")
    person = People(load_settings(file).desk).by_token(token)
    assert person is not None
    assert (person.name, set(person.roles)) == ('A. "Person"', {"maker", "viewer"})
    assert token_hash(token) in shown.output
