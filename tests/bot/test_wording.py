"""Every sentence exists in every language, takes the same parameters there, and is said somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from fluent.syntax import FluentParser
from fluent.syntax.ast import Junk, Message, MessageReference, Pattern, VariableReference
from fluent.syntax.visitor import Visitor

from bot.chat import LOCALES, Text
from bot.faults import POINTS
from bot.wording import FOLDER, Wording, negotiate
from generator.errors import GeneratorError
from generator.traits import TRAITS

pytestmark = pytest.mark.xdist_group("wording")  # its tests read the same sources

ROOT = Path(__file__).parents[2]
WORDING = Wording()
KEYS = tuple(dict.fromkeys((*WORDING.keys("en"), *WORDING.keys("ko"))))

SHAPE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
NO_KEYS = {
    *("room-style", "room-quota", "room-ceiling", "room-pause", "room-unblock", "room-log", "room-styles"),
    *("room-channel", "room-halt", "avatar-from-message"),
    *("room-words", "room-word", "room-about", "room-checks", "words-switch", "checks-switch"),
    *("room-quotas", "file-stream", "storage-busy"),
}
"""Literals in the Python sources that begin like keys and are names of something else, unless they are keys as well."""


@cache
def entries(locale: str) -> dict[str, Message]:
    resource = FluentParser().parse((FOLDER / f"{locale}.ftl").read_text("utf-8"))
    assert not [entry for entry in resource.body if isinstance(entry, Junk)], f"{locale}.ftl has lines nobody can read"
    found = [entry for entry in resource.body if isinstance(entry, Message)]
    names = [entry.id.name for entry in found]
    doubled = {name for name in names if names.count(name) > 1}
    assert not doubled, f"{locale}.ftl says twice: {doubled}"
    return dict(zip(names, found, strict=True))


class Mentions(Visitor):
    """What a message refers to."""

    def __init__(self) -> None:
        self.variables: set[str] = set()
        self.messages: set[str] = set()

    def visit_VariableReference(self, node: VariableReference) -> None:  # noqa: N802 - the library's name
        self.variables.add(node.id.name)

    def visit_MessageReference(self, node: MessageReference) -> None:  # noqa: N802
        self.messages.add(node.id.name)


def mentions(message: Message) -> Mentions:
    found = Mentions()
    found.visit(message)
    return found


@dataclass
class Sources:
    """What the Python sources say."""

    words: set[str] = field(default_factory=set)
    """Every quoted one."""
    mixed: set[str] = field(default_factory=set)
    """Those with something filled in, for which ``{}`` stands."""
    declarations: list[list[tuple[str, str]]] = field(default_factory=list)
    """Of each module the functions that are called with a literal, and which."""


@cache
def sources() -> Sources:
    found = Sources()
    for file in (file for package in ("bot", "generator", "adapters") for file in (ROOT / package).rglob("*.py")):
        called: list[tuple[str, str]] = []
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.words.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
                found.mixed.add("".join(str(part) for part in parts))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                called += [
                    (node.func.id, str(first.value)) for first in node.args[:1] if isinstance(first, ast.Constant)
                ]
        found.declarations.append(called)
    return found


def pages() -> Iterator[str]:
    for file in sorted((ROOT / "adapters").rglob("*")):
        if file.suffix in (".js", ".html"):
            yield file.read_text("utf-8")


def said_by_pages() -> set[str]:
    """``say("private")`` in a page's script says ``web-private``, ``{{web-private}}`` in the page itself does too."""
    scripts = {f"web-{word}" for text in pages() for word in re.findall(r"\bsay\(\s*[\"']([a-z0-9-]+)[\"']", text)}
    return scripts | {word for text in pages() for word in re.findall(r"\{\{(web-[a-z0-9-]+)\}\}", text)}


def named_by_pages() -> set[str]:
    """Every word in a page that might be the rest of a ``web-…`` key, wherever it stands."""
    return {f"web-{word}" for text in pages() for word in re.findall(r"[a-z][a-z0-9-]+", text)}


def patterns() -> list[re.Pattern[str]]:
    """Keys that are put together: ``f"trace-{x}"`` in Python, a template or a prefix plus something in a page."""
    found = set(sources().mixed)
    for text in pages():
        found |= {re.sub(r"\$\{[^}]*\}", "{}", each) for each in re.findall(r"`([a-z$][^`\s:/]*)`", text)}
        found |= {f"{each}{{}}" for each in re.findall(r"[\"'`]([a-z][a-z-]*-)[\"'`] *\+", text)}
    return [
        re.compile("[a-z0-9-]+".join(re.escape(part) for part in each.split("{}")))
        for each in found
        if re.fullmatch(r"[a-z{}-]+", each)
        and re.match(r"[a-z]{3,}(-[a-z]+)*-\{\}", each)
        and not each.startswith("web-")
    ]


