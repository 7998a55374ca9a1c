"""What every engine refuses before it begins, and which pictures it is to draw."""

from __future__ import annotations

from generator.engine import (
    ABOUT_CHARS,
    LIKENESS_RANGE,
    MOST_LIKE,
    MOST_PICTURES,
    SIZE_RANGE,
    AvatarSpec,
    singles,
)
from generator.errors import SpecInvalid
from generator.traits import check_traits

HIGHEST_SEED = 2**63 - 1


def pictures_of(spec: AvatarSpec) -> tuple[AvatarSpec, ...]:
    """``generator.engine.singles``. Raises ``SpecInvalid`` for whatever no style of any engine could draw."""
    low, high = SIZE_RANGE
    if not low <= spec.size <= high:
        raise SpecInvalid("error-size", {"size": spec.size, "low": low, "high": high})
    low, high = LIKENESS_RANGE
    if not low <= spec.likeness <= high:
        raise SpecInvalid("error-likeness-range", {"likeness": spec.likeness, "low": low, "high": high})
    if not 0 <= spec.seed <= HIGHEST_SEED:
        raise SpecInvalid("error-seed", {"seed": str(spec.seed), "high": str(HIGHEST_SEED)})
    if spec.attempt < 0:
        raise SpecInvalid("error-spec", {"attempt": spec.attempt})
    if not 1 <= spec.count <= MOST_PICTURES:
        raise SpecInvalid("error-spec", {"count": spec.count})
    if len(spec.like) > MOST_LIKE or min(spec.like, default=0) < 0:
        raise SpecInvalid("error-spec", {"like": len(spec.like)})
    if len(spec.about) > ABOUT_CHARS or "\n" in spec.about:
        raise SpecInvalid("error-spec", {"about": len(spec.about)})
    check_traits(spec.traits)
    try:
        return singles(spec)
    except ValueError as error:
        raise SpecInvalid("error-spec", {"styles": len(spec.styles)}) from error
