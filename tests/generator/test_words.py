"""Blocked words: found however they are spelt, and not inside of words that mean no harm."""

from __future__ import annotations

import pytest

from generator.words import WORD_CHARS, found, tidy

SPELT = """
sex; SEX; a sex scene; s e x; s.e.x; s-e-x; s*e*x; S_E_X; ｓｅｘ; 𝓼𝓮𝔁; séx; s3x; $ex; 5ex; s 3 x; se x; seeeex; sexxxx; sеx; sex!; (sex)
a nude woman; NUDES; nuuude; n u d e; nu-de; semi-nude; nаkеd; p0rn; p o r n; pornographic; b00bs; h3nt41;; fuck!ng
with no clothes; a nal; self harm; self-harm; SELF HARM; pedophile; 4nal; two rapists; erotic art; childsex child sex
섹스; 섹 스; 섹.스; 섹-스를 하는; 섹 스를; 섹1스; ㅅㅔㄱㅅㅡ; ㅅ ㅔ ㄱ ㅅ ㅡ; 섹ㅅㅡ; 세ㄱ스; 누드; 누ㄷㅡ; 누 드 화보; 누드모델의; 알몸인 사람; 벌거벗은
야한; 야한 옷; 야동; 야 동; 자살하는; 성기가; 포르노그래피; 강간; 19금; 피투성이가 된; 섹스sex; 야동video
"""

HARMLESS = """
Scunthorpe; Essex and Sussex; a sextant on a ship; cocktail; a peacock; grapes; a therapist; classic analog; assassin; Dickens; Milford Sound; Penistone
a pedometer; pussy cat; pussy-willow; visible to the naked eye; nude tones; blue tits in winter; rape blossoms; the suicide squad; shiitake; mass; bass
an album of cats; sun up; por no saber; is ex-pirate; 5 ex-pirates; i sit in a bar; model s extra; a night with the stars; a b c d e f g; x; 12345; torn
unisex; or gym; raven; drapes; scrapes; Hancock; arsenal; organism; cucumber; documents; Nudelsuppe; 999 roses; ok :) !!! ???; level 80 mage
누들 한 그릇; 성기사 갑옷; 여성기사; 전성기; 생성기; 유니섹스 코트; 건강간식; 누드톤 메이크업; 누드 톤; 참수리; 해야한다; 해야 한다; 마음부터; 혼자살아요; 투자해서
안경을 쓴 고양이; 보지 못한 꿈; 자지 않는 도시; 야 동생아; 가슴이 따뜻한; 수간호사; 다음경기; 고어텍스 재킷; 고어텍스; 자유 두려움; 시작해; 한자해석; 19 금요일; ㅋㅋㅋ 귀여워; ㅎㅎ; ㅠㅠ
lol i want a hat; a gore-tex jacket; 하나체육복; 윤간호사 스타일; 강간장 게장
彼女は歌う; 红色的花; красивый кот; une robe à fleurs; Größe; 🦊 fox; ❤️
"""


def each(table: str) -> list[str]:
    return [text.strip() for line in table.strip().splitlines() for text in line.split("; ")]


@pytest.mark.parametrize("text", each(SPELT))
def test_a_blocked_word_is_found_however_it_is_spelt(text: str) -> None:
    assert found(text) == "ours"


@pytest.mark.parametrize("text", each(HARMLESS))
def test_words_that_mean_no_harm_are_left_alone(text: str) -> None:
    assert found(text) == ""


@pytest.mark.parametrize(
    ("word", "texts"),
    [
        ("rose", ["a rose", "ROSES", "r.o.s.e", "r0se", "ro se r o s e"]),
        ("rose*", ["rosebud", "rosé wine"]),
        ("red hat", ["a red hat", "Red-Hat", "two red hats", "r3d hat"]),
        ("사장님", ["우리사장님이", "사 장 님", "ㅅㅏㅈㅏㅇ님", "사장님"]),
        ("우리 반", ["우리 반 친구", "우리반", "우리 반에서"]),
        ("кот", ["красивый кот", "КОТИК"]),
        ("naked eye", ["to the naked eye"]),
    ],
)
def test_a_room_blocks_words_of_its_own(word: str, texts: list[str]) -> None:
    kept = tidy(word)
    for text in texts:
        assert found(text, {kept}) == "room", text
    assert found("prose and roasted rows of rosy hats, red is the hat, 우리 아이의 반지", {kept}) == ""


def test_the_list_for_everywhere_comes_first() -> None:
    assert found("nude rose", {"rose"}) == "ours"
    assert found("a plain rose", ()) == ""


def test_a_list_takes_words_that_can_be_found() -> None:
    assert tidy("  Big   ROSE ") == "big rose"
    assert tidy("ＲＯＳＥ*") == "rose*"
    for word in ("", " ", "a", "*", "**", "a*", "!!", "🦊🦊", "ro*se", "x" * (WORD_CHARS + 1), "ro\nse\x00", "12"):
        assert tidy(word) == "", word


def test_the_longest_text_is_read_in_no_time() -> None:
    own = frozenset(f"word{number}" for number in range(100))
    for text in ("a " * 100, "1" * 200, "ㅅ" * 200, "ㅏ " * 100, "s3x" * 66, "섹" * 200, "." * 200, "aA@" * 66):
        found(text, own)
