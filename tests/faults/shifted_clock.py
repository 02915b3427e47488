"""A worker whose wall clock is off by the seconds that stand in the file $CLOCK; run like ``highfence``."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from streams.cli import main
from streams.screening import freshness
from streams.screening import worker as worker_module


class _Shifted(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override] # a plain one, which can be encoded
        return datetime.now(tz) + timedelta(seconds=float(Path(os.environ["CLOCK"]).read_text()))


for module in (freshness, worker_module):
    module.datetime = _Shifted  # type: ignore[attr-defined]
main()
