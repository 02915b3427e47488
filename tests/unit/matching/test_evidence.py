"""What a match says about itself."""

from __future__ import annotations

import pytest

from streams.matching import EntityIndex, Policy
from streams.matching.places import country_code
from streams.records.party import Party


def test_evidence_of_a_misspelt_name(index: EntityIndex, policy: Policy) -> None:
    party = Party(name="Incpur (Beijing) Electronic Information Industry Co Ltd", country="CN")
    match = index.match(party, policy)[0]
    words = {item.ours: item for item in match.evidence if item.kind == "word"}
    assert words["incpur"].listed == "inspur"
    assert words["incpur"].effect == "supports"
    assert words["incpur"].similarity is not None
    assert 0.7 < words["incpur"].similarity < 1.0
    assert words["beijing"].similarity == 1.0
    assert sum(item.weight or 0.0 for item in words.values()) <= 1.0
    assert {item.text for item in match.evidence if item.kind == "ignored"} == {"legal form 'llc' ignored"}
    assert [item.text for item in match.evidence if item.kind == "country"] == ["country CN agrees"]
    assert match.summary == "5 of 5 words agree; 'incpur' ≈ 'inspur' (1 letter); legal form ignored; country CN agrees"


def test_what_is_left_over_is_named(index: EntityIndex, policy: Policy) -> None:
    match = index.candidates(Party(name="Shanghai Graphene Institute"), policy)[0]
    assert "'shanghai' is only in the party name" in match.summary
    assert "place 'shanghai' is not 'beijing'" in match.summary
    against = [item for item in match.evidence if item.effect == "contradicts"]
    assert {item.kind for item in against} == {"word", "name"}


def test_joined_words_and_contradiction(index: EntityIndex, policy: Policy) -> None:
    match = index.match(Party(name="AlmazAntey"), policy)[0]
    assert [item.listed for item in match.evidence if item.kind == "word"] in (["almaz antey"], ["almaz", "antey"])
    match = index.candidates(Party(name="Arrow Electronics Inc", country="US"), policy)[0]
    assert "country US is not CN, HK" in match.summary


@pytest.mark.parametrize("nowhere", ["ZZ", "EU", "European Union", "UN", "Global", "Atlantis"])
def test_what_names_no_country_contradicts_none(index: EntityIndex, policy: Policy, nowhere: str) -> None:
    """ZZ is what systems write where they know no country; it must not make a listed name a weaker one."""
    name = "Incpur (Beijing) Electronic Information Industry"
    found, without = (index.match(Party(name=name, country=country), policy) for country in (nowhere, ""))
    assert found == without != ()
    assert country_code(nowhere) == ""


def test_unproved_names_say_why(index: EntityIndex, policy: Policy) -> None:
    match = index.candidates(Party(name="IGL", country="CN"), policy)[0]
    assert match.score == policy.names.unproved
    assert "too little of a name to stand alone" in match.summary.lower()
