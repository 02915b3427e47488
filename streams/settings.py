"""One frozen settings object, from a TOML file and ``HIGHFENCE_*`` environment variables.

A nested key is written with two underscores in the environment: ``HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS`` is
``bootstrap_servers`` of ``[kafka]`` in the file. The environment wins over the file. Kafka client properties
have dots in their names, so in the environment they come as JSON:
``HIGHFENCE_KAFKA__PROPERTIES='{"security.protocol": "SASL_SSL"}'``.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import (
    SettingsError as EnvironmentReadError,
)

from streams.errors import SettingsError

Port = Annotated[int, Field(ge=0, le=65535)]
Days = Annotated[int, Field(ge=1, le=36_500)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_PROMISES = frozenset(
    {
        "auto.offset.reset",
        "bootstrap.servers",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.idempotence",
        "enable.partition.eof",
        "group.id",
        "isolation.level",
        "message.max.bytes",
        "partition.assignment.strategy",
        "transactional.id",
    }
)


class KafkaSettings(_Section):
    """How to reach Kafka; ``properties`` go to every client unchanged (TLS, SASL, any librdkafka property)."""

    bootstrap_servers: Annotated[str, Field(min_length=1)] = "127.0.0.1:9092"
    properties: dict[str, str | int | float | bool] = {}
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 10.0
    """How long a command waits for a broker to answer."""

    @field_validator("properties")
    @classmethod
    def _leave_the_promises_alone(cls, properties: dict[str, Any]) -> dict[str, Any]:
        if taken := sorted(_PROMISES & properties.keys()):
            raise ValueError(
                f"{', '.join(taken)} cannot be set: that nothing is lost or doubled rests on Highfence's own value"
            )
        return properties


class TopicSettings(_Section):
    """What ``highfence topics apply`` creates. Partitions hold for the topics of the stream."""

    prefix: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]*$", max_length=100)] = ""
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 6
    replication_factor: Annotated[int, Field(ge=1, le=10)] = 1
    retention_days: Days = 3653
    """Decisions, alerts and dead letters are kept ten years, the record-keeping period of US sanctions
    law since 2025-03-12 (31 CFR 501.601)."""
    transactions_retention_days: Days = 7


class WorkerSettings(_Section):
    """The screening worker."""

    group_id: Annotated[str, Field(min_length=1)] = "highfence-worker"
    replica: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$")] = "0"
    """Stable and unique per running worker: it makes the transactional id, by which a zombie is fenced."""
    batch_events: Annotated[int, Field(ge=1, le=100_000)] = 5_000
    """At most this many events in one Kafka transaction; as many as take a quarter of a second, if those are fewer."""
    remembered_parties: Annotated[int, Field(ge=1, le=100_000_000)] = 100_000
    """How many parties a worker remembers so as not to screen them again, about 2 kB each with all caches beside."""
    remembered_transactions: Annotated[int, Field(ge=1, le=100_000_000)] = 50_000
    """Of how many transactions a worker remembers the last revision, as JSON and at most 256 MiB of it, and of how many
    customers what they ordered, for diversion flags."""
    batch_wait_seconds: Annotated[float, Field(gt=0, le=10)] = 0.05
    """How long a batch waits for its first events."""
    transaction_timeout_seconds: Annotated[float, Field(ge=1, le=900)] = 60.0
    session_timeout_seconds: Annotated[float, Field(ge=1, le=300)] = 10.0
    refuse: frozenset[Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+/\d+/\d+$")]] = frozenset()
    """Events, as TOPIC/PARTITION/OFFSET, that get the decision ``error`` unscreened: what ends the worker each time."""
    mappings: dict[Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")], Annotated[str, Field(min_length=1)]] = {}
    """Topics of other platforms, under their full names, that are read beside ``transactions``, each with the mapping
    of its events: the name of a ready-made one, or a TOML file."""
    registry_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    """A remembered party's further transactions reach the registry within this, or soon when a list changes."""


