"""The screening policy: thresholds, weights and switches, from one versioned TOML file."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, get_args, get_type_hints

import msgspec

from streams.errors import PolicyError
from streams.matching.jurisdiction_rules import JurisdictionRules, read_jurisdiction
from streams.matching.ownership_rules import OwnershipRule, read_ownership_rules
from streams.matching.periods import Period, read_periods
from streams.matching.reach_rules import ReachRules, read_reach
from streams.matching.sampling_rules import SamplingRules, read_sampling
from streams.records.list_entry import ListEntry
from streams.records.party import EntityType

_WEAK: Final = ("always", "corroborated", "never")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores from which a match is a review and a hold, for the matches that fit; None fits everything."""

    review: float
    hold: float
    source: str | None = None
    entity_type: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """What a word of each kind weighs against a rare name, 1.0 (see policy.toml)."""

    common: float
    everyday: float
    generic: float
    place: float
    legal: float
    empty: float
    particle: float
    number: float
    roman: float
    initial: float
    least: float
    short: float
    halving: float


@dataclass(frozen=True, slots=True)
class Score:
    """How agreement and disagreement make a score (see policy.toml)."""

    conflict: float
    surplus: float
    saturation: float
    word_similarity: float
    information: float
    name_information: float
    partial_information: float
    doubt: float
    alike_partial_information: float
    alike_information: float
    only_alike_information: float
    acronym: float
    caution: float
    steepness: float
    rough_steepness: float


@dataclass(frozen=True, slots=True)
class Corroboration:
    """The share of the gap to 1 that each agreeing fact closes."""

    country: float
    address: float
    birth_date: float
    entity_type: float
    reach: float


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What each disagreeing fact multiplies the score by."""

    country: float
    place: float
    other_place: float
    other_number: float
    one_number: float
    other_name: float
    birth_date: float
    entity_type: float


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Whether and how addresses are screened in their own right."""

    screen: bool
    similarity: float
    score: float


@dataclass(frozen=True, slots=True)
class IdentifierRules:
    """Whether and how identifiers are screened in their own right."""

    screen: bool
    score: float


@dataclass(frozen=True, slots=True)
class NameRules:
    """Which name fields are screened, and what weak names need."""

    native_name: bool
    alt_names: bool
    weak_aliases: str
    unproved: float


@dataclass(frozen=True, slots=True)
class Policy:
    """A valid screening policy; build it with :meth:`default` or :meth:`from_toml`.

    ``version`` is the first 16 hexadecimal digits of the SHA-256 of the policy's meaning.
    """

    version: str
    thresholds: tuple[Thresholds, ...]
    weights: Weights
    score: Score
    corroboration: Corroboration
    contradiction: Contradiction
    addresses: AddressRules
    identifiers: IdentifierRules
    names: NameRules
    periods: tuple[Period, ...] = ()
    reach: ReachRules | None = None
    """None leaves license requirements out of account."""
    ownership: tuple[OwnershipRule, ...] = ()
    jurisdiction: JurisdictionRules | None = None
    """None lets every list apply to everything."""
    sampling: SamplingRules | None = None
    """None takes no samples below the review thresholds."""

    @classmethod
    def default(cls) -> Policy:
        """The policy Highfence comes with."""
        return _default()

    @classmethod
    def from_toml(cls, text: str, where: str = "policy") -> Policy:
        """Read a policy; ``where`` names its origin in messages.

        :raises PolicyError: a key is missing, unknown, of the wrong type or out of range, or the rules
            contradict each other.
        """
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise PolicyError(f"{where}: not TOML: {error}") from None
        return _read(document, where)

    def counts(self, entry: ListEntry, day: date) -> bool:
        """Whether the periods let the entry count on that day."""
        return all(period.allows(entry, day) for period in self.periods)

    @property
    def lowest_review(self) -> float:
        """The lowest score that is a hit for any match."""
        return min(rule.review for rule in self.thresholds)

    def score_needed(self, country: bool, birth_date: bool, entity_type: bool) -> float:
        """The score a name must have to become a hit, or a sample, when these facts are known and all corroborate."""
        lowest = self.lowest_review - (self.sampling.margin if self.sampling is not None else 0.0)
        gap = 1.0 - lowest
        for known, share in (
            (country, self.corroboration.country),
            (birth_date, self.corroboration.birth_date),
            (entity_type, self.corroboration.entity_type),
        ):
            if known:
                gap /= 1.0 - share
        return max(1.0 - gap, min(self.corroboration.reach, lowest))

    def thresholds_for(self, source: str, entity_type: str | None, role: str) -> Thresholds:
        """The thresholds of a match: the first that fit."""
        for rule in self.thresholds:
            if rule.source in (None, source) and rule.entity_type in (None, entity_type) and rule.role in (None, role):
                return rule
        raise AssertionError("the last thresholds fit every match")


