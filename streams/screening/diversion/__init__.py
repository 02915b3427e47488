"""Signs that goods may go elsewhere than the papers say: rules as data, and the flags they give an event."""

from streams.screening.diversion.cast import Cast
from streams.screening.diversion.flags import NO_FLAGS, Diversion, Flags, Watched
from streams.screening.diversion.rules import DiversionRules

__all__ = ["NO_FLAGS", "Cast", "Diversion", "DiversionRules", "Flags", "Watched"]
