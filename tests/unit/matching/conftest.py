"""A few listed entries, with names as the Entity List and the SDN list have them."""

from __future__ import annotations

import pytest

from streams.matching import EntityIndex, Policy
from streams.records.list_entry import ListedName, ListEntry
from streams.records.party import Address, EntityType, Identifier


def listed(
    entry_id: str,
    *names: str,
    source: str = "us_bis_entity_list",
    entity_type: EntityType | None = None,
    countries: tuple[str, ...] = (),
    weak: tuple[str, ...] = (),
    addresses: tuple[str, ...] = (),
    identifiers: tuple[tuple[str, str], ...] = (),
    birth_dates: tuple[str, ...] = (),
) -> ListEntry:
    """An entry whose first name is its primary one."""
    return ListEntry(
        source=source,
        entry_id=entry_id,
        names=(
            *(ListedName(name=name, kind="alias" if i else "primary") for i, name in enumerate(names)),
            *(ListedName(name=name, kind="alias", strength="weak") for name in weak),
        ),
        entity_type=entity_type,
        countries=countries,
        addresses=tuple(Address(raw=line) for line in addresses),
        identifiers=tuple(Identifier(type=kind, value=value) for kind, value in identifiers),
        birth_dates=birth_dates,
    )


ENTRIES = (
    listed(
        "inspur-beijing",
        "Inspur (Beijing) Electronic Information Industry Co., Ltd.",
        "Langchao Beijing Electronic Information Co., Ltd.",
        "Langchao (Beijing) Electronic Information Industry Co., Ltd.",
        "Inspur Beijing Company",
        countries=("CN",),
        addresses=("No. 1036 Langchao Road, Jinan City, Shandong, China",),
    ),
    listed("inspur-group", "Inspur Group Co., Ltd.", "Inspur Group", "IGL", countries=("CN",)),
    listed("inspur-hk", "Inspur (HK) Electronics Co., Ltd.", "Inspur (Hong Kong) Electronics", countries=("HK", "CN")),
    listed("foundfresh", "Beijing Foundfresh Technology Co., Ltd.", countries=("CN",)),
    listed("graphene", "Beijing Graphene Institute Co., Ltd", "Beijing Graphene Institute", countries=("CN",)),
    listed("arrow-hk", "Arrow Electronics (Hong Kong) Co., Ltd.", countries=("HK", "CN")),
    listed("almaz", "Joint-Stock Company Concern Almaz-Antey", "Almaz-Antey", countries=("RU",)),
    listed("sis", "SIS d.o.o.", entity_type="organization", countries=("RS",), source="us_ofac_sdn"),
    listed(
        "address-01",
        "Unit D, 16/F One Capital Place, 18 Luard Rd, Wan Chai, Hong Kong",
        countries=("HK",),
        addresses=("Unit D, 16/F One Capital Place, 18 Luard Rd, Wan Chai, Hong Kong",),
    ),
    listed("plant-123", "Aviation Repair Plant 123", entity_type="organization", countries=("RU",)),
    listed(
        "velayati",
        "VELAYATI, Ali Akbar",
        source="us_ofac_sdn",
        entity_type="person",
        countries=("IR",),
        birth_dates=("1945-06-24",),
        weak=("The Doctor",),
    ),
    listed("xi", "XI, Jinping", source="test", entity_type="person"),
    listed("mao", "Mao Zedong", source="test", entity_type="person"),
    listed("obama", "Barack Obama", source="test", entity_type="person"),
    listed(
        "vessel",
        "ARTAVIL",
        source="us_ofac_sdn",
        entity_type="vessel",
        identifiers=(("IMO", "IMO 9187629"),),
    ),
    listed("brigade", "Brigade 44", source="test", entity_type="organization"),
    listed("sis-director", "JOVANOVIC, Sinisa", source="us_ofac_sdn", entity_type="person", countries=("RS",)),
    listed("inspur-taiwan", "Inspur Taiwan", countries=("TW",)),
    listed("baai", "Beijing Academy of Artificial Intelligence", "BAAI", countries=("CN",)),
    listed("actri", "Aeronautic Computing Technique Research Institute", "ACTRI", countries=("CN",)),
    listed("zhongke", "Zhong Ke Optics Co., Ltd.", countries=("CN",)),
    listed("factory", "Factory 123", countries=("CN",)),
    listed("sverdlov", "Federal State Enterprise Ya M Sverdlov Plant", countries=("RU",)),
    listed("ponce", "PONCE ZORRILLA, Martin Humberto", source="us_ofac_sdn", entity_type="person"),
    listed("antonio", "RODRIGUEZ, Antonio", source="us_ofac_sdn", entity_type="person"),
    listed("rudi", "SALIWA, Rudi", source="us_ofac_sdn", entity_type="person"),
    listed("chen", "Chen Wang", source="test"),
    listed("jiang", "Jiang Ping", source="test"),
    listed("jin-ying", "Jin Ying Trading Co., Ltd.", source="test"),
    listed("small-bull", "Small Bull", source="test"),
    listed("assad", "ASSAD, Bashar", source="test", entity_type="person"),
)


@pytest.fixture(scope="session")
def index() -> EntityIndex:
    return EntityIndex.build(ENTRIES)


@pytest.fixture(scope="session")
def policy() -> Policy:
    return Policy.default()
