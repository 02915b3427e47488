"""docker-compose.yml and all it mounts and builds, read and held together; no engine runs in the tests."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from streams.cli import main
from streams.kafka.jars import pinned_jars
from streams.settings import Settings, load_settings

TOP = Path(__file__).resolve().parents[2]
DEPLOY = TOP / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((TOP / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ENDING = ("topics", "lists")
STAYING = ("list-sync", "worker-0", "worker-1", "lookback", "desk")
OURS = (*ENDING, *STAYING)
FOREIGN = ("kafka", "prometheus", "grafana", "kafka-exporter")
PINNED = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+\.\d+[a-z0-9.-]*@sha256:[0-9a-f]{64}")


def _yaml(path: str) -> Any:
    return yaml.safe_load((DEPLOY / path).read_text(encoding="utf-8"))


def _mounts() -> list[tuple[str, str, list[str]]]:
    """Service, source and the rest of every volume a service uses."""
    return [
        (name, source, rest)
        for name, service in SERVICES.items()
        for source, *rest in (volume.split(":") for volume in service.get("volumes", []))
    ]


def test_the_services_are_these() -> None:
    assert set(SERVICES) == {*OURS, *FOREIGN}


def test_every_foreign_image_is_pinned_by_version_and_digest() -> None:
    # The one exception: no digest of it could be verified.
    assert SERVICES["kafka-exporter"]["image"] == "danielqsj/kafka-exporter:v1.9.0"
    for name in set(FOREIGN) - {"kafka-exporter"}:
        assert PINNED.fullmatch(SERVICES[name]["image"]), f"{name}: {SERVICES[name]['image']}"


def test_our_image_carries_our_version_and_is_built_from_our_dockerfile() -> None:
    version = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    for name in OURS:
        assert SERVICES[name]["image"] == f"highfence:{version}"
        assert (TOP / SERVICES[name]["build"]["dockerfile"]).is_file()


def test_kafka_is_the_version_of_the_local_broker() -> None:
    (version,) = {jar.version for jar in pinned_jars() if jar.group == "org.apache.kafka"}
    assert SERVICES["kafka"]["image"].startswith(f"apache/kafka:{version}@")


@pytest.mark.parametrize("name", FOREIGN)
def test_a_server_has_a_health_check_and_comes_back(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_our_processes_are_asked_by_the_image_and_come_back() -> None:
    for name in STAYING:
        assert ("healthcheck" in SERVICES[name]) == (name == "list-sync")
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert SERVICES[name]["stop_grace_period"] == "30s"
    for name in ENDING:
        assert SERVICES[name]["healthcheck"] == {"disable": True}
        assert "restart" not in SERVICES[name]


def test_each_waits_for_what_it_needs() -> None:
    waits = {name: service["depends_on"] for name, service in SERVICES.items() if "depends_on" in service}
    assert waits == {
        "topics": {"kafka": {"condition": "service_healthy"}},
        "lists": {"topics": {"condition": "service_completed_successfully"}},
        **{name: {"lists": {"condition": "service_completed_successfully"}} for name in STAYING},
        "kafka-exporter": {"kafka": {"condition": "service_healthy"}},
        "grafana": {"prometheus": {"condition": "service_healthy"}},
    }


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_bound_to_loopback_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_gain_privileges(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    # Kafka's image writes its configuration beside its programs.
    assert service.get("read_only", False) is (name != "kafka")


def test_what_must_stay_is_in_named_volumes() -> None:
    named = {
        (service, source) for service, source, rest in _mounts() if not source.startswith(".") and "ro" not in rest
    }
    assert {source for _, source in named} == set(COMPOSE["volumes"])
    assert {service for service, _ in named} == {"kafka", "list-sync", "prometheus", "grafana"}
    assert SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"


def test_every_mounted_file_exists_and_is_mounted_read_only() -> None:
    mounted = [(source, rest) for _, source, rest in _mounts() if source.startswith(".")]
    assert mounted
    for source, rest in mounted:
        assert (TOP / source).exists(), source
        assert rest[-1] == "ro", source


def test_no_password_is_written_down_and_grafana_has_no_account() -> None:
    secrets = [
        f"{name}: {key}"
        for name, service in SERVICES.items()
        for key in service.get("environment", {})
        if re.search("password|secret|token", key, re.IGNORECASE)
    ]
    assert secrets == []
    grafana = SERVICES["grafana"]["environment"]
    assert grafana["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert grafana["GF_AUTH_BASIC_ENABLED"] == "false"
    assert grafana["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"


@pytest.mark.parametrize("name", OURS)
def test_our_settings_are_accepted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(key, value)
    given = load_settings().model_dump()
    for key, value in SERVICES[name]["environment"].items():
        if key != "HIGHFENCE_CONFIG":
            section, setting = key.removeprefix("HIGHFENCE_").lower().split("__")
            assert str(given[section][setting]) == value, key


def test_workers_have_stable_names_of_their_own() -> None:
    names = [
        SERVICES[name]["environment"]["HIGHFENCE_WORKER__REPLICA"] for name in STAYING if name.startswith("worker")
    ]
    assert len(names) == len(set(names)) == 2


def test_the_desk_reads_people_from_a_secret() -> None:
    desk = SERVICES["desk"]
    assert desk["environment"]["HIGHFENCE_CONFIG"] == "/run/secrets/people"
    assert desk["secrets"] == ["people"]
    # Without a file of people there are none, and nobody can sign in.
    assert COMPOSE["secrets"] == {"people": {"file": "${HIGHFENCE_PEOPLE_FILE:-/dev/null}"}}
    assert load_settings(Path("/dev/null")).desk.people == {}


@pytest.mark.parametrize("name", OURS)
def test_our_commands_exist(name: str) -> None:
    command: click.Command = main
    words = list(SERVICES[name]["command"])
    while isinstance(command, click.Group) and words:
        command = command.commands[words.pop(0)]
    assert not isinstance(command, click.Group) or command.invoke_without_command
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    assert len(words) == len([argument for argument in arguments if argument.required])


def test_processes_are_asked_where_they_listen() -> None:
    port = str(Settings().metrics.port)
    asked = {
        target
        for job in _yaml("prometheus/prometheus.yml")["scrape_configs"]
        if job["job_name"] not in ("prometheus", "kafka-exporter")
        for target in job["static_configs"][0]["targets"]
    }
    assert asked == {f"{name}:{port}" for name in STAYING}
    assert f"127.0.0.1:{port}/readyz" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for name in STAYING:
        environment = SERVICES[name]["environment"]
        assert environment["HIGHFENCE_METRICS__HOST"] == "0.0.0.0"  # noqa: S104 - inside the container
        assert environment["HIGHFENCE_METRICS__PORT"] == port
        assert any(published.endswith(f":{port}") for published in SERVICES[name]["ports"])
    desk = SERVICES["desk"]["environment"]["HIGHFENCE_DESK__PORT"]
    assert f"127.0.0.1:{desk}:{desk}" in SERVICES["desk"]["ports"]


def test_no_two_services_take_the_same_port() -> None:
    taken = [port.split(":")[1] for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(taken) == len(set(taken))


def test_the_archive_is_where_the_image_keeps_it() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    (archive,) = re.findall(r"HIGHFENCE_LISTS__ARCHIVE=(\S+)", dockerfile)
    assert re.search(
        rf"install --directory --owner=10001 --group=10001 --mode=0750 {archive}$", dockerfile, re.MULTILINE
    )
    assert SERVICES["list-sync"]["volumes"] == [f"list-archive:{archive}"]


def test_clients_outside_and_inside_are_told_an_address_they_can_reach() -> None:
    kafka = SERVICES["kafka"]
    advertised = dict(
        listener.split("://") for listener in kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    )
    assert advertised["HOST"] == Settings().kafka.bootstrap_servers
    assert kafka["ports"] == ["127.0.0.1:9092:9092"]
    for name in OURS:
        assert SERVICES[name]["environment"]["HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS"] == advertised["NETWORK"]


def test_the_image_is_pinned_unprivileged_and_installs_checked_packages() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert len(set(bases)) == 1
    assert PINNED.fullmatch(bases[0]), bases[0]
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["10001:10001"]
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    assert any("--require-hashes" in line for line in lines)
    allowed = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (TOP / source).exists(), source
                assert f"!{source}" in allowed, source


def test_grafana_finds_prometheus_and_the_dashboards() -> None:
    (source,) = _yaml("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert source["url"] == "http://prometheus:9090"
    (provider,) = _yaml("grafana/provisioning/dashboards/highfence.yml")["providers"]
    folder = provider["options"]["path"]
    assert f"./deploy/grafana/dashboards:{folder}:ro" in SERVICES["grafana"]["volumes"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (DEPLOY / "grafana" / "dashboards" / Path(home).relative_to(folder)).is_file()


DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))


def test_the_dashboards_are_these() -> None:
    assert [path.stem for path in DASHBOARDS] == ["desk", "latency", "lists", "overview"]
    uids = {json.loads(path.read_text(encoding="utf-8"))["uid"] for path in DASHBOARDS}
    assert len(uids) == len(DASHBOARDS)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_asks_the_provisioned_prometheus(path: Path) -> None:
    dashboard = json.loads(path.read_text(encoding="utf-8"))
    (source,) = _yaml("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert panels
    for panel in panels:
        assert panel["datasource"]["uid"] == source["uid"], panel["title"]
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == source["uid"], target["expr"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_do_not_overlap(path: Path) -> None:
    dashboard = json.loads(path.read_text(encoding="utf-8"))
    taken: dict[tuple[int, int], str] = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies on {taken.get((x, y))}"
                taken[x, y] = panel["title"]
