"""Shapes of our own as the illustrated sets take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Element = Mapping[str, Any]
Variants = Mapping[str, tuple[Element, ...]]


@dataclass(frozen=True, slots=True)
class Additions:
    """What one set gets in addition. Paths are in the set's own canvas units."""

    variants: Mapping[str, Variants] = field(default_factory=dict[str, Variants])
    """Component → new variant → its elements. A component that the set lacks is made, as large as the canvas."""
    within: Mapping[str, tuple[int, tuple[Element, ...]]] = field(
        default_factory=dict[str, tuple[int, tuple[Element, ...]]]
    )
    """Component → (place, elements) put into each of its variants."""
    canvas: tuple[Element, ...] = ()
    """What is drawn, from the back to the front, in place of the set's own canvas; empty: as it is."""
    side: float = 0
    """Of the canvas, where the whole set is ours."""


def path(data: str, colour: str, line: float = 0, opacity: float = 1) -> Element:
    """A filled shape, with an outline of ink where ``line`` is its width."""
    attributes: dict[str, Any] = {"d": data, "fill": _colour(colour), "fill-rule": "evenodd"}
    if opacity < 1:
        attributes["fill-opacity"] = f"{opacity:g}"
    return {"type": "element", "name": "path", "attributes": attributes | (_pen(line) if line else {})}


def line(data: str, width: float) -> Element:
    """A stroke of ink."""
    return {"type": "element", "name": "path", "attributes": {"d": data, "fill": "none", **_pen(width)}}


def moved(right: float, down: float, *elements: Element) -> Element:
    """Canvas units brought into a component that is drawn at (right, down)."""
    place = f"translate({-right:g} {-down:g})"
    return {"type": "element", "name": "g", "attributes": {"transform": place}, "children": list(elements)}


def component(name: str, right: float = 0, down: float = 0) -> Element:
    """The place of a component in the canvas."""
    return {"type": "component", "name": name, "attributes": {"transform": f"translate({right:g} {down:g})"}}


def circle(x: float, y: float, radius: float) -> str:
    """Data of a path."""
    return f"M{x - radius:g} {y:g}a{radius:g} {radius:g} 0 1 0 {2 * radius:g} 0a{radius:g} {radius:g} 0 1 0 {-2 * radius:g} 0Z"


def cells(
    left: int, top: int, rows: Sequence[str], colours: Mapping[str, str], opacity: float = 1
) -> tuple[Element, ...]:
    """Pixel art: a letter of ``rows`` is a square of 1 unit in the colour that ``colours`` names, a dot is nothing."""
    data: dict[str, list[str]] = {}
    for down, row in enumerate(rows):
        start = 0
        for right in range(1, len(row) + 1):
            if right == len(row) or row[right] != row[start]:
                wide = right - start
                if row[start] != ".":
                    run = f"M{left + start} {top + down}h{wide}v1h{-wide}z"
                    data.setdefault(row[start], []).append(run)
                start = right
    return tuple(path("".join(runs), colours[letter], opacity=opacity) for letter, runs in data.items())


def _pen(width: float) -> dict[str, Any]:
    return {
        "stroke": _colour("ink"),
        "stroke-width": f"{width:g}",
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
    }


def _colour(name: str) -> Element:
    return {"type": "color", "name": name}