# --- the files ------------------------------------------------------------------------------------------------------


def test_both_languages_say_the_same_things() -> None:
    assert set(entries("en")) == set(entries("ko"))
    assert len(entries("en")) > 250


@pytest.mark.parametrize("locale", LOCALES)
def test_sentences_are_found_where_a_parser_of_the_whole_file_finds_them(locale: str) -> None:
    whole = {key: mentions(entry).variables for key, entry in entries(locale).items()}
    assert list(whole) == list(WORDING.keys(locale))
    assert whole == dict(WORDING.keys(locale))


@pytest.mark.parametrize("locale", LOCALES)
def test_every_key_has_a_sentence(locale: str) -> None:
    for key, entry in entries(locale).items():
        assert isinstance(entry.value, Pattern), f"{locale}: {key} is empty"
        said = WORDING.say(locale, Text(key))
        assert said.strip(), key
        assert "{???}" not in said, key


def test_both_languages_take_the_same_parameters() -> None:
    for key in KEYS:
        english, korean = mentions(entries("en")[key]), mentions(entries("ko")[key])
        assert english.variables == korean.variables, f"{key}: {english.variables} and {korean.variables}"


@pytest.mark.parametrize("locale", LOCALES)
def test_a_sentence_refers_to_sentences_that_exist(locale: str) -> None:
    for key, entry in entries(locale).items():
        assert mentions(entry).messages <= set(entries(locale)), key


def test_korean_needs_no_particle_that_depends_on_what_was_filled_in() -> None:
    """을/를, 이/가, 은/는, 과/와 and (으)로 change with the sound before them, which a placeholder does not tell."""
    particle = re.compile(r"\}[’”'\")]*(?:을|를|이|가|은|는|과|와|으로|로|이에요|예요|이라|라)(?=[\s.,!?]|$)")
    text = (FOLDER / "ko.ftl").read_text("utf-8")
    assert not [line for line in text.splitlines() if particle.search(line)]


def test_korean_particles_fit_the_words_that_many_sentences_speak_of() -> None:
    text = (FOLDER / "ko.ftl").read_text("utf-8")
    assert not re.findall("(?:관리자|멤버|아바타|캐릭터)(?:이|을|은|과|으로) ", text)
    assert not re.findall("(?:사진|그림|소품|스타일)(?:가|를|는|와) ", text)


def test_korean_is_korean() -> None:
    untranslated = [
        key
        for key in KEYS
        if not re.search("[가-힣]", WORDING.say("ko", Text(key)))
        and WORDING.say("en", Text(key)) != WORDING.say("ko", Text(key))
    ]
    assert not untranslated
    same = [key for key in KEYS if WORDING.say("en", Text(key)) == WORDING.say("ko", Text(key))]
    assert set(same) <= {
        "verbatim",
        "language-en",
        "language-ko",
        "help-line",
        "result-photo",
        "log-line",
        "web-bot",
        "discord-part",
    }, same


def test_english_speaks_plainly() -> None:
    """Words that a tired moderator trips over, and punctuation that reads like a machine's."""
    for key in KEYS:
        said = WORDING.say("en", Text(key))
        assert not re.search(r"\b(invalid|illegal|fatal|abort|null|exception|failed to)\b", said, re.IGNORECASE), key
        assert "!!" not in said, key
        assert "  " not in said, key


# --- the sources ----------------------------------------------------------------------------------------------------


def test_every_key_in_the_sources_exists() -> None:
    first_words = {key.split("-")[0] for key in KEYS} - {"web"}
    used = {word for word in sources().words if SHAPE.fullmatch(word) and word.split("-")[0] in first_words}
    assert len(used & set(KEYS)) > 120, "this test has gone blind"
    missing = used - set(KEYS) - NO_KEYS - set(POINTS)
    assert not missing, sorted(missing)


def test_every_key_in_the_pages_exists() -> None:
    used = said_by_pages()
    assert len(used & set(KEYS)) > 25, "this test has gone blind"
    assert not used - set(KEYS), sorted(used - set(KEYS))


def test_every_key_that_is_put_together_can_exist() -> None:
    found = [shape for shape in patterns() if shape.pattern.split("[")[0].rstrip("\\-") in {"trace", "likeness", "log"}]
    assert len(found) >= 3, "this test has gone blind"
    assert all(any(shape.fullmatch(key) for key in KEYS) for shape in found)


