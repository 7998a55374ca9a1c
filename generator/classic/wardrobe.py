"""What an illustrated set can wear: trait values to drawn parts, as the style files say."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import dicebear

from generator.classic.additions import ADDITIONS
from generator.classic.parts import Additions
from generator.styles import CatalogInvalid, Style

FREE_LICENCES = frozenset({"CC0 1.0"})
"""Licences under which a set may be drawn without a credit line."""
CREDITED_LICENCES = frozenset({"CC BY 4.0"})
"""Those under which it may be drawn where a credit line names author and licence."""

MARKS: Mapping[str, str] = {"hair": "#060a12", "beard": "#080b12"}
"""Near-black stand-ins that tell hair from ink in the raster, before both get their real colour."""


_MEANINGS = ("hair", "beard", "tint", "accent", "clothes", "ink", "paper", "skin", "tone", "bristle", "lips")
"""What a colour of a set can stand for."""

CHECKED = frozenset(
    {
        "8d54da218762c48d3c3d63348137c610c2d13594317def503170769fb651da1c",  # peeps
        "1a4db685faea78fd66acf3b332182028132d2582199c5e661702a05f301b33b9",  # lorelei
        "06a2212d62bd6cac6018493462e1b9931fa96ce813f1fbdb8520354eb5aa0f60",  # notionists
        "694253613fded3ef4087e83f69120a44ab5051cd06e4ccc977e44a28719fc4eb",  # sprites
        "8ae31a315717d71c44a1602594944914d3766bd4ea3364b45b72a0934cf9add7",  # critters
    }
)
"""Fingerprints of the sets of our own styles, which the tests have had checked. Any other is checked when it is read."""


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """One illustrated set, ready to draw. Lengths are in the set's own units."""

    drawing: dicebear.Style
    canvas: float
    """Side of the set's square canvas."""
    face: tuple[float, float, float, float]
    """Oval of the face: centre x, centre y, half width, half height."""
    skull: tuple[float, float, float, float]
    """Likewise, of the whole head without ears and hair."""
    middle: float
    """Where the bridge of the nose is, from left to right."""
    eyes: float
    """How high the eyes are."""
    square: float
    """Side of the squares that everything is made of; 0: of none."""
    chin: float
    floor: float
    """Down to which line the body is drawn."""
    line: float
    """Half the thickest outline."""
    ink: str
    skins: Mapping[str, tuple[str, ...]]
    """Value of the trait ``skin`` → its colours, from which chance picks; empty where skin is a person's."""
    inks: Mapping[str, str]
    """Value of the trait ``skin`` → the ink of lines upon it, where that is not ``ink``."""
    hats: frozenset[str]
    """Variants whose hair is cloth."""
    components: tuple[str, ...]
    parts: Mapping[str, str]
    """Trait → component."""
    choices: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Trait → value → variants of its component; none means that the component is left out."""
    bearded: Mapping[str, tuple[str, ...]]
    """Hair value → the variants that go with a beard."""
    capped: Mapping[str, tuple[str, ...]]
    """Hair value → the variants that go under a cap; others go as they are."""
    along: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Value of hair, glasses or mood → component → variants."""
    also: Mapping[str, tuple[str, ...]]
    """Component → variants, whatever the traits."""
    colours: Mapping[str, str]
    """Colour of the set → what it stands for."""
    drawing_colours: frozenset[str]
    """The colours that the set knows."""


def wardrobe_of(style: Style) -> Wardrobe:
    """Read the wardrobe out of ``style.figure`` with its set from dicebear-styles.

    Raises ``CatalogInvalid`` when the table lacks something, or names a set that is missing or not freely licensed.
    """
    table = style.figure
    try:
        definition = definition_of(style)
        traits = ("hair", "glasses", "beard", "mood")
        face = _oval(table["face"])
        x, y, half_width, half_height = face
        # Where a set says nothing of it, heads look straight ahead and are built as most people's are.
        skull = table.get("skull", (x, y - 0.3 * half_height, 1.2 * half_width, 1.3 * half_height))
        return Wardrobe(
            drawing=_drawing(definition),
            canvas=float(definition["canvas"]["width"]),
            face=face,
            skull=_oval(skull),
            middle=float(table.get("middle", x)),
            eyes=float(table.get("eyes", y - 0.27 * half_height)),
            square=float(table.get("square", 0)),
            chin=float(table["chin"]),
            floor=float(table["floor"]),
            line=float(table["line"]),
            ink=str(table["ink"]),
            skins=_variants(table.get("skin", {})),
            inks={tone: str(ink) for tone, ink in table.get("inks", {}).items()},
            hats=frozenset(str(each) for each in table.get("hats", ())),
            components=tuple(definition["components"]),
            parts=dict(table["parts"]),
            choices={trait: _variants(table[trait]) for trait in traits},
            bearded=_variants(table.get("bearded", {})),
            capped=_variants(table.get("capped", {})),
            along={value: _variants(more) for value, more in table.get("along", {}).items()},
            also=_variants(table.get("also", {})),
            colours={
                **table["colours"],
                **{name: name for name in _MEANINGS if name != "skin"},
            },
            drawing_colours=frozenset(definition["colors"]),
        )
    except (KeyError, TypeError, ValueError, dicebear.StyleValidationError) as error:
        raise CatalogInvalid(
            parameters={"file": str(style.source), "key": "figure", "reason": f"{type(error).__name__}: {error}"}
        ) from error


