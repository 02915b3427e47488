"""The Helm chart, rendered; tests that need helm are skipped where there is none."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).resolve().parents[1]
CHART = TOP / "deploy" / "helm" / "highfence"
TOOLS = TOP / ".chart"
VARIANTS = ("plain", "properties", "scram", "tls")
KUBERNETES = "1.35.0"

Document = dict[str, Any]


def helm() -> str:
    """Where helm is; skips the test where it is not."""
    found = shutil.which("helm", path=str(TOOLS)) or shutil.which("helm")
    if found is None:
        pytest.skip("no helm, so the chart is not rendered: 'make chart' fetches one")
    return found


def run_helm(command: str, variant: str, *more: str) -> subprocess.CompletedProcess[str]:
    """``helm lint`` or ``helm template`` of the chart with the values of ``ci/VARIANT.yaml``."""
    release = ["trade"] if command == "template" else []
    values = str(CHART / "ci" / f"{variant}.yaml")
    return subprocess.run(
        [helm(), command, *release, str(CHART), "--values", values, "--kube-version", KUBERNETES, *more],
        capture_output=True,
        text=True,
        check=False,
    )


@cache
def manifests(variant: str) -> str:
    """What is rendered with the values of ``ci/VARIANT.yaml``."""
    done = run_helm("template", variant)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def rendered(variant: str) -> tuple[Document, ...]:
    """The same as documents."""
    return tuple(document for document in yaml.safe_load_all(manifests(variant)) if document)


def of_kind(variant: str, kind: str) -> dict[str, Document]:
    """The documents of one kind by name, without the release's part of it."""
    return {
        document["metadata"]["name"].removeprefix("trade-highfence").removeprefix("-"): document
        for document in rendered(variant)
        if document["kind"] == kind
    }


def pods(variant: str) -> Iterator[tuple[str, Document]]:
    """Name and specification of every pod."""
    for kind in ("StatefulSet", "Deployment", "Job"):
        for name, document in of_kind(variant, kind).items():
            yield name, document["spec"]["template"]["spec"]


def environment(pod: Document, pod_name: str = "trade-highfence-worker-0") -> dict[str, str]:
    """What the container of a pod finds in its environment, with made-up secrets."""
    (container,) = pod["containers"]
    found: dict[str, str] = {}
    for variable in container["env"]:
        if (source := variable.get("valueFrom")) is None:
            value = variable["value"]
        elif "fieldRef" in source:
            assert source["fieldRef"] == {"fieldPath": "metadata.name"}
            value = pod_name
        else:
            value = '{"sasl.password": "s3"}' if source["secretKeyRef"]["key"] == "properties" else "s3cret"
        for name, known in found.items():
            value = value.replace(f"$({name})", known)
        found[variable["name"]] = value
    return found
