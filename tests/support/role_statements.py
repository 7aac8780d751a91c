"""Statements that the code can execute as a database role, found by following its functions from their entry points."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path("chalicelib")
# The owner role's: they are not found by a statement's role.
EXCLUDED = ("chalicelib.migrations", "chalicelib.maintenance.backup", "chalicelib.platform.db.roles")
ENTRIES: Mapping[str, Sequence[str]] = {
    "visionary_app": (
        "chalicelib.api",
        "chalicelib.events.ingest",
        "chalicelib.events.recognition",
        "chalicelib.events.speech",
        "chalicelib.events.account",
    ),
    "visionary_sweep": ("chalicelib.events.sweep",),
}
STATEMENT = re.compile(
    r"\s*(SELECT\s|INSERT INTO\s|UPDATE\s.*\sSET\s|DELETE FROM\s|WITH\s(RECURSIVE\s)?\w+\s+(\(|AS\s)|BEGIN;)", re.DOTALL
)


@dataclass
class Definition:
    """A function, class or constant of a module, and what it refers to."""

    module: str
    node: ast.AST
    references: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, and the function that has it."""

    function: str
    text: str


@cache
def definitions() -> Mapping[str, Definition]:
    """Return all definitions by their full names."""
    found: dict[str, Definition] = {}
    modules = {}
    for path in ROOT.rglob("*.py"):
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        if not name.startswith(EXCLUDED):
            modules[name] = ast.parse(path.read_text())
    for module, tree in modules.items():
        aliases = _aliases(tree)
        for node in tree.body:
            for name in _names(node):
                found[f"{module}.{name}"] = Definition(module, node)
        for name, target in aliases.items():
            found.setdefault(f"{module}.{name}", Definition(module, ast.Pass(), {target}))
    for definition in found.values():
        if not isinstance(definition.node, ast.Pass):
            definition.references = set(_references(definition, _aliases(modules[definition.module])))
    return found


def reachable(role: str) -> set[str]:
    """Return the names of all definitions that can run as a role."""
    everything = definitions()
    pending = [name for name in everything if name.startswith(tuple(f"{entry}." for entry in ENTRIES[role]))]
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in seen or name not in everything:
            continue
        seen.add(name)
        pending += everything[name].references
    return seen


def statements(role: str, stand_ins: Mapping[str, Sequence[Any]]) -> Iterator[Statement]:
    """Yield the statements of a role. `stand_ins` are values of local names that occur in formatted ones."""
    for name in sorted(reachable(role)):
        definition = definitions()[name]
        if isinstance(definition.node, ast.FunctionDef | ast.ClassDef):
            module = importlib.import_module(definition.module)
            for text in _texts(definition.node, module, stand_ins):
                if STATEMENT.match(text):
                    yield Statement(name, text)


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Return what the imported names of a module stand for, also those that a function imports."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chalicelib"):
            aliases |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    return aliases


def _references(definition: Definition, aliases: Mapping[str, str]) -> Iterator[str]:
    for node in ast.walk(definition.node):
        match node:
            case ast.Name(id=name):
                yield aliases.get(name) or f"{definition.module}.{name}"
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in aliases:
                yield f"{aliases[name]}.{attribute}"


def _texts(node: ast.AST, module: ModuleType, stand_ins: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    parts = {id(part) for child in ast.walk(node) if isinstance(child, ast.JoinedStr) for part in ast.walk(child)} - {
        id(child) for child in ast.walk(node) if isinstance(child, ast.JoinedStr)
    }
    for child in ast.walk(node):
        if id(child) in parts:
            continue
        if isinstance(child, ast.JoinedStr):
            yield from _formatted(child, module, stand_ins)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str | bytes):
            yield child.value if isinstance(child.value, str) else child.value.decode(errors="replace")


def _formatted(node: ast.JoinedStr, module: ModuleType, stand_ins: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    first = node.values[0] if node.values else None
    if not (
        isinstance(first, ast.Constant) and re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s", str(first.value) + " ")
    ):
        return
    names = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)} & stand_ins.keys()
    for number in range(max((len(stand_ins[name]) for name in names), default=1)):
        local = {name: stand_ins[name][number % len(stand_ins[name])] for name in names}
        code = compile(ast.fix_missing_locations(ast.Expression(node)), "<statement>", "eval")
        yield str(eval(code, {**vars(module), **local}))  # noqa: S307 - our own code