_SECTIONS: Final[dict[str, type]] = {
    "weights": Weights,
    "score": Score,
    "corroboration": Corroboration,
    "contradiction": Contradiction,
    "addresses": AddressRules,
    "identifiers": IdentifierRules,
    "names": NameRules,
}


@lru_cache(maxsize=1)
def _default() -> Policy:
    text = files("streams.matching").joinpath("policy.toml").read_text(encoding="utf-8")
    return Policy.from_toml(text, "policy.toml")


def _read(document: dict[str, Any], where: str) -> Policy:
    optional = {"periods", "reach", "ownership", "jurisdiction", "sampling"}
    _refuse_unknown(document, {"thresholds", *optional, *_SECTIONS}, where)
    periods = read_periods(document.get("periods", []), where)
    reach = read_reach(document["reach"], where) if "reach" in document else None
    ownership = read_ownership_rules(document.get("ownership", []), where)
    jurisdiction = read_jurisdiction(document["jurisdiction"], where) if "jurisdiction" in document else None
    sampling = read_sampling(document["sampling"], where) if "sampling" in document else None
    thresholds = _thresholds(_table(document, "thresholds", where), where)
    parts = {
        name: _section(_table(document, name, where), kind, f"{where}: {name}") for name, kind in _SECTIONS.items()
    }
    meaning = {"thresholds": [dataclasses.asdict(rule) for rule in thresholds]} | {
        name: dataclasses.asdict(part) for name, part in parts.items()
    }
    if periods:
        meaning["periods"] = msgspec.to_builtins(periods)
    if reach is not None:
        meaning["reach"] = msgspec.to_builtins(reach)
    if ownership:
        meaning["ownership"] = msgspec.to_builtins(ownership)
    if jurisdiction is not None:
        meaning["jurisdiction"] = msgspec.to_builtins(jurisdiction)
    if sampling is not None:
        meaning["sampling"] = msgspec.to_builtins(sampling)
    digest = hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()
    policy = Policy(
        version=digest[:16],
        thresholds=thresholds,
        periods=periods,
        reach=reach,
        ownership=ownership,
        jurisdiction=jurisdiction,
        sampling=sampling,
        **parts,
    )
    _check(policy, where)
    return policy


