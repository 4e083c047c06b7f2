"""docs/private-doors.md lists every place where we lean on what another package does not promise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [ROOT / "rxconfig.py", *sorted((ROOT / "marketplace").rglob("*.py"))]
LIST = ROOT / "docs" / "private-doors.md"
MOST = 19
"""As many as there are. It may only become smaller."""

INNER = ("reflex_base", "reflex_components_")
"""Packages that Reflex is made of and whose names it may change: what is promised comes from `reflex`."""

_ROW = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| \S.*\|$", re.MULTILINE)
_PRIVATE = re.compile(r"_[a-z]\w*")
_METHOD = ast.FunctionDef | ast.AsyncFunctionDef
_DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def test_every_private_door_is_listed_with_its_reason() -> None:
    assert set(_ROW.findall(LIST.read_text())) == doors()


def test_there_are_no_more_than_before() -> None:
    assert len(doors()) <= MOST


def test_doors_of_each_sort_are_found() -> None:
    code = """
from reflex_base.registry import Registry
class Ours(Theirs):
    def _hook(self): self._mine = other._secret  # noqa: SLF001 - there is no other way
    def pre_compile(self): return _replaced(code, "old", "new")
    def _used(self): self._used(); self._inherited()
"""
    assert set(_of_file(code, Known([ast.parse(code)]))) == {
        "reflex_base.registry.Registry", "_hook", "_secret", "old", "_inherited",
    }  # fmt: skip


def doors() -> set[tuple[str, str]]:
    """(file, what) of each."""
    codes = {path.relative_to(ROOT).as_posix(): path.read_text() for path in SOURCES}
    known = Known(map(ast.parse, codes.values()))
    return {(path, what) for path, code in codes.items() for what in _of_file(code, known)}


class Known:
    """Underscored names that our own code gives: `defined` to functions and classes that it uses, `kept` on itself."""

    def __init__(self, trees: Iterable[ast.Module]) -> None:
        nodes = [node for tree in trees for node in ast.walk(tree)]
        used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        used |= {node.id for node in nodes if isinstance(node, ast.Name)}
        self.defined = {node.name for node in nodes if isinstance(node, _DEFINITION)} & used
        self.kept = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        self.kept |= {node.attr for node in nodes if isinstance(node, ast.Attribute) and _is_of_self(node)}


def _of_file(code: str, known: Known) -> Iterator[str]:
    lines = code.splitlines()
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                if module.startswith(INNER):
                    yield from (f"{module}.{name.name}" for name in names)
            case ast.Attribute(attr=name) if _PRIVATE.fullmatch(name) and name not in known.defined:
                # Of anything but itself, ruff lets nobody take it without a word.
                is_own = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
                if name not in known.kept if is_own else "SLF001" in lines[node.lineno - 1]:
                    yield name
            case ast.ClassDef(body=body):
                # What is not called by us is called by whoever we inherit from, unless a decorator hands it over.
                methods = [one for one in body if isinstance(one, _METHOD) and not one.decorator_list]
                yield from (
                    one.name for one in methods if _PRIVATE.fullmatch(one.name) and one.name not in known.defined
                )
            case ast.Call(func=ast.Name(id="_replaced"), args=[_, old, *_]):
                yield ast.literal_eval(old)
            case _:
                pass


def _is_of_self(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
