"""The table of official downloads, and the readers of their formats, speak of the same lists."""

from __future__ import annotations

from streams.lists.sources import (
    consolidated,
    denied_persons,
    entity_list,
    eu,
    military_end_users,
    ofac,
    uk,
    un,
    unverified_list,
)
from streams.settings import ListSettings


def test_every_official_list_has_a_reader() -> None:
    read = {
        consolidated.SOURCE,
        denied_persons.SOURCE,
        entity_list.SOURCE,
        eu.SOURCE,
        military_end_users.SOURCE,
        ofac.SDN,
        ofac.NON_SDN,
        uk.SOURCE,
        un.SOURCE,
        unverified_list.SOURCE,
    }
    assert {source for download in ListSettings().downloads.values() for source in download.sources} == read


def test_no_list_is_kept_current_twice_and_all_are_asked_over_tls() -> None:
    lists = ListSettings()
    sources = [source for name in lists.sync for source in lists.downloads[name].sources]
    assert len(sources) == len(set(sources))
    assert all(download.url.startswith("https://") for download in lists.downloads.values())
