"""What each kind of listing adds to the API's description: the bodies take and give the members that it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from marketplace.catalog.kind import kinds

REF = "#/components/schemas/{model}"


def describe(document: dict[str, Any]) -> None:
    """Say of each body that depends on the kind what it is for each of them."""
    schemas = document["components"]["schemas"]
    for body, has_kind in (("ListingDraftBody", True), ("ListingShape", True), ("ListingChangeBody", False)):
        _divide(schemas, body, {its.name: its.terms for its in kinds()}, has_kind=has_kind)
    _divide(schemas, "HoldRequest", {its.name: its.request for its in kinds()}, has_kind=False)


def _divide(schemas: dict[str, Any], body: str, models: Mapping[str, type[BaseModel]], *, has_kind: bool) -> None:
    common = schemas.pop(body)
    names: list[str] = []
    for kind, model in models.items():
        own = model.model_json_schema(ref_template=REF)
        schemas.update(own.pop("$defs", {}))
        properties = {**common["properties"], **own.get("properties", {})}
        required = [*common.get("required", ()), *own.get("required", ())]
        if has_kind:
            properties["kind"] = {"type": "string", "const": kind}
            # A body that names no kind is of the first: so it fits one variant only.
            required += ["kind"] if names and "kind" not in required else []
        names.append(name := f"{body}.{kind}")
        schemas[name] = {
            **common, "title": name, "properties": properties, "additionalProperties": False, "required": required,
        }  # fmt: skip
    schemas[body] = {"oneOf" if has_kind else "anyOf": [{"$ref": REF.format(model=name)} for name in names]}