def test_every_key_in_the_files_is_used() -> None:
    words, shapes = sources().words | said_by_pages() | named_by_pages(), patterns()
    assert len(shapes) > 5
    referred = {name for entry in entries("en").values() for name in mentions(entry).messages}
    declared = {f"avatar-{trait}{end}" for trait in TRAITS for end in ("", "-hint")}
    for named in sources().declarations:
        for command in [name for kind, name in named if kind == "Command"]:
            for name in ["", *(f"-{name}" for kind, name in named if kind == "Argument")]:
                declared |= {f"{command}{name}", f"{command}{name}-hint"}
    unused = [
        key
        for key in KEYS
        if key not in words | referred | declared and not any(shape.fullmatch(key) for shape in shapes)
    ]
    assert not unused, unused


def test_every_error_of_the_generator_has_its_sentence() -> None:
    kinds: list[type[GeneratorError]] = [GeneratorError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert len(kinds) >= 6
    assert {kind.default_key for kind in kinds} <= set(KEYS)


# --- saying ---------------------------------------------------------------------------------------------------------


def test_a_parameter_may_itself_be_a_sentence() -> None:
    text = Text("job-waiting", {"place": 2, "duration": Text("duration-seconds", {"count": 4}), "style": "Ink"})
    assert WORDING.say("en", text) == "In line: number 2, about 4 seconds. Style: Ink."
    assert WORDING.say("ko", text) == "대기 순서: 2번째. 예상 시간: 약 4초. 스타일: Ink."


def test_numbers_are_written_as_people_write_them() -> None:
    assert WORDING.say("en", Text("duration-seconds", {"count": 1})) == "1 second"
    assert "1,234" in WORDING.say("en", Text("queue-more", {"count": 1234}))


def test_no_invisible_marks_surround_what_is_filled_in() -> None:
    said = WORDING.say("en", Text("verbatim", {"text": "Ink"}))
    assert said == "Ink"


def test_what_a_member_typed_is_never_read_as_markup() -> None:
    assert WORDING.say("en", Text("verbatim", {"text": "{ $text } { job-free }"})) == "{ $text } { job-free }"


def test_nothing_raises_whatever_is_asked_for() -> None:
    assert WORDING.say("en", Text("no-such-key")) == "no-such-key"
    assert WORDING.say("xx", Text("action-delete")) == "Delete"
    assert WORDING.say("en", Text("error-argument"))
    assert WORDING.say("en", Text("queue-more", {"count": "many"}))
    assert WORDING.say("en", Text("queue-headline", {"open": Text("no-such-key"), "kept": 2}))


def test_a_sentence_that_korean_lacks_is_said_in_english(tmp_path: Path) -> None:
    (tmp_path / "en.ftl").write_text("only-english = Hello { $name }\nboth = Both\n", "utf-8")
    (tmp_path / "ko.ftl").write_text("both = 둘 다\n", "utf-8")
    wording = Wording([tmp_path])
    assert wording.say("ko", Text("only-english", {"name": Text("both")})) == "Hello 둘 다"
    assert wording.table("ko") == {"only-english": "Hello {$name}", "both": "둘 다"}


def test_an_entry_ends_where_the_next_begins(tmp_path: Path) -> None:
    said = "one = { $n ->\n    [a] { two }\n   *[other] other = { $n }\n}\n# three = not this\ntwo= a = b\n  and c\n"
    (tmp_path / "en.ftl").write_text(said, "utf-8")
    wording = Wording([tmp_path])
    assert dict(wording.keys("en")) == {"one": {"n"}, "two": set()}
    assert wording.say("en", Text("one", {"n": "a"})) == wording.say("en", Text("two")) == "a = b\nand c"
    assert wording.say("en", Text("one", {"n": "b"})) == "other = b"
    assert wording.say("en", Text("three")) == "three"


def test_a_later_folder_may_reword(tmp_path: Path) -> None:
    (tmp_path / "en.ftl").write_text("action-delete = Bin it\n", "utf-8")
    wording = Wording([FOLDER, tmp_path])
    assert wording.say("en", Text("action-delete")) == "Bin it"
    assert wording.say("ko", Text("action-delete")) == "삭제"


def test_a_client_gets_its_sentences_as_a_table() -> None:
    table = WORDING.table("ko", "action-")
    assert table["action-delete"] == "삭제"
    assert table["action-cancel-number"] == "{$number} 취소"
    assert all(key.startswith("action-") for key in table)
    assert len(table) > 20


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("ko", "ko"),
        ("ko-KR", "ko"),
        ("KO", "ko"),
        ("ko_KR.UTF-8", "ko"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_language_tags_find_the_language(tag: str | None, locale: str) -> None:
    assert negotiate(tag) == locale
