"""Judges Discord traffic by documents that nobody here wrote: Discord's own OpenAPI document (REST, both directions)
and JSON Schemas made of the npm package discord-api-types (gateway events).

Taken raw, the OpenAPI document proves little. Five things are added:

1. Requests are closed: a field that the document does not list is a mistake. Answers and errors stay open.
2. Permissions may be digits in a string, a snowflake may be a number (discord.py sends `"id": 0` for a new file), and
   oneOf is read as anyOf; where the branches differ by `type`, the branch is chosen by it, for short messages.
3. Multipart: `payload_json` is judged as the JSON body of the same operation, and files[n] and attachments must agree.
4. Two fields that the document lacks but every bot with discord.py sends are tolerated: `nsfw` and `tts` of edits.
5. Answers are judged too, so that the fake cannot teach the bot a Discord that does not exist.

What the document cannot see is the duty of the fake: lengths and counts over a whole message (4000 characters, 40
components), custom ids used twice, 2000 characters of `content`, flags that do not fit (components V2 with content,
a deferral with more than the ephemeral flag), attachment:// names without a file, buttons without custom_id or url,
labels or emoji, names of commands and options, unknown locales, choices beside autocomplete, the order of required
options, 8000 characters of a command, min_values above max_values, sizes of files, and everything about states, rights and times.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from jsonschema import Draft7Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from tests.discord_peer.gateway_schemas import CACHE

ROOT = Path(__file__).resolve().parents[2]

Schema = dict[str, Any]
Check = Callable[[Any], bool]

NULLABLE_BOOLEAN: Schema = {"type": ["boolean", "null"]}
TOLERATED: dict[str, dict[str, Schema]] = {
    "ApplicationCommandCreateRequest": {"nsfw": NULLABLE_BOOLEAN},
    "ApplicationCommandPatchRequestPartial": {"nsfw": NULLABLE_BOOLEAN},
    "ApplicationCommandUpdateRequest": {"nsfw": NULLABLE_BOOLEAN},
    "IncomingWebhookUpdateForInteractionCallbackRequestPartial": {"tts": NULLABLE_BOOLEAN},
    "IncomingWebhookUpdateRequestPartial": {"tts": NULLABLE_BOOLEAN},
    "MessageEditRequestPartial": {"tts": NULLABLE_BOOLEAN},
}
PERMISSIONS = {"default_member_permissions", "permissions", "allow", "deny"}  # bit fields wider than JSON numbers are
SHOWN = 5  # problems told for one body; the rest is counted
FILES = 10

KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
FORMATS = FormatChecker(())
FORMATS.checks("int32")(lambda value: not isinstance(value, int) or -(2**31) <= value < 2**32)
FORMATS.checks("int64")(lambda value: not isinstance(value, int) or -(2**63) <= value < 2**63)
FORMATS.checks("uri")(lambda value: not isinstance(value, str) or bool(urlsplit(value).scheme))
FORMATS.checks("date-time", raises=ValueError)(lambda value: not isinstance(value, str) or _date_time(value))


def specs() -> Path:
    return Path(os.environ.get("BPP_SPECS") or ROOT.parent / "shared" / "specs")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body."""

    name: str
    filename: str | None
    content: bytes