def fingerprint(definition: Mapping[str, Any]) -> str:
    """SHA-256 of a set as it would be drawn, in hex."""
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()


class _Checked(dict[str, Any]):
    """Stands for a set that needs no check: next to nothing to look at, and the whole of it as its own copy."""

    def __init__(self, definition: dict[str, Any]) -> None:
        super().__init__(canvas=definition["canvas"])
        self._definition = definition

    def __deepcopy__(self, _memo: object) -> dict[str, Any]:
        return self._definition


def _drawing(definition: dict[str, Any]) -> dicebear.Style:
    """The set as the library wants it. To check one against its schema takes half a second, which is all but all of it.

    Raises ``StyleValidationError`` where it is none.
    """
    if fingerprint(definition) in CHECKED:
        # The library checks what it is given, and goes on with a copy of that.
        drawing = dicebear.Style(_Checked(definition))
        if drawing.components().keys() == definition["components"].keys():
            return drawing
    return dicebear.Style(definition)


def definition_of(style: Style) -> dict[str, Any]:
    """The set that ``style.figure`` names, with our additions and the colours that the table sets apart."""
    name = str(style.figure["set"])
    additions = ADDITIONS.get(name, Additions())
    definition = _ours(additions.side) if additions.side else _read(name, style)
    _recolour(definition, style.figure.get("recolour", {}))
    _extend(definition, additions)
    _prune(definition, style.figure)
    return definition


def _prune(definition: dict[str, Any], table: Mapping[str, Any]) -> None:
    """Leave out what ``table`` never asks for, so that there is less to read and to check.

    Raises ``ValueError`` for what it asks for and is not there.
    """
    drawn = json.dumps([definition["canvas"], definition["components"]], sort_keys=True)
    asked: dict[str, set[str]] = {}
    for trait, component in table["parts"].items():
        asked[component] = {each for variants in table[trait].values() for each in variants}
    for occasion in ("bearded", "capped"):
        asked[table["parts"]["hair"]].update(*table.get(occasion, {}).values())
    for more in (*table.get("along", {}).values(), table.get("also", {})):
        for component, variants in more.items():
            asked.setdefault(component, set()).update(variants)
    for component, variants in asked.items():
        missing = sorted(variants.difference(definition["components"].get(component, {}).get("variants", ())))
        if missing:
            raise ValueError(f"{component} has no {missing[0]}")
    for component, body in list(definition["components"].items()):
        if component in asked:
            body["variants"] = {name: each for name, each in body["variants"].items() if name in asked[component]}
        elif f'"name": "{component}", "type": "component"' not in drawn:
            del definition["components"][component]


def _read(name: str, style: Style) -> dict[str, Any]:
    file = resources.files("dicebear_styles") / f"{name}.json"
    if not file.is_file():
        raise CatalogInvalid(parameters={"file": str(style.source), "key": "figure.set", "reason": "no such set"})
    definition: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    licence, author = definition["meta"]["license"]["name"], definition["meta"]["creator"]["name"]
    if licence not in FREE_LICENCES | CREDITED_LICENCES:
        reason = "a set under CC0 or CC BY"
        raise CatalogInvalid(parameters={"file": str(style.source), "key": "figure.set", "reason": reason})
    if licence in CREDITED_LICENCES and not (licence in style.credit and author in style.credit):
        reason = f"a line that names {author} and {licence}"
        raise CatalogInvalid(parameters={"file": str(style.source), "key": "figure.credit", "reason": reason})
    return definition


def _ours(side: float) -> dict[str, Any]:
    """A set in which nothing is yet."""
    return {"canvas": {"width": side, "height": side, "elements": []}, "components": {}, "colors": {}}


def _oval(numbers: Sequence[Any]) -> tuple[float, float, float, float]:
    x, y, half_width, half_height = (float(number) for number in numbers)
    return x, y, half_width, half_height


def _variants(table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {value: tuple(str(each) for each in variants) for value, variants in table.items()}


def _recolour(definition: dict[str, Any], rules: Mapping[str, str]) -> None:
    """Give one component's colour a name of its own, so that it can be chosen apart from the rest."""
    for rule, colour in rules.items():
        component, old = rule.split(".")
        _rename(definition["components"][component], old, colour)
        definition["colors"].setdefault(colour, copy.deepcopy(definition["colors"][old]))
    for colour in _MEANINGS:
        definition["colors"].setdefault(colour, {"notEqualTo": [], "values": ["#000000"]})


def _rename(node: Any, old: str, new: str) -> None:
    if isinstance(node, dict):
        if node.get("type") == "color" and node.get("name") == old:
            node["name"] = new
        for child in node.values():
            _rename(child, old, new)
    elif isinstance(node, list):
        for child in node:
            _rename(child, old, new)


def _extend(definition: dict[str, Any], additions: Additions) -> None:
    for component, (place, elements) in additions.within.items():
        for variant in definition["components"][component]["variants"].values():
            variant["elements"][place:place] = copy.deepcopy(list(elements))
    size = {side: definition["canvas"][side] for side in ("width", "height")}
    # Behind every figure is a backdrop of ours.
    definition["colors"].pop("background", None)
    if additions.canvas:
        definition["canvas"]["elements"] = copy.deepcopy(list(additions.canvas))
    for component, variants in additions.variants.items():
        made = definition["components"].setdefault(component, {**size, "variants": {}})
        for name, elements in variants.items():
            made["variants"][name] = {"elements": copy.deepcopy(list(elements))}