class LookbackSettings(_Section):
    """The lookback, which holds past parties against what a release added or changed."""

    group_id: Annotated[str, Field(min_length=1)] = "highfence-lookback"
    replica: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$")] = "0"
    """Stable and unique per running lookback, as ``worker.replica`` is."""
    settle_seconds: Annotated[float, Field(ge=0, le=3_600)] = 15.0
    """How long after a release its lookback begins, so that workers have registered what they still knew alone."""
    transaction_timeout_seconds: Annotated[float, Field(ge=1, le=900)] = 60.0
    session_timeout_seconds: Annotated[float, Field(ge=1, le=300)] = 10.0


def _archive() -> Path:
    """``highfence/lists`` under ``XDG_STATE_HOME``, or else under ``~/.local/state``."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "highfence" / "lists"


class DownloadSettings(_Section):
    """One official file: where it is, which lists it holds, how often it is asked for."""

    url: Annotated[str, Field(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])")]
    """``{date}`` in it stands for the day of the newest text, asked for at ``dated_by``."""
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    every_hours: Annotated[float, Field(gt=0, le=8_760)] = 6.0
    max_bytes: Annotated[int, Field(ge=1, le=2_000_000_000)] = 300_000_000
    dated_by: str = ""
    """Address of the eCFR's table of titles, which tells up to which day title 15 is current."""


_OFAC = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports"

OFFICIAL_DOWNLOADS: dict[str, dict[str, Any]] = {
    "us_consolidated": {
        "url": "https://data.trade.gov/downloadable_consolidated_screening_list/v1/consolidated.json",
        "sources": ("us_consolidated",),
    },
    "us_bis": {
        # No list has the address of "now": the eCFR answers for days up to the one it is current to.
        "url": "https://www.ecfr.gov/api/versioner/v1/full/{date}/title-15.xml?part=744",
        "dated_by": "https://www.ecfr.gov/api/versioner/v1/titles.json",
        "sources": ("us_bis_entity_list", "us_bis_unverified_list", "us_bis_military_end_user_list"),
    },
    "us_bis_denied_persons_list": {
        "url": "https://www.bis.doc.gov/dpl/dpl.txt",
        "sources": ("us_bis_denied_persons_list",),
    },
    "us_ofac_sdn": {"url": f"{_OFAC}/SDN.XML", "sources": ("us_ofac_sdn",)},
    "us_ofac_consolidated": {"url": f"{_OFAC}/CONSOLIDATED.XML", "sources": ("us_ofac_consolidated",)},
    "un_sc_consolidated": {
        "url": "https://scsanctions.un.org/resources/xml/en/consolidated.xml",
        "sources": ("un_sc_consolidated",),
    },
    "eu_fsf": {
        # The token is the one the Commission gives to everybody.
        "url": "https://webgate.ec.europa.eu/fsd/fsf/public/files/xmlFullSanctionsList_1_1/content?token=dG9rZW4tMjAxNw",
        "sources": ("eu_fsf",),
    },
    "uk_sanctions_list": {
        "url": "https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.xml",
        "sources": ("uk_sanctions_list",),
    },
}
"""The official files by name, as of 2026; settings change and add single ones."""


