"""Creatures: bodies, ears and hats of our own around the eyes and mouths of the set."""

from __future__ import annotations

from generator.classic.parts import Additions, Element, Variants, circle, component, line, path

_PEN = 2.6
_SHAPES = {
    "dome": "M15 124V61a35 35 0 0 1 70 0v63Z",
    "egg": "M11 124V74c0-28 17-48 39-48s39 20 39 48v50Z",
    "bell": "M2 124c-2-10 10-16 14-34 3-17 3-29 6-42 5-15 15-22 28-22s23 7 28 22c3 13 3 25 6 42 4 18 16 24 14 34Z",
    "lumpy": "M13 124V68c0-12 3-24 11-28 6-3 7-10 15-12 6-2 8 2 12 1s4-4 11-3c8 1 7 9 13 13 8 5 12 17 12 29v56Z",
    "block": "M14 124V44q0-18 18-18h36q18 0 18 18v80Z",
}
_BELLY = "M28 124C26 104 34 92 50 92S74 104 72 124Z"


def _body(shape: str) -> tuple[Element, ...]:
    return path(shape, "skin", _PEN), path(_BELLY, "paper", opacity=0.28)


_HOOD = (
    "M-2 124C0 104 8 92 8 66C8 36 24 19 50 19S92 36 92 66C92 92 100 104 102 124Z"
    "M50 33C31 33 22 46 22 60S32 85 50 85 78 74 78 60 69 33 50 33Z"
)
_TUFT = (
    "M37 44C39 30 36 22 30 16C38 16 43 20 46 25C46 16 49 9 55 4C54 12 55 18 57 23C60 18 65 15 71 15C65 22 63 30 64 44Z"
)
_HORNS = "M22 48C15 38 15 24 22 12C25 24 32 32 40 36ZM78 48C85 38 85 24 78 12C75 24 68 32 60 36Z"
_FLUFF = (
    "M50 2C57-4 68-2 72 6C82 4 90 12 89 21C98 25 101 36 95 44C101 52 98 63 90 66C92 78 84 86 74 84L26 84"
    "C16 86 8 78 10 66C2 63-1 52 5 44C-1 36 2 25 11 21C10 12 18 4 28 6C32-2 43-4 50 2Z"
)
_LONG = "M34 38C22 28 14 8 21-4C28-14 38-2 41 12C43 22 43 30 43 36ZM66 38C78 28 86 8 79-4C72-14 62-2 59 12C57 22 57 30 57 36Z"
_INNER = "M35 30C28 22 22 8 25 3C30 0 34 8 36 15ZM65 30C72 22 78 8 75 3C70 0 66 8 64 15Z"
_FLOPPY = (
    "M30 32C14 26 2 36-1 54C-4 72 0 88 8 89C17 90 18 76 20 64C22 52 28 44 38 40Z"
    "M70 32C86 26 98 36 101 54C104 72 100 88 92 89C83 90 82 76 80 64C78 52 72 44 62 40Z"
)

