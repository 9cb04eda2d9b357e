"""The API's OpenAPI schema: what is added to what REST framework says, and the page that people read it on.

The page is drawn on the server from the same schema, so it needs no script, and looks and reads like every other page.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

REFERENCE = "#/components/schemas/"

PROBLEM = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "object",
            "description": "For what was sent: each field's messages.",
            "additionalProperties": True,
        },
    },
    "required": ["title", "status"],
}


def add_problems(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A drf-spectacular hook: every operation may also answer with a problem detail."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    answer = {
        "description": "A problem",
        "content": {"application/problem+json": {"schema": {"$ref": f"{REFERENCE}Problem"}}},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", answer)
    return result


# The page ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """What a value is: words, and the shape it refers to, if any."""

    words: str
    shape: str = ""


@dataclass(frozen=True)
class Value:
    """A parameter, or a field of a shape."""

    name: str
    kind: Kind
    required: bool
    text: str


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    summary: str
    text: str
    public: bool
    parameters: list[Value]
    takes: Kind | None
    gives: list[tuple[str, Kind | None]]


@dataclass(frozen=True)
class Shape:
    name: str
    text: str
    values: list[Value] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)


def kind_of(schema: dict[str, Any]) -> Kind:
    """A schema in words: `date-time or null`, `list of`, `one of: a, b`."""
    if reference := schema.get("$ref"):
        return Kind("", reference.removeprefix(REFERENCE))
    for combination in ("oneOf", "anyOf", "allOf"):
        if parts := [kind_of(part) for part in schema.get(combination, []) if part != {"type": "null"}]:
            shape = next((part.shape for part in parts if part.shape and part.shape != "BlankEnum"), "")
            return Kind(" or ".join(part.words for part in parts if part.words), shape)
    if "enum" in schema:
        return Kind("one of: " + ", ".join(str(choice) for choice in schema["enum"] if choice not in ("", None)))
    types = schema.get("type", "anything")
    types = [types] if isinstance(types, str) else list(types)
    if "array" in types:
        items = kind_of(schema.get("items", {}))
        return Kind(f"list of {items.words}".strip(), items.shape)
    words = [schema.get("format", name) if name == "string" else name for name in types]
    return Kind(" or ".join(words))


def values_of(schema: dict[str, Any]) -> list[Value]:
    required = schema.get("required", [])
    return [
        Value(name, kind_of(part), name in required, text_of(part))
        for name, part in schema.get("properties", {}).items()
    ]


def text_of(schema: dict[str, Any]) -> str:
    """The description without the list of choices that drf-spectacular writes into it."""
    lines = schema.get("description", "").splitlines()
    return "\n".join(line for line in lines if not line.startswith("* `")).strip()


def content_of(body: dict[str, Any] | None) -> Kind | None:
    for media in (body or {}).get("content", {}).values():
        return kind_of(media.get("schema", {}))
    return None


def operation_of(method: str, path: str, raw: dict[str, Any]) -> Operation:
    return Operation(
        name=raw["operationId"],
        method=method.upper(),
        path=path,
        summary=raw.get("summary", raw["operationId"]),
        text=text_of(raw),
        public={} in raw.get("security", [{}]),
        parameters=[
            Value(each["name"], kind_of(each["schema"]), each.get("required", False), text_of(each))
            for each in sorted(raw.get("parameters", []), key=lambda each: each["in"] != "path")
        ],
        takes=content_of(raw.get("requestBody")),
        gives=[(code, content_of(body)) for code, body in raw["responses"].items() if code != "default"],
    )


@cache
def contents() -> dict[str, Any]:
    """What the page shows. Made once for each process, since it only changes with the code."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    groups: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method, raw in methods.items():
            groups.setdefault(raw["tags"][0], []).append(operation_of(method, path, raw))
    shapes = [
        Shape(name, text_of(raw), values_of(raw), [str(choice) for choice in raw.get("enum", [])])
        for name, raw in schema["components"]["schemas"].items()
        if name != "BlankEnum"
    ]
    return {"groups": groups, "shapes": shapes}


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """The API, to read."""
    return render(request, "api/docs.html", contents())
