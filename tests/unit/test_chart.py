"""The Helm chart: rendered, held against Kubernetes' schemas, and against what the code says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml
from charts import CHART, TOOLS, VARIANTS, Document, environment, manifests, of_kind, pods, rendered, run_helm

from streams.cli import main
from streams.kafka.topics import TopicNames, wanted_topics
from streams.settings import Settings, load_settings

VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
ACCESS: dict[str, dict[str, list[str]]] = yaml.safe_load((CHART / "files" / "access.yaml").read_text(encoding="utf-8"))
TOPICS = yaml.safe_load((CHART / "files" / "topics.yaml").read_text(encoding="utf-8"))
DASHBOARDS = CHART.parents[1] / "prometheus" / "prometheus.yml"


def test_the_chart_knows_every_topic_and_no_other() -> None:
    wanted = {topic.name for topic in wanted_topics(Settings())}
    assert set(TOPICS) == wanted, (
        f"missing in {CHART.name}/files/topics.yaml: {wanted - set(TOPICS)}; no topic: {set(TOPICS) - wanted}"
    )


def test_every_topic_is_somebodys_and_rights_are_to_topics_that_exist() -> None:
    wanted = {topic.name for topic in wanted_topics(Settings())}
    read, written = ({topic for may in ACCESS.values() for topic in may.get(right, [])} for right in ("read", "write"))
    described = {topic for may in ACCESS.values() for topic in may.get("describe", [])}
    unknown = (read | written | described) - wanted
    assert not unknown, f"files/access.yaml names topics that there are not: {unknown}"
    # Platforms write events, and read decisions and dead letters.
    assert wanted - written == {"transactions"}, f"files/access.yaml lets nobody write {wanted - written}"
    assert wanted - read == {"dead-letters"}, f"files/access.yaml lets nobody read {wanted - read}"


@pytest.mark.parametrize("variant", ["plain", "scram"])
def test_helm_finds_nothing_wrong(variant: str) -> None:
    linted = run_helm("lint", variant, "--strict")
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("variant", VARIANTS)
def test_kubernetes_would_take_it(variant: str, tmp_path: Path) -> None:
    if not (TOOLS / "kubernetes_validate").is_dir():
        pytest.skip("no schemas of Kubernetes: 'make chart' fetches them")
    file = tmp_path / "manifests.yaml"
    file.write_text(manifests(variant), encoding="utf-8")
    command = [sys.executable, "-m", "kubernetes_validate", "--strict", "--kubernetes-version", "1.35", str(file)]
    done = subprocess.run(command, env={"PYTHONPATH": str(TOOLS)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = len(re.findall("^INFO .* passed for resource", done.stdout + done.stderr, re.MULTILINE))
    foreign = sum("." in document["apiVersion"].partition("/")[0] for document in rendered(variant))
    foreign -= len(of_kind(variant, "NetworkPolicy"))
    assert passed == len(rendered(variant)) - foreign


@pytest.mark.parametrize("variant", VARIANTS)
def test_pods_run_without_root_and_cannot_write(variant: str) -> None:
    for name, pod in pods(variant):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        claimed = {"archive"} if name == "list-sync" else set()
        assert mounted == {volume["name"] for volume in pod["volumes"]} | claimed
        writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        assert writable == {"/tmp"} | ({"/var/lib/highfence/lists"} if claimed else set())  # noqa: S108


@pytest.mark.parametrize("variant", VARIANTS)
def test_processes_are_ready_when_they_say_so(variant: str) -> None:
    for name, pod in pods(variant):
        (container,) = pod["containers"]
        if name == "topics":
            continue
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "metrics"}
        assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "metrics"}
        assert container["startupProbe"]["httpGet"] == {"path": "/healthz", "port": "metrics"}
        port = environment(pod)["HIGHFENCE_METRICS__PORT"]
        assert {"name": "metrics", "containerPort": int(port)} in container["ports"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_commands_and_settings_exist(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, pod in pods(variant):
        command: click.Command = main
        for word in pod["containers"][0]["args"]:
            assert isinstance(command, click.Group)
            command = command.commands[word]
        given = environment(pod)
        with monkeypatch.context() as patched:
            for key, value in given.items():
                patched.setenv(key, value)
            settings = load_settings()
        read = settings.model_dump(mode="json")
        for key, value in given.items():
            if key.startswith("HIGHFENCE_") and "__" in key and value:
                section, setting = key.removeprefix("HIGHFENCE_").lower().split("__")
                assert setting in read[section], f"{name}: {key}"
        if variant == "scram":
            assert settings.kafka.properties["sasl.password"] == "s3cret"
            assert settings.kafka.properties["sasl.username"] == f"trade-highfence-{name}"
            assert settings.lists.max_age_days_of == {"us_bis_entity_list": 3}
            assert settings.worker.remembered_parties == 200_000


def test_what_stands_in_the_values_is_the_default() -> None:
    settings = Settings().model_dump()
    # But for copies: a broker on a developer's machine has no other to copy to.
    settings["topics"]["replication_factor"] = 3
    for section, keys in VALUES["settings"].items():
        assert {key: settings[section][key] for key in keys} == keys


def test_every_value_is_checked() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))

    def same(values: Document, described: Document, where: str) -> None:
        assert set(values) <= set(described["properties"]), where
        for key, value in values.items():
            inner = described["properties"][key]
            if isinstance(value, dict) and "properties" in inner:
                same(value, inner, f"{where}.{key}")

    same(VALUES, schema, "values")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("kafka.bootstrapServers=", "kafka.bootstrapServers is needed"),
        ("kafka.bootstrapServers=kafka", "does not match pattern"),
        ("kafka.properties.sasl\\.password=hush", "kafka.properties.sasl.password would stand in the pods"),
        ("settings.kafka.bootstrap_servers=other:9092", "settings.kafka is the chart's own"),
        ("settings.worker.replica=one", "settings.worker.replica is the chart's own"),
        ("strimzi.cluster=trade", "strimzi.cluster needs kafka.authentication"),
        ("worker.replicaCount=3", "replicaCount"),
        ("worker.autoscaling.enabled=true,worker.autoscaling.maxReplicas=7", "only as many workers"),
        ("worker.autoscaling.enabled=true,worker.autoscaling.lagPerWorker=6", "keeps a lag of 6 for good"),
    ],
)
def test_wrong_values_are_refused_with_the_reason(given: str, told: str) -> None:
    refused = run_helm("template", "plain", "--set", given)
    assert refused.returncode != 0
    assert told in refused.stderr
    assert "hush" not in refused.stderr


def test_workers_keep_their_names_and_finish_their_transaction() -> None:
    for kind, section in (("worker", "worker"), ("lookback", "lookback")):
        process = of_kind("plain", "StatefulSet")[kind]["spec"]
        (replica,) = [
            variable
            for variable in process["template"]["spec"]["containers"][0]["env"]
            if variable["name"] == f"HIGHFENCE_{section.upper()}__REPLICA"
        ]
        assert replica["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
        seconds = VALUES["settings"][section]["transaction_timeout_seconds"]
        assert process["template"]["spec"]["terminationGracePeriodSeconds"] > seconds
    budget = of_kind("plain", "PodDisruptionBudget")["worker"]["spec"]
    assert budget["maxUnavailable"] == 1
    labels = of_kind("plain", "StatefulSet")["worker"]["spec"]["template"]["metadata"]["labels"]
    assert budget["selector"]["matchLabels"].items() <= labels.items()


def _triggered(variant: str) -> dict[str, str]:
    """What KEDA is told to ask for."""
    (scaled,) = of_kind(variant, "ScaledObject").values()
    (trigger,) = scaled["spec"]["triggers"]
    found: dict[str, str] = trigger["metadata"]
    return found


def test_scaling_takes_the_lag_of_all_partitions_and_not_their_commit_markers() -> None:
    (scaled,) = of_kind("scram", "ScaledObject").values()
    target = of_kind("scram", "StatefulSet")["worker"]
    assert scaled["spec"]["scaleTargetRef"]["name"] == target["metadata"]["name"]
    # Who sets the number of workers is KEDA alone: an upgrade must not undo it.
    assert "replicas" not in target["spec"]
    (trigger,) = scaled["spec"]["triggers"]
    asked = trigger["metadata"]
    partitions = 12
    # The workers read another platform's topic, too, so the lag of all topics of their group counts.
    assert "topic" not in asked
    assert _triggered("tls")["topic"] == TopicNames().transactions
    assert asked["consumerGroup"] == Settings().worker.group_id
    assert trigger["metricType"] == "AverageValue"
    # With nothing to do, a marker in each partition is all the lag: that is not activity, and not one worker's work.
    assert int(asked["activationLagThreshold"]) == partitions
    assert int(asked["lagThreshold"]) > partitions
    assert scaled["spec"]["minReplicaCount"] >= 1
    assert scaled["spec"]["maxReplicaCount"] <= partitions
    (authentication,) = of_kind("scram", "TriggerAuthentication").values()
    assert trigger["authenticationRef"]["name"] == authentication["metadata"]["name"]
    assert of_kind("plain", "ScaledObject") == {}


@pytest.mark.parametrize("variant", ["scram", "tls"])
def test_strimzi_makes_the_topics_as_topics_apply_would(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in environment(dict(pods(variant))["worker"]).items():
        monkeypatch.setenv(key, value)
    settings = load_settings()
    made = {
        topic["spec"]["topicName"]: (topic["spec"]["partitions"], topic["spec"]["config"])
        for topic in of_kind(variant, "KafkaTopic").values()
    }
    assert made == {topic.name: (topic.partitions, dict(topic.config)) for topic in wanted_topics(settings)}
    assert {topic["spec"]["replicas"] for topic in of_kind(variant, "KafkaTopic").values()} == {3}
    # One of both makes the topics.
    assert "topics" not in of_kind(variant, "Job")
    assert "topics" in of_kind("plain", "Job")
    assert of_kind("plain", "KafkaTopic") == of_kind("plain", "KafkaUser") == {}


def test_rights_are_single_ones_to_things_by_name() -> None:
    users = of_kind("scram", "KafkaUser")
    # Beside the processes: KEDA, and whoever publishes ownership.
    assert set(users) == set(ACCESS) == {name for name, _ in pods("scram")} | {"scaling", "ownership-publisher"}
    for name, user in users.items():
        assert user["spec"]["authorization"]["type"] == "simple"
        for rule in user["spec"]["authorization"]["acls"]:
            resource, operations = rule["resource"], set(rule["operations"])
            assert "*" not in resource["name"], name
            assert resource["name"].startswith(("eu.", "highfence-", "shop.orders")), name
            assert operations <= {"Read", "Write", "Describe"}, name
            assert (resource["patternType"] == "literal") == (resource["type"] == "topic"), name
    assert set(of_kind("tls", "KafkaUser")) == set(ACCESS) - {"list-sync"}


def test_files_that_settings_name_are_there() -> None:
    (files,) = [document for name, document in of_kind("scram", "ConfigMap").items() if name == "files"]
    assert set(files["data"]) == {"shop.toml"}
    for name, pod in pods("scram"):
        (mounted,) = [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"] if mount["name"] == "files"]
        assert environment(pod)["HIGHFENCE_WORKER__MAPPINGS"] == f'{{"shop.orders":"{mounted}/shop.toml"}}', name
        assert len(environment(pod)["FILES_SHA256"]) == 64
    for process, operations in (("worker", ["Read", "Describe"]), ("scaling", ["Describe"])):
        rules = of_kind("scram", "KafkaUser")[process]["spec"]["authorization"]["acls"]
        assert [rule["operations"] for rule in rules if rule["resource"]["name"] == "shop.orders"] == [operations]


def test_secrets_are_references() -> None:
    for variant in VARIANTS:
        assert of_kind(variant, "Secret") == {}
    for name, pod in pods("tls"):
        mounted = {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        assert mounted == {"authority": "trade-cluster-ca-cert", "kafka": f"trade-highfence-{name}"}
    desk = dict(pods("scram"))["desk"]
    (people,) = [volume for volume in desk["volumes"] if volume["name"] == "people"]
    assert people["secret"]["items"] == [{"key": "people.toml", "path": "people.toml"}]
    assert environment(desk)["HIGHFENCE_CONFIG"] == "/etc/highfence/people/people.toml"
    assert "HIGHFENCE_CONFIG" not in environment(dict(pods("tls"))["desk"])


def test_the_network_is_closed_but_for_what_is_needed() -> None:
    policies = of_kind("scram", "NetworkPolicy")
    everybody = policies[""]["spec"]
    assert everybody["policyTypes"] == ["Ingress", "Egress"]
    for _, document in (*of_kind("scram", "StatefulSet").items(), *of_kind("scram", "Deployment").items()):
        labels = document["spec"]["template"]["metadata"]["labels"]
        assert everybody["podSelector"]["matchLabels"].items() <= labels.items()
    (metrics,) = everybody["ingress"]
    assert metrics["ports"] == [{"protocol": "TCP", "port": 9464}]
    assert metrics["from"]
    names, kafka = everybody["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert kafka["ports"] == [{"protocol": "TCP", "port": 9093}]
    assert kafka["to"]
    assert policies["desk"]["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 8470}]
    assert policies["list-sync"]["spec"]["egress"][0]["ports"] == [{"protocol": "TCP", "port": 443}]
    assert "desk" not in of_kind("plain", "NetworkPolicy")
    ports = of_kind("tls", "NetworkPolicy")[""]["spec"]["egress"][1]["ports"]
    assert [port["port"] for port in ports] == [9093, 9094]


def test_prometheus_finds_every_process_under_the_names_it_has_elsewhere() -> None:
    (monitor,) = of_kind("scram", "ServiceMonitor").values()
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    (endpoint,) = monitor["spec"]["endpoints"]
    assert [rule["replacement"] for rule in endpoint["relabelings"]] == ["highfence-$1"]
    jobs = {job["job_name"] for job in yaml.safe_load(DASHBOARDS.read_text(encoding="utf-8"))["scrape_configs"]}
    for name, service in of_kind("scram", "Service").items():
        assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
        assert f"highfence-{service['metadata']['labels']['app.kubernetes.io/component']}" in jobs
        assert name in dict(pods("scram"))