def _table(document: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    table = document.get(key)
    if not isinstance(table, dict):
        raise PolicyError(f"{where}: {key}: the table [{key}] is {'missing' if table is None else 'not a table'}")
    return table


def _refuse_unknown(table: dict[str, Any], known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise PolicyError(f"{where}: {key}: unknown key; allowed here: {', '.join(sorted(known))}")


def _section(table: dict[str, Any], kind: type, where: str) -> Any:
    hints = get_type_hints(kind)
    _refuse_unknown(table, set(hints), where)
    values = {}
    for key, hint in hints.items():
        if key not in table:
            raise PolicyError(f"{where}.{key}: missing")
        values[key] = (
            _ratio(table[key], f"{where}.{key}") if hint is float else _plain(table[key], hint, f"{where}.{key}")
        )
    return kind(**values)


def _plain(value: Any, kind: type, where: str) -> Any:
    if type(value) is not kind:
        raise PolicyError(f"{where}: got {value!r}; allowed: {'true or false' if kind is bool else 'text'}")
    return value


def _ratio(value: Any, where: str, most: float = 1.0) -> float:
    # These are factors or counted in rare names, and may exceed 1.
    if where.endswith((".conflict", ".surplus", ".caution", "steepness", ".saturation", "information")):
        most = 10.0
    if type(value) not in (int, float) or not 0 <= value <= most:
        raise PolicyError(f"{where}: got {value!r}; allowed: a number from 0 to {most:g}")
    return float(value)


def _thresholds(table: dict[str, Any], where: str) -> tuple[Thresholds, ...]:
    _refuse_unknown(table, {"review", "hold", "by"}, f"{where}: thresholds")
    special = table.get("by", [])
    if not isinstance(special, list) or not all(isinstance(rule, dict) for rule in special):
        raise PolicyError(f"{where}: thresholds.by: got {special!r}; allowed: tables [[thresholds.by]]")
    rules = []
    for number, rule in enumerate([*special, {key: value for key, value in table.items() if key != "by"}]):
        here = f"{where}: thresholds" + (f".by[{number}]" if number < len(special) else "")
        _refuse_unknown(rule, {"review", "hold", "source", "entity_type", "role"}, here)
        for key in ("review", "hold"):
            if key not in rule:
                raise PolicyError(f"{here}.{key}: missing")
        chosen = {
            key: _plain(rule[key], str, f"{here}.{key}") for key in ("source", "entity_type", "role") if key in rule
        }
        if number < len(special) and not chosen:
            raise PolicyError(f"{here}: names no source, entity_type or role")
        if chosen.get("entity_type", "person") not in get_args(EntityType):
            raise PolicyError(
                f"{here}.entity_type: got {chosen['entity_type']!r}; allowed: {', '.join(get_args(EntityType))}"
            )
        fitting = Thresholds(_ratio(rule["review"], f"{here}.review"), _ratio(rule["hold"], f"{here}.hold"), **chosen)
        if not 0 < fitting.review <= fitting.hold:
            raise PolicyError(f"{here}: review {fitting.review:g}, hold {fitting.hold:g}; allowed: 0 < review <= hold")
        rules.append(fitting)
    return tuple(rules)


def _check(policy: Policy, where: str) -> None:
    score, names = policy.score, policy.names
    if not 0 < score.surplus <= score.conflict:
        raise PolicyError(
            f"{where}: score.surplus: got {score.surplus:g}; "
            f"allowed: above 0, up to score.conflict ({score.conflict:g})"
        )
    for name, steepness in (("steepness", score.steepness), ("rough_steepness", score.rough_steepness)):
        if steepness * (1.0 - score.word_similarity) >= 1.0:
            raise PolicyError(
                f"{where}: score.{name}: got {steepness:g}; allowed: below 1 / (1 - score.word_similarity), "
                "so that words that are alike agree at all"
            )
    if names.weak_aliases not in _WEAK:
        raise PolicyError(f"{where}: names.weak_aliases: got {names.weak_aliases!r}; allowed: {', '.join(_WEAK)}")
    if names.unproved >= policy.lowest_review:
        raise PolicyError(
            f"{where}: names.unproved: got {names.unproved:g}; "
            f"allowed: below every review threshold ({policy.lowest_review:g})"
        )
    if policy.sampling is not None and policy.sampling.margin >= policy.lowest_review:
        raise PolicyError(
            f"{where}: sampling.margin: got {policy.sampling.margin:g}; "
            f"allowed: below every review threshold ({policy.lowest_review:g})"
        )
    for name, weight in (("weights.least", policy.weights.least), ("weights.number", policy.weights.number)):
        if weight <= 0:
            raise PolicyError(f"{where}: {name}: got {weight:g}; allowed: above 0")
