"""Parts that the illustrated sets lack and we draw ourselves: shirts, hats, scarves, beards."""

from __future__ import annotations

from collections.abc import Mapping

from generator.classic.critters import CRITTERS
from generator.classic.parts import Additions, Element, line, moved, path
from generator.classic.sprites import SPRITES

_HEAD: Element = {"type": "component", "name": "head", "attributes": {"transform": "translate(131 168)"}}
"""Lorelei's bald head, as its hair variants place it."""
_PEN = 11

_SHIRT = (
    "M302 806 C345 925 615 928 664 796 C745 815 865 850 938 922 C1015 1000 1042 1200 1052 1460 "
    "L6 1460 C18 1200 34 1040 98 955 C148 890 240 846 302 806 Z"
)
_COLLAR = "M282 824 C335 958 630 960 690 806"
_CUFFS = "M190 1460 C195 1330 205 1240 222 1180 M838 1460 C838 1330 830 1240 812 1180"

_DOME = "M228 400 C205 215 322 98 474 98 C634 98 744 205 750 345 Z"
_BAND = (
    "M216 372 C372 268 598 238 746 282 C764 288 768 304 766 336 C765 356 752 362 736 357 "
    "C604 318 398 340 246 442 C228 454 212 444 208 424 C204 402 204 382 216 372 Z"
)
_RIBS = "M300 338 L316 388 M392 298 L402 350 M486 274 L492 326 M580 264 L582 318 M668 268 L668 326"
_POMPOM = "M474 44 A46 46 0 1 1 473 44 Z"

_FACE_HOLE = (
    "M505 238 C382 246 322 370 334 520 C342 652 420 778 560 790 C664 792 726 700 727 560 "
    "C728 440 724 366 694 306 C646 238 572 230 505 238 Z"
)
_HOOD = (
    "M470 92 C276 88 176 246 182 470 C186 640 226 760 132 935 C250 1040 690 1050 846 900 "
    f"C782 830 776 780 792 690 C808 560 814 410 782 314 C736 164 622 96 470 92 Z {_FACE_HOLE}"
)
_FOLDS = (
    "M262 902 C372 892 490 860 566 806 M470 962 C600 950 700 890 752 800 M250 640 C262 720 300 800 372 846 "
    "M404 150 C330 186 282 250 262 330"
)

_CLOUD = (
    "M214 560 C126 548 84 470 120 412 C54 362 66 262 138 236 C120 148 196 76 282 96 C310 12 428 -12 496 44 "
    "C572 -10 690 28 714 112 C804 112 862 196 828 274 C890 326 874 426 802 462 C812 506 790 540 752 548 "
    "L700 400 L280 420 Z"
)
_FRINGE = (
    "M258 470 C250 372 284 300 348 278 C384 254 424 262 448 276 C484 252 526 252 556 270 C598 256 640 272 660 304 "
    "C702 316 722 346 730 388 L756 372 C774 200 640 110 470 110 C300 110 200 230 214 480 Z"
)

_MOUSTACHE = (
    "M568 574 C528 546 476 566 436 634 C482 614 532 634 574 606 C606 630 644 610 684 606 C664 560 604 544 568 574 Z"
)
_GOATEE = (
    "M496 662 C508 718 536 774 584 778 C632 772 654 712 656 652 C640 672 618 676 604 668 C586 680 556 682 540 672 "
    "C524 680 506 674 496 662 Z"
)

_SCALP = "M636 694 C596 560 690 474 880 472 C1046 470 1128 556 1112 662 C960 640 780 650 636 694 Z"
_SCALP_LINE = "M641 684 C604 560 692 480 880 479 C1042 478 1118 556 1110 660"
_SIDEBURN = "M560 600 H760 C748 680 722 726 712 768 C706 818 698 846 672 854 C648 852 643 818 641 768 L560 700 Z"
_NAPE = "M544 836 C556 902 612 944 664 982 L652 884 C650 868 646 858 642 850 C624 890 580 902 544 836 Z"
_LOW_BUN = (
    "M550 884 C602 862 658 888 664 940 C668 996 622 1028 574 1018 C524 1008 502 966 514 926 C522 902 534 892 550 884 Z"
)
_CURLS = (
    "M560 600 H770 C776 660 770 690 744 704 C754 736 742 764 714 768 C724 800 708 838 676 832 C650 830 640 800 641 768 "
    "L560 700 Z"
)
_CURLY_NAPE = (
    "M544 836 C574 896 624 890 642 850 L654 900 C682 930 680 970 652 976 C650 1014 604 1026 584 998 C546 1008 518 976 530 948 "
    "C498 928 508 878 540 872 C538 860 540 846 544 836 Z"
)
_CURLS_BEYOND = (
    "M1098 640 H1150 C1186 700 1184 752 1156 768 C1178 800 1166 836 1136 838 C1136 866 1106 876 1088 858 "
    "C1090 800 1096 740 1098 640 Z"
)

ADDITIONS: Mapping[str, Additions] = {
    "critters": CRITTERS,
    "sprites": SPRITES,
    "lorelei": Additions(
        variants={
            "hair": {
                "beanie": (
                    _HEAD,
                    moved(
                        76,
                        3,
                        path(_POMPOM, "paper", _PEN),
                        path(_DOME, "tint", _PEN),
                        path(_BAND, "tint", _PEN),
                        line(_RIBS, 8),
                    ),
                ),
                "hijab": (
                    moved(76, 3, path(_FACE_HOLE, "tint")),
                    _HEAD,
                    moved(76, 3, path(_HOOD, "tint", _PEN), line(_FOLDS, 8)),
                ),
                "cloud": (moved(76, 3, path(_CLOUD, "hair")), _HEAD, moved(76, 3, path(_FRINGE, "hair"))),
            },
            "beard": {
                "moustache": (moved(313, 517, path(_MOUSTACHE, "beard")),),
                "goatee": (moved(313, 517, path(_GOATEE, "beard"), path(_MOUSTACHE, "beard")),),
            },
        },
        within={
            "head": (
                3,
                (moved(207, 171, path(_SHIRT, "clothes", 12), line(_COLLAR, 8), line(_CUFFS, 9)),),
            ),
        },
    ),
    "notionists": Additions(
        variants={
            "hair": {
                "bald": (moved(266, 221.9, path(_SCALP, "skin"), line(_SCALP_LINE, 13)),),
                # What is seen below a cap: hair of the set ends above it.
                "cropped": (moved(266, 221.9, path(_SIDEBURN, "hair"), path(_NAPE, "hair")),),
                "curls": (
                    moved(266, 221.9, path(_CURLS, "hair"), path(_CURLY_NAPE, "hair"), path(_CURLS_BEYOND, "hair")),
                ),
                "lowbun": (moved(266, 221.9, path(_SIDEBURN, "hair"), path(_LOW_BUN, "hair")),),
            },
        },
    ),
}
"""Set → what it gets."""
