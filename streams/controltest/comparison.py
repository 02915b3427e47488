"""Two control tests side by side: what the second finds that the first did not, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from streams.controltest.report import Rate, Report


class Change(msgspec.Struct, frozen=True):
    """The rates of one mutation in both tests; ``apart`` says that their 95% intervals do not overlap."""

    mutation: str
    before: Rate
    after: Rate

    @property
    def apart(self) -> bool:
        """Whether the difference is more than chance explains, cautiously judged."""
        return self.before.high < self.after.low or self.after.high < self.before.low


def changes(before: Report, after: Report) -> Iterator[Change]:
    """The mutations both tested, and the false-alarm rate as ``clean``."""
    later = {row.mutation: row.found for row in after.totals}
    for row in before.totals:
        if row.mutation in later:
            yield Change(row.mutation, row.found, later[row.mutation])
    yield Change("clean", before.clean, after.clean)


def differences(before: Report, after: Report) -> list[str]:
    """What the tests were not alike in, in words."""
    told = [
        f"{what}: {first} and then {second}"
        for what, first, second in (
            ("through", before.topic or "a file", after.topic or "a file"),
            ("policy", before.policy_version, after.policy_version),
            ("software", before.software_version or "not told", after.software_version or "not told"),
            ("seed", before.seed, after.seed),
            ("sample", before.size, after.size),
        )
        if first != second
    ]
    earlier, later = ({row.mutation for row in report.totals} for report in (before, after))
    told += [f"{name}: tested and then not" for name in sorted(earlier - later)]
    told += [f"{name}: not tested and then tested" for name in sorted(later - earlier)]
    for source in sorted({*before.releases, *after.releases}):
        first, second = (report.releases.get(source) for report in (before, after))
        if first is None or second is None or first.digest != second.digest:
            told.append(f"{source}: {first.digest if first else 'none'} and then {second.digest if second else 'none'}")
    return told