def parts(content_type: str, body: bytes) -> list[Part]:
    """Takes a multipart/form-data body apart; ValueError when it is none."""
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if not boundary:
        raise ValueError("multipart without a boundary")
    fence = b"\r\n--" + boundary[1].encode()
    first, *pieces = (b"\r\n" + body).split(fence)
    if first or not pieces or pieces[-1].strip() != b"--":
        raise ValueError("multipart body is cut off")
    found: list[Part] = []
    for piece in pieces[:-1]:
        head, gap, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        disposition = re.search(rb"(?im)^content-disposition:\s*form-data;(.*)$", head)
        name = re.search(rb'(?:^|[;\s])name="([^"]*)"', disposition[1]) if disposition else None
        if not (gap and disposition and name):
            raise ValueError("multipart part without a name")
        filename = re.search(rb'[;\s]filename="([^"]*)"', disposition[1])
        found.append(Part(name[1].decode(), filename[1].decode() if filename else None, content))
    return found


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path of the document."""

    name: str  # "POST /channels/{channel_id}/messages"
    json_body: Schema | None
    content_types: frozenset[str]
    body_required: bool
    answers: dict[str, Schema]


class Judge:
    def __init__(self, document: Mapping[str, Any], events: Mapping[str, Any] | None) -> None:
        self._document = document
        components = document["components"]["schemas"]
        self._requests = Schemas(components, "#/components/schemas/", closed=True)
        self._answers = Schemas(components, "#/components/schemas/", closed=False)
        self._events = None if events is None else Schemas(events["definitions"], "#/definitions/", closed=False)
        # Literal paths come before those with parameters: /users/@me is not /users/{user_id}.
        templates = sorted(document["paths"], key=lambda path: (path.count("{"), path))
        self._paths = [(re.compile(_pattern(path, document["paths"][path])), path) for path in templates]
        self._operations: dict[tuple[str, str], Operation | None] = {}

    @classmethod
    def load(cls) -> Judge | None:
        """The judge, or None where Discord's document is absent; without the cached schemas it is silent on events."""
        path = specs() / "discord-openapi.json"
        if not path.is_file():
            return None
        events = json.loads(CACHE.read_bytes()) if CACHE.is_file() else None
        return cls(json.loads(path.read_bytes()), events)

    @property
    def judges_events(self) -> bool:
        return self._events is not None

    def request(self, method: str, path: str, content_type: str | None, body: bytes) -> list[str]:
        """What is wrong with a request of the bot; `path` is what follows /api/v10, without the query."""
        operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path}: Discord has no such endpoint"]
        return [f"{operation.name}: {problem}" for problem in self._request(operation, content_type or "", body)]

    def response(self, method: str, path: str, status: int, body: bytes) -> list[str]:
        """What is wrong with an answer of the fake."""
        operation = self._operation(method, path)
        if operation is None or status >= 500:  # Discord's own failures have no promised shape
            return []
        answer = operation.answers.get(str(status)) or operation.answers.get(f"{status // 100}XX")
        if answer is None:
            problems = ["no such status is documented"]
        elif (schema := _json_schema(answer)) is None:
            problems = ["has a body where none is documented"] if body else []
        else:
            problems = self._json(self._answers, schema, body)
        return [f"{operation.name} answer {status}: {problem}" for problem in problems]

    def event(self, name: str, data: Any) -> list[str]:
        """What is wrong with the data of a gateway event of the fake."""
        if self._events is None:
            return []
        if name not in self._events:
            return [f"event {name}: no schema; add it to gateway_schemas.py"]
        return [
            f"event {name}: {problem}" for problem in self._events.problems({"$ref": f"#/definitions/{name}"}, data)
        ]

    def _request(self, operation: Operation, content_type: str, body: bytes) -> Iterator[str]:
        kind = content_type.partition(";")[0].strip().lower()
        if not body:
            if operation.body_required:
                yield "no body"
            return
        if not operation.content_types:
            yield "has a body where none is documented"
        elif kind not in operation.content_types:
            yield f"content type {kind or 'missing'} is not one of {', '.join(sorted(operation.content_types))}"
        elif operation.json_body is None:
            yield "takes a form that this judge does not know"
        elif kind == "multipart/form-data":
            yield from self._multipart(operation.json_body, content_type, body)
        elif kind == "application/json":
            payload = _decoded(body)
            if isinstance(payload, NotJson):
                yield payload.why
                return
            yield from self._requests.problems(operation.json_body, payload)
            yield from _files_and_attachments(payload, [])
        else:
            yield f"content type {kind} is documented, but never sent by discord.py"

    def _multipart(self, schema: Schema, content_type: str, body: bytes) -> Iterator[str]:
        try:
            form = parts(content_type, body)
        except ValueError as error:
            yield str(error)
            return
        payload: Any = {}
        for part in form:
            if part.name == "payload_json":
                payload = _decoded(part.content)
                if isinstance(payload, NotJson):
                    yield f"payload_json {payload.why}"
                    return
                yield from self._requests.problems(schema, payload)
        names = [part.name for part in form]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"part {name} comes twice"
        files = [part for part in form if part.name != "payload_json"]
        for part in files:
            if not re.fullmatch(r"files\[[0-9]\]", part.name):
                yield f"part {part.name!r} is neither payload_json nor files[0] to files[{FILES - 1}]"
            elif not part.filename:
                yield f"{part.name} has no filename"
        yield from _files_and_attachments(payload, [part.name for part in files])

    def _json(self, schemas: Schemas, schema: Schema, body: bytes) -> list[str]:
        value = _decoded(body)
        return [value.why] if isinstance(value, NotJson) else list(schemas.problems(schema, value))

    def _operation(self, method: str, path: str) -> Operation | None:
        template = next((template for pattern, template in self._paths if pattern.fullmatch(path)), None)
        if template is None:
            return None
        key = (method.upper(), template)
        if key not in self._operations:
            self._operations[key] = self._read(*key)
        return self._operations[key]

    def _read(self, method: str, template: str) -> Operation | None:
        operation = self._document["paths"][template].get(method.lower())
        if operation is None:
            return None
        body = operation.get("requestBody", {})
        answers = {
            status: self._document["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
            if "$ref" in answer
            else answer
            for status, answer in operation["responses"].items()
        }
        return Operation(
            name=f"{method} {template}",
            json_body=_json_schema(body),
            content_types=frozenset(body.get("content", ())),
            body_required=body.get("required", False),
            answers=answers,
        )


class Schemas:
    """Named schemas that refer to one another, prepared one by one when first needed."""

    def __init__(self, raw: Mapping[str, Schema], prefix: str, *, closed: bool) -> None:
        self._raw = raw
        self._prefix = prefix
        self._closed = closed
        self._prepared: dict[str, Schema] = {}
        self._roots: dict[int, tuple[Schema, Any, Check]] = {}
        self._checks: dict[str, Check] = {}
        # Draft 7 is what the generator of the event schemas writes; the OpenAPI document uses nothing newer.
        self._validator = extend(Draft7Validator, {"$ref": self._ref, "x-union": self._union, "required": _required})

    def __contains__(self, name: str) -> bool:
        return name in self._raw

    def problems(self, schema: Schema, value: Any) -> Iterator[str]:
        if id(schema) not in self._roots:  # the schema is kept beside its validator, so its id stays taken
            prepared = self._prepare(schema)
            validator = self._validator(prepared, format_checker=FORMATS)
            self._roots[id(schema)] = schema, validator, self._check(prepared)
        _, validator, check = self._roots[id(schema)]
        if check(value):
            return
        errors = list(validator.iter_errors(value))
        for error in errors[:SHOWN]:
            yield f"{_place(error)} {_what(error)}".strip()
        if len(errors) > SHOWN:
            yield f"and {len(errors) - SHOWN} more"

    def _named(self, reference: str) -> str:
        return unquote(reference.removeprefix(self._prefix))

    def _prepared_by_name(self, name: str) -> Schema:
        if name not in self._prepared:
            self._prepared[name] = prepared = self._prepare(self._raw[name])
            if self._closed and name in TOLERATED:
                prepared["properties"] |= TOLERATED[name]
            if self._closed and name == "SnowflakeType":
                prepared |= {"type": ["string", "integer"], "minimum": 0}
        return self._prepared[name]

    def _prepare(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            return {"$ref": schema["$ref"]}
        if self._closed and "allOf" in schema and "enum" not in schema:
            schema = self._merged(schema)
        prepared: Schema = {}
        for key, value in schema.items():
            match key:
                case "oneOf" | "anyOf":
                    prepared |= self._branches(value)
                case "allOf":
                    if "enum" not in schema:  # else it names the enumeration that this one is a part of
                        prepared[key] = [self._prepare(part) for part in value]
                case "properties":
                    prepared[key] = {name: self._property(name, part) for name, part in value.items()}
                case "items" | "additionalProperties" | "not" if isinstance(value, dict):
                    prepared[key] = self._prepare(cast("Schema", value))
                case _:
                    prepared[key] = value
        if self._closed and "properties" in prepared:
            prepared.setdefault("additionalProperties", False)
        return prepared

    def _property(self, name: str, schema: Schema) -> Schema:
        prepared = self._prepare(schema)
        kinds = prepared.get("type", [])
        kinds = cast("list[str]", [kinds] if isinstance(kinds, str) else kinds)
        if self._closed and name in PERMISSIONS and "integer" in kinds:
            return prepared | {"type": [*kinds, "string"], "pattern": "^[0-9]+$"}
        return prepared

    def _merged(self, schema: Schema) -> Schema:
        """One object of an allOf of objects, so that it can be closed as a whole."""
        whole: Schema = {"type": "object", "properties": {}, "required": []}
        for part in [*schema["allOf"], {key: value for key, value in schema.items() if key != "allOf"}]:
            part = self._resolved(part)
            if "allOf" in part:
                part = self._merged(part)
            whole["properties"] |= part.get("properties", {})
            whole["required"] += part.get("required", [])
            whole |= {key: value for key, value in part.items() if key in {"oneOf", "anyOf", "additionalProperties"}}
        return whole

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._raw[self._named(schema["$ref"])]
        return schema

    def _branches(self, branches: list[Schema]) -> Schema:
        """A union: an enumeration, or its branches by `type` where each has one, or all of them."""
        if all("const" in branch for branch in branches):
            return {"enum": [branch["const"] for branch in branches]}
        flat = list(self._flattened(branches))
        rest = [branch for branch in flat if self._resolved(branch).get("type") != "null"]
        union: Schema = {"nullable": len(rest) < len(flat)}
        by_type: dict[Any, list[Schema]] = {}
        for branch in rest:
            kind = self._resolved(branch).get("properties", {}).get("type", {})
            kind = self._resolved(kind)
            values = kind.get("enum", [kind["const"]] if "const" in kind else [])
            if not values:
                return {"x-union": union | {"any": [self._prepare(branch) for branch in rest]}}
            for value in values:
                by_type.setdefault(value, []).append(self._prepare(branch))
        return {"x-union": union | {"by_type": by_type}}

    def _flattened(self, branches: list[Schema]) -> Iterator[Schema]:
        for branch in branches:
            resolved = self._resolved(branch)
            nested: list[Schema] = [*resolved.get("oneOf", ()), *resolved.get("anyOf", ())]
            if nested and "properties" not in resolved and not all("const" in each for each in nested):
                yield from self._flattened(nested)
            else:
                yield branch

    def _check(self, schema: Schema) -> Check:
        """Says quickly of nearly everything that fits ``schema`` that it does; of anything else the validator judges."""
        checks = [
            _about(key, self._part(key, wanted, schema))
            for key, wanted in schema.items()
            if key in self._validator.VALIDATORS
        ]
        return checks[0] if len(checks) == 1 else lambda value: all(check(value) for check in checks)

    def _part(self, key: str, wanted: Any, schema: Schema) -> Check:
        """The same of one keyword, for values of the type that it is about."""
        match key:
            case "$ref":
                name = self._named(wanted)
                return lambda value: self._check_of(name)(value)
            case "x-union":
                return self._check_of_union(wanted)
            case "properties":
                checks = {name: self._check(part) for name, part in wanted.items()}
                return lambda value: all(checks[name](part) for name, part in value.items() if name in checks)
            case "additionalProperties" if isinstance(wanted, bool) and "patternProperties" not in schema:
                names = schema.get("properties", {}).keys()
                return lambda value: wanted or value.keys() <= names
            case "additionalProperties" if schema.keys().isdisjoint({"properties", "patternProperties"}):
                check = self._check(cast("Schema", wanted))
                return lambda value: all(check(part) for part in value.values())
            case "items" if isinstance(wanted, dict):
                check = self._check(cast("Schema", wanted))
                return lambda value: all(check(part) for part in value)
            case "allOf" if isinstance(wanted, list):
                parts = [self._check(part) for part in cast("list[Schema]", wanted)]
                return lambda value: all(check(value) for check in parts)
            case _:
                return _bound(key, wanted)

    def _check_of(self, name: str) -> Check:
        if name not in self._checks:
            self._checks[name] = self._check(self._prepared_by_name(name))
        return self._checks[name]

    def _check_of_union(self, union: Schema) -> Check:
        nullable = union["nullable"]
        if "any" in union:
            branches = [self._check(branch) for branch in union["any"]]
            return lambda value: (nullable and value is None) or any(check(value) for check in branches)
        by_type = {
            (type(kind), kind): [self._check(each) for each in found] for kind, found in union["by_type"].items()
        }

        def check(value: Any) -> bool:
            if not isinstance(value, dict):
                return nullable and value is None
            kind = cast("dict[str, Any]", value).get("type")
            if not isinstance(kind, int | str):
                return False
            return any(fits(value) for fits in by_type.get((type(kind), kind), ()))

        return check

    def _ref(self, validator: Any, reference: str, value: Any, schema: Schema) -> Iterator[ValidationError]:
        yield from validator.descend(
            value, self._prepared_by_name(self._named(reference)), resolver=validator._resolver
        )

    def _union(self, validator: Any, union: Schema, value: Any, schema: Schema) -> Iterator[ValidationError]:
        if value is None and union["nullable"]:
            return
        if "any" in union:
            yield from self._best(validator, union["any"], value)
        elif not isinstance(value, dict):
            yield ValidationError(f"is {_kind(value)}, not an object")
        elif "type" not in value:
            yield ValidationError("lacks type")
        else:
            kind = cast("dict[str, Any]", value)["type"]
            known = isinstance(kind, int | str) and not isinstance(kind, bool)
            if known and (branches := union["by_type"].get(kind)):
                yield from self._best(validator, branches, value)
            else:
                allowed = ", ".join(str(each) for each in sorted(union["by_type"]))
                yield ValidationError(f"type {kind!r} is not allowed here, only {allowed}")

    @staticmethod
    def _best(validator: Any, branches: list[Schema], value: Any) -> Iterator[ValidationError]:
        """The errors of the branch that fits best: of the right type, then with the fewest."""
        failed: list[list[ValidationError]] = []
        for branch in branches:
            errors = list(validator.descend(value, branch, resolver=validator._resolver))
            if not errors:
                return
            failed.append(errors)
        yield from min(
            failed, key=lambda errors: (any(e.validator == "type" and not e.path for e in errors), len(errors))
        )


ABOUT: dict[str, type | tuple[type, ...]] = {
    "properties": dict,
    "additionalProperties": dict,
    "required": dict,
    "items": list,
    "minItems": list,
    "maxItems": list,
    "minLength": str,
    "maxLength": str,
    "pattern": str,
    "minimum": (int, float),
    "maximum": (int, float),
}
"""Keywords that say nothing of values of other types."""


def _about(key: str, check: Check) -> Check:
    if key not in ABOUT:
        return check
    types = ABOUT[key]
    return lambda value: not isinstance(value, types) or check(value)


def _bound(key: str, wanted: Any) -> Check:
    """What is quickly said of a keyword that holds no other schema; of an unknown one nothing is."""
    match key:
        case "type":
            kinds = cast("list[str]", [wanted] if isinstance(wanted, str) else wanted)
            types = {kind for name in kinds for kind in KINDS[name]}
            return lambda value: type(value) in types
        case "enum" | "const":
            known = [(type(each), each) for each in (wanted if key == "enum" else [wanted])]
            return lambda value: (type(value), value) in known
        case "required":
            return lambda value: all(name in value for name in wanted)
        case "minLength" | "minItems":
            return lambda value: len(value) >= wanted
        case "maxLength" | "maxItems":
            return lambda value: len(value) <= wanted
        case "minimum":
            return lambda value: value >= wanted
        case "maximum":
            return lambda value: value <= wanted
        case "pattern":
            return lambda value: re.search(cast("str", wanted), value) is not None
        case "format":
            return lambda value: FORMATS.conforms(value, cast("str", wanted))
        case _:
            return lambda _: False


@dataclass(frozen=True, slots=True)
class NotJson:
    why: str


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_constant)
    except ValueError:
        return NotJson("is not JSON")


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _json_schema(content: Mapping[str, Any]) -> Schema | None:
    return content.get("content", {}).get("application/json", {}).get("schema")


@cache
def _date_time(value: str) -> bool:
    return "T" in value and datetime.fromisoformat(value).tzinfo is not None


def _pattern(path: str, item: Mapping[str, Any]) -> str:
    snowflakes = {
        parameter["name"]
        for parameter in item.get("parameters", ())
        if parameter.get("schema", {}).get("$ref", "").endswith("/SnowflakeType")
    }
    pieces = re.split(r"\{(\w+)\}", path)
    texts, names = pieces[::2], pieces[1::2]
    holes = ["[0-9]+" if name in snowflakes else "[^/]+" for name in names]
    return re.escape(texts[0]) + "".join(hole + re.escape(text) for hole, text in zip(holes, texts[1:], strict=True))


def _files_and_attachments(payload: Any, files: list[str]) -> Iterator[str]:
    """Discord drops a file that no attachment names; an attachment with a small id promises a file."""
    if not isinstance(payload, dict):
        return
    body = cast("dict[str, Any]", payload)
    inner = next((body[key] for key in ("data", "message") if isinstance(body.get(key), dict)), body)
    attachments = inner.get("attachments")
    entries = [entry for entry in attachments if isinstance(entry, dict)] if isinstance(attachments, list) else []
    ids = [str(cast("dict[str, Any]", entry).get("id")) for entry in entries]
    for number in sorted({each for each in ids if ids.count(each) > 1}):
        yield f"attachments name {number} twice"
    for name in files:
        if name.removeprefix("files[").removesuffix("]") not in ids:
            yield f"{name} is not named in attachments"
    for number in ids:
        if len(number) <= 2 and f"files[{number}]" not in files:
            yield f"attachments name {number}, but there is no files[{number}]"


def _required(validator: Any, names: list[str], value: Any, schema: Schema) -> Iterator[ValidationError]:
    """All missing fields in one sentence, where jsonschema makes one each."""
    if isinstance(value, dict) and (missing := [name for name in names if name not in value]):
        yield ValidationError(f"lacks {', '.join(missing)}")


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "an array"
        case _:
            return "an object"


def _place(error: ValidationError) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).lstrip(".")


def _what(error: ValidationError) -> str:
    value: Any = error.instance
    limit: Any = error.validator_value
    match error.validator:
        case "maxLength":
            return f"has {len(value)} characters, at most {limit}"
        case "minLength":
            return f"has {len(value)} characters, at least {limit}"
        case "maxItems":
            return f"has {len(value)} items, at most {limit}"
        case "minItems":
            return f"has {len(value)} items, at least {limit}"
        case "type":
            return f"is {_kind(value)}, not {' or '.join([limit] if isinstance(limit, str) else limit)}"
        case "enum":
            return _cut(f"is {value!r}, not one of {', '.join(map(str, limit))}")
        case "additionalProperties" if limit is False:
            known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
            return _cut(f"has unknown {', '.join(repr(name) for name in value if name not in known)}")
        case "format" | "pattern":
            return _cut(
                f"{value!r} is no {error.schema.get('format') or limit}"
                if isinstance(error.schema, dict)
                else error.message
            )
        case _:
            return _cut(error.message)


def _cut(text: str) -> str:
    return text if len(text) <= 300 else text[:299] + "…"