_TOPS: Variants = {
    "tuft": (path(_TUFT, "accent", _PEN),),
    "horns": (path(_HORNS, "accent", _PEN),),
    "curls": (
        path(circle(34, 27, 10) + circle(66, 27, 10), "accent", _PEN),
        path(circle(50, 20, 12), "accent", _PEN),
        line("M50 27a6.500 6.500 0 1 1 6-7M34 33a5 5 0 1 1 4-7M66 33a5 5 0 1 0-4-7", 2),
    ),
    "fluff": (path(_FLUFF, "accent", _PEN),),
    "bunny": (path(_LONG, "skin", _PEN), path(_INNER, "accent")),
    "bear": (
        path(circle(23, 33, 13) + circle(77, 33, 13), "skin", _PEN),
        path(circle(22, 32, 6.5) + circle(78, 32, 6.5), "accent"),
    ),
}
_FRONTS: Variants = {
    "floppy": (path(_FLOPPY, "accent", _PEN),),
    "beanie": (
        path(circle(50, 6, 6.5), "paper", _PEN),
        path("M25 36C25 19 35 11 50 11S75 19 75 36Z", "accent", _PEN),
        path("M23 30H77Q80 30 80 33V38Q80 41 77 41H23Q20 41 20 38V33Q20 30 23 30Z", "accent", _PEN),
        line("M34 32V39M42 32V39M50 32V39M58 32V39M66 32V39", 1.6),
    ),
    "party": (
        path("M32 35L50-6L68 35Q50 42 32 35Z", "accent", _PEN),
        path(circle(50, -6, 5), "paper", _PEN),
        path(circle(46, 14, 2.6) + circle(54, 24, 2.6) + circle(42, 29, 2.6), "paper"),
    ),
    "bowler": (
        path("M30 33C29 16 36 9 50 9S71 16 70 33Z", "accent", _PEN),
        path("M18 34C26 30 36 29 50 29S74 30 82 34C80 39 66 40 50 40S20 39 18 34Z", "accent", _PEN),
    ),
}
_LENSES = circle(37, 49, 11.5) + circle(63, 49, 11.5)
_PANES = "M26 39H48Q49 39 49 40V57Q49 59 47 59H28Q26 59 26 57ZM74 39H52Q51 39 51 40V57Q51 59 53 59H72Q74 59 74 57Z"
_DARK = "M23 41H48.500C49 50 46 60 36 60S23 52 23 41ZM77 41H51.500C51 50 54 60 64 60S77 52 77 41Z"

CRITTERS = Additions(
    canvas=(
        component("top"),
        component("body"),
        component("cheeks", 28, 53),
        component("hood"),
        component("beard"),
        component("eyes", 27, 36),
        component("glasses"),
        component("mouth", 36, 61),
        component("front"),
    ),
    variants={
        "top": _TOPS,
        "body": {name: _body(shape) for name, shape in _SHAPES.items()},
        "hood": {"hood": (path(_HOOD, "accent", _PEN), line("M50 89V106M30 98L24 112M70 98L76 112", 2.2))},
        "front": _FRONTS,
        "glasses": {
            "round": (path(_LENSES, "paper", _PEN, 0.3), line("M48.500 48Q50 46.500 51.500 48", _PEN)),
            "square": (path(_PANES, "paper", _PEN, 0.3), line("M49 46H51", _PEN)),
            "shades": (
                path(_DARK, "ink", _PEN),
                line("M48 42H52", 4),
                path("M28 45L34 45L29 52ZM56 45L62 45L57 52Z", "paper", opacity=0.55),
            ),
        },
        "eyes": {
            "stern": (
                path(circle(10, 13, 7) + circle(36, 13, 7), "paper"),
                path(circle(10, 13, 3) + circle(36, 13, 3), "ink"),
                line("M2 5.500L17 7M44 5.500L29 7", 3.2),
            ),
        },
        "mouth": {
            "beam": (
                path("M2 3H26A12 11 0 0 1 2 3Z", "lips"),
                path("M3 3H25Q24.500 6.500 23.500 7.500H4.500Q3.500 6.500 3 3Z", "paper"),
                line("M2 3H26A12 11 0 0 1 2 3Z", _PEN),
            ),
            "oh": (path("M14 1A5.500 6.500 0 0 1 14 14A5.500 6.500 0 0 1 14 1Z", "lips", _PEN),),
        },
        "beard": {
            "whiskers": (line("M27 63L8 58M27 67.500H6M27 72L9 78M73 63L92 58M73 67.500H94M73 72L91 78", 2.2),),
            "tuft": (path("M41 79C42 92 47 98 51 102C53 97 58 92 59 79C54 83 46 83 41 79Z", "accent", 2.2),),
            "full": (
                path(
                    "M17 56C15 74 20 84 27 86C28 94 36 98 42 95C45 101 55 101 58 95C64 98 72 94 73 86"
                    "C80 84 85 74 83 56C78 62 72 62 66 60C60 57 40 57 34 60C28 62 22 62 17 56Z",
                    "accent",
                    2.2,
                ),
            ),
        },
    },
)