class ListSettings(_Section):
    """Which releases to doubt, and when lists are too old to screen with."""

    max_shrinkage: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """A release with fewer entries than the last one by more than this share waits for a person."""

    max_age_days: Annotated[float, Field(gt=0, le=36_500)] = 30.0
    """A list is stale once its release in force was published longer ago than this, or, by a wrong clock, in the
    future."""
    max_age_days_of: dict[str, Annotated[float, Field(gt=0, le=36_500)]] = {}
    """Other maximum ages for some lists, by source."""
    when_stale: Literal["pause", "mark"] = "pause"
    """With a stale list a worker stops screening, or goes on and names the list in every decision."""
    max_silence_seconds: Annotated[float, Field(gt=0, le=86_400)] = 30.0
    """A worker stops screening when the list topic could not be read for this long."""
    archive: Path = Field(default_factory=_archive)
    """Directory in which every official file is kept as it was received, under its SHA-256."""
    downloads: dict[str, DownloadSettings] = Field(default={}, validate_default=True)
    """The files ``lists sync`` can fetch: the official ones, with what is set here changed or added."""
    sync: tuple[str, ...] = ("us_consolidated", "un_sc_consolidated", "eu_fsf", "uk_sanctions_list")
    """The downloads that are kept current when none is named; no two of these hold the same list."""

    @field_validator("downloads", mode="before")
    @classmethod
    def _with_the_official(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        changed = {
            name: {**OFFICIAL_DOWNLOADS.get(name, {}), **one} if isinstance(one, dict) else one
            for name, one in given.items()
        }
        return {**OFFICIAL_DOWNLOADS, **changed}

    @model_validator(mode="after")
    def _only_known(self) -> ListSettings:
        if unknown := sorted(set(self.sync) - self.downloads.keys()):
            raise ValueError(f"sync names no download: {', '.join(unknown)}; there are {', '.join(self.downloads)}")
        return self


class LimitSettings(_Section):
    """What an event may cost."""

    max_event_bytes: Annotated[int, Field(ge=1_000, le=67_108_864)] = 1_048_576
    """The largest event that is read; a larger one becomes a dead letter, which holds four thirds of its size."""
    screening_seconds: Annotated[float, Field(gt=0, le=300)] = 5.0
    """An event whose screening takes more of the processor's time, or thrice that by the clock, gets ``error``."""


class PolicySettings(_Section):
    """The screening policy; without a file the packaged one holds."""

    file: Path | None = None


class FlagSettings(_Section):
    """Diversion flags; without a file the packaged rules hold."""

    on: bool = True
    file: Path | None = None


class MetricsSettings(_Section):
    """Where a process serves /metrics, /healthz and /readyz. Port 0 takes a free one."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Port = 9464


class LogSettings(_Section):
    """How a process logs, to standard error."""

    format: Literal["text", "json"] = "text"
    """For people, or one JSON object a line, with a line for each batch."""


class TracingSettings(_Section):
    """Traces of the worker; they need the extra ``tracing``."""

    otlp_endpoint: Annotated[str, Field(pattern=r"^(https?://[^/].*)?$")] = ""
    """Base address of a collector that takes OTLP over HTTP, as ``http://127.0.0.1:4318``; no traces without it."""


Role = Literal["viewer", "maker", "checker"]
"""What a person at the desk may do: look; propose; confirm or reject what another one proposed."""


class PersonSettings(_Section):
    """One person at the desk; ``highfence desk token NAME`` makes a token and this section."""

    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    token_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the token, which itself is kept nowhere."""


class DeskSettings(_Section):
    """The desk: its web console and API. Port 0 takes a free one."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Port = 8470
    people: dict[str, PersonSettings] = {}
    """Who may use it, by name; nobody but those a proxy vouches for when empty."""
    public_url: Annotated[str, Field(pattern=r"^(https?://[^/]+)?$")] = ""
    """Where browsers find the desk when that is not where it listens, such as ``https://desk.example.com``."""
    proxy_addresses: tuple[IPvAnyNetwork, ...] = ()
    """Addresses or networks of proxies whose two headers say who is asking; nobody else's are believed."""
    proxy_user_header: Annotated[str, Field(min_length=1)] = "X-Forwarded-User"
    proxy_roles_header: Annotated[str, Field(min_length=1)] = "X-Forwarded-Roles"
    clearance_days: Annotated[int, Field(ge=1, le=3653)] = 365
    """The longest that the clearance of a false positive holds."""
    requests_per_minute: Annotated[int, Field(ge=10, le=1_000_000)] = 600
    """Each person, or each address nobody is known by, may send so many."""

    @model_validator(mode="after")
    def _one_token_each(self) -> DeskSettings:
        hashes = [person.token_sha256 for person in self.people.values()]
        if len(set(hashes)) < len(hashes):
            raise ValueError("two people have the same token: four eyes need two tokens")
        return self


class Settings(_Section):
    """All settings of every process. Made in code, they are what the code says, whatever the environment does."""

    kafka: KafkaSettings = KafkaSettings()
    topics: TopicSettings = TopicSettings()
    worker: WorkerSettings = WorkerSettings()
    lookback: LookbackSettings = LookbackSettings()
    lists: ListSettings = ListSettings()
    limits: LimitSettings = LimitSettings()
    policy: PolicySettings = PolicySettings()
    flags: FlagSettings = FlagSettings()
    metrics: MetricsSettings = MetricsSettings()
    log: LogSettings = LogSettings()
    tracing: TracingSettings = TracingSettings()
    desk: DeskSettings = DeskSettings()

    @model_validator(mode="after")
    def _events_fit_into_transactions(self) -> Settings:
        # A batch is screened for a third of it, and its last event may take three times its budget by the clock.
        longest = self.worker.transaction_timeout_seconds / 5
        if self.limits.screening_seconds > longest:
            raise ValueError(
                f"limits.screening_seconds: {self.limits.screening_seconds:g} is more than a fifth of "
                f"worker.transaction_timeout_seconds; at most {longest:g}"
            )
        return self


class _LoadedSettings(Settings, BaseSettings):
    """Settings as a file and the environment tell them."""

    model_config = SettingsConfigDict(env_prefix="HIGHFENCE_", env_nested_delimiter="__", env_ignore_empty=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, whose content arrives as init arguments."""
        return env_settings, init_settings


def load_settings(file: Path | None = None) -> Settings:
    """Settings from the file, if any, and the environment.

    Raises SettingsError naming every wrong key, what came and what is allowed.
    """
    _check_environment()
    content: dict[str, Any] = {}
    if file is not None:
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"settings file {file}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"settings file {file} is not TOML: {error}") from error
    try:
        return _LoadedSettings(**content)
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(problem) for problem in error.errors())) from error
    except EnvironmentReadError as error:
        raise SettingsError(f"{error}; sections and properties in the environment are written as JSON") from error


_OTHER_NAMES = frozenset({"CONFIG", "FAILPOINTS", "SHARED_DATA"})
"""HIGHFENCE_* variables that are no settings."""


def _check_environment() -> None:
    """Refuse HIGHFENCE_* variables that would be ignored: whoever set one meant something by it."""
    for name, value in os.environ.items():
        if not name.startswith("HIGHFENCE_"):
            continue
        key = name.removeprefix("HIGHFENCE_")
        section = key.split("__", 1)[0].lower()
        if section not in Settings.model_fields and key not in _OTHER_NAMES:
            raise SettingsError(f"{name}: no such setting; two underscores separate section and key")
        if key == "KAFKA__PROPERTIES":
            try:
                json.loads(value or "{}")
            except ValueError as error:
                raise SettingsError(f"{name} (kafka.properties) is not JSON: {error}") from error


_SECRET_WORDS = ("password", "secret", "token", "passphrase", "private.key", "sasl.oauthbearer.config", "ssl.key.pem")


def is_secret(key: str) -> bool:
    """Whether a setting's value must never be shown."""
    return any(word in key.lower() for word in _SECRET_WORDS)


def _explain(problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if not key:  # of sections together, and the message names them
        return str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        return f"{key}: no such setting"
    came = json.dumps(redacted(key, problem["input"]), default=str)
    return f"{key}: {problem['msg']}, got {came}"


def redacted(key: str, value: Any) -> Any:
    """The setting's value as it may be shown, with *** for secrets in it."""
    if is_secret(key):
        return "***"
    if isinstance(value, dict):
        return {inner: redacted(str(inner), content) for inner, content in value.items()}
    return value
