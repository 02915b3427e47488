"""The policy: what it refuses, and what its version depends on."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from streams.errors import PolicyError
from streams.matching import EntityIndex, Policy
from streams.records.party import Party

TEXT = files("streams.matching").joinpath("policy.toml").read_text(encoding="utf-8")


def changed(key: str, value: str) -> str:
    text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", TEXT, count=1)
    assert count == 1
    return text


def test_default_is_the_packaged_file() -> None:
    assert Policy.default() == Policy.from_toml(TEXT)
    assert re.fullmatch("[0-9a-f]{16}", Policy.default().version)


def test_version_follows_the_meaning_alone() -> None:
    without_comments = re.sub(r"(?m)\s*#.*$", "", TEXT)
    assert Policy.from_toml(without_comments).version == Policy.default().version
    assert Policy.from_toml(changed("review", "0.71")).version != Policy.default().version


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("review", "0.9", "review 0.9, hold 0.88; allowed: 0 < review <= hold"),
        ("review", "1.5", "thresholds.review: got 1.5; allowed: a number from 0 to 1"),
        ("hold", "'high'", "thresholds.hold: got 'high'"),
        ("generic", "-0.1", "weights.generic: got -0.1"),
        ("least", "0", "weights.least: got 0; allowed: above 0"),
        ("surplus", "2", "score.surplus: got 2; allowed: above 0, up to score.conflict"),
        ("screen", "1", "addresses.screen: got 1; allowed: true or false"),
        ("weak_aliases", "'sometimes'", "names.weak_aliases: got 'sometimes'; allowed: always, corroborated, never"),
        ("unproved", "0.7", "names.unproved: got 0.7; allowed: below every review threshold"),
        ("conflict", "true", "score.conflict: got True"),
        ("steepness", "5", "score.steepness: got 5"),
    ],
)
def test_refused(key: str, value: str, message: str) -> None:
    with pytest.raises(PolicyError, match=re.escape(message)):
        Policy.from_toml(changed(key, value), "mine.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("review =", "mine.toml: not TOML"),
        ("", r"mine.toml: thresholds: the table [thresholds] is missing"),
        (TEXT + "\n[colours]\nred = 1\n", "colours: unknown key"),
        (TEXT.replace("generic =", "generics ="), "weights: generics: unknown key"),
        (TEXT.replace("surplus = 0", "# surplus = 0"), "score.surplus: missing"),
        (TEXT + "\n[[thresholds.by]]\nreview = 0.8\nhold = 0.9\n", "names no source, entity_type or role"),
        (
            TEXT + "\n[[thresholds.by]]\nentity_type = 'boat'\nreview = 0.8\nhold = 0.9\n",
            "entity_type: got 'boat'; allowed: person, organization, vessel, aircraft",
        ),
    ],
)
def test_refused_documents(text: str, message: str) -> None:
    with pytest.raises(PolicyError, match=re.escape(message)):
        Policy.from_toml(text, "mine.toml")


def test_thresholds_by_source_type_and_role(index: EntityIndex) -> None:
    special = "\n[[thresholds.by]]\nsource = 'us_ofac_sdn'\nrole = 'bank'\nreview = 0.99\nhold = 1.0\n"
    policy = Policy.from_toml(TEXT + special)
    assert policy.lowest_review == 0.7
    assert index.match(Party(name="Ali Velayati"), policy)
    assert index.match(Party(name="Ali Velayati", role="bank"), policy) == ()
    assert index.match(Party(name="Almaz Antey", role="bank"), policy)


def test_switches(index: EntityIndex) -> None:
    party = Party(name="Sunny Side", native_name="浪潮(北京)电子信息产业", alt_names=("Almaz Antey",))
    policy = Policy.from_toml(changed("native_name", "false"))
    assert [match.field for match in index.match(party, policy)] == ["alt_names[0]"]
    policy = Policy.from_toml(changed("alt_names", "false"))
    assert {match.field for match in index.match(party, policy)} == {"native_name"}
    always = Policy.from_toml(changed("weak_aliases", "'always'"))
    assert always.names.weak_aliases == "always"
