"""Settings from file and environment."""

from __future__ import annotations

from pathlib import Path

import pydantic
import pytest

from streams.errors import SettingsError
from streams.settings import KafkaSettings, Settings, load_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for key in list(os.environ):
        if key.startswith("HIGHFENCE_"):
            monkeypatch.delenv(key)


def test_defaults_are_safe() -> None:
    settings = load_settings()
    assert settings.metrics.host == "127.0.0.1"
    assert settings.topics.retention_days == 3653


def test_environment_wins_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "highfence.toml"
    file.write_text(
        """
[kafka]
bootstrap_servers = "a:1"
properties = { "security.protocol" = "SASL_SSL" }
[worker]
batch_events = 7
"""
    )
    monkeypatch.setenv("HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS", "b:2")
    settings = load_settings(file)
    assert settings.kafka.bootstrap_servers == "b:2"
    assert settings.kafka.properties == {"security.protocol": "SASL_SSL"}
    assert settings.worker.batch_events == 7


def test_settings_made_in_code_do_not_listen_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's are such: its list and orders must go to the Kafka it started."""
    monkeypatch.setenv("HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS", "production:9092")
    monkeypatch.setenv("HIGHFENCE_TOPICS__PREFIX", "trade.")
    own = Settings(kafka=KafkaSettings(bootstrap_servers="127.0.0.1:1"))
    assert (own.kafka.bootstrap_servers, own.topics.prefix) == ("127.0.0.1:1", "")


def test_settings_are_frozen() -> None:
    with pytest.raises(pydantic.ValidationError):
        load_settings().worker.batch_events = 1


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("HIGHFENCE_METRICS__PORT", "99999", r"metrics\.port: .*less than or equal to 65535.*99999"),
        ("HIGHFENCE_WORKER__BATCH_EVENTS", "many", r"worker\.batch_events: .*integer.*many"),
        ("HIGHFENCE_KAFKA__BOOTSTRAP", "x", r"kafka\.bootstrap: no such setting"),
        ("HIGHFENCE_KAFKA__PROPERTIES", "nojson", r"kafka\.properties\) is not JSON"),
        ("HIGHFENCE_KAFKAA__X", "1", r"HIGHFENCE_KAFKAA__X: no such setting"),
        ("HIGHFENCE_KAFKA_BOOTSTRAP_SERVERS", "x:1", r"no such setting; two underscores"),
        (
            "HIGHFENCE_KAFKA__PROPERTIES",
            '{"isolation.level": "read_uncommitted"}',
            r"kafka\.properties: .*isolation\.level cannot be set",
        ),
        ("HIGHFENCE_TOPICS__PREFIX", "a b", r"topics\.prefix: .*pattern"),
        ("HIGHFENCE_LIMITS__SCREENING_SECONDS", "13", r"^limits\.screening_seconds: 13 .* at most 12$"),
        ("HIGHFENCE_WORKER__REFUSE", '["transactions/3"]', r"worker\.refuse\.0: .*pattern"),
    ],
)
def test_wrong_value_is_named(key: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(key, value)
    with pytest.raises(SettingsError, match=told):
        load_settings()


def test_secrets_are_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "highfence.toml"
    file.write_text('[kafka.properties]\n"sasl.password" = ["hunter2"]\n')
    with pytest.raises(SettingsError) as refusal:
        load_settings(file)
    assert "sasl.password" in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_secrets_beside_a_wrong_value_are_not_repeated_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGHFENCE_KAFKA__PROPERTIES", '{"sasl.password": "hunter2", "group.id": "mine"}')
    with pytest.raises(SettingsError, match=r"group\.id cannot be set") as refusal:
        load_settings()
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(("content", "told"), [("[kafka", "not TOML"), (None, "No such file")])
def test_unreadable_file_is_named(content: str | None, told: str, tmp_path: Path) -> None:
    file = tmp_path / "highfence.toml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match=told):
        load_settings(file)
