"""Every regular expression in the source of `chalicelib`: found in its syntax trees, so that a new one needs no entry.

A pattern written where only a function knows its text (`re.compile(parameter)`) is found in what the calls of that function
return. `unresolved` lists the patterns that neither way finds.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent.parent
METHODS = ("match", "fullmatch", "search", "findall", "finditer", "sub", "subn", "split")
SCHEMA = "schema"  # of a request: pydantic's engine is linear, but clients run the pattern of the published schema too
COMMAND_LINE = ("migrations",)  # packages that see neither a file nor a request


@dataclasses.dataclass(frozen=True, slots=True)
class SourcePattern:
    """One pattern, the methods by which the source applies it, and its place."""

    place: str
    name: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]

    def __str__(self) -> str:
        return f"{self.place} {self.name}"


@dataclasses.dataclass(frozen=True, slots=True)
class _Module:
    name: str
    path: Path
    tree: ast.Module

    def place(self, node: ast.AST) -> str:
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"

    @functools.cache  # noqa: B019  a handful of modules, for the life of the tests
    def imported(self) -> ModuleType:
        return importlib.import_module(self.name)


def source_patterns(folder: Path = ROOT / "chalicelib") -> tuple[list[SourcePattern], list[str]]:
    """Return all patterns in a package, and the places of those that could not be resolved."""
    modules = list(_modules(folder))
    methods = _methods_by_name(modules)
    found: list[SourcePattern] = []
    unresolved: list[str] = []
    for module in modules:
        any_method = frozenset(methods[module.name, ""]) or frozenset(METHODS)
        for owner, node, expression, method in _sites(module.tree):
            patterns = list(_resolve(module, owner, expression, node))
            if not patterns:
                unresolved.append(f"{module.place(node)}: {ast.unparse(node)[:80]}")
            name = _assigned_name(module.tree, node)
            applied = frozenset({method}) if method else frozenset(methods[module.name, name]) or any_method
            for number, pattern in enumerate(patterns):
                label = name or (owner.name if owner else ast.unparse(expression)[:40])
                found.append(
                    SourcePattern(
                        module.place(node), f"{label}[{number}]" if len(patterns) > 1 else label, pattern, applied
                    )
                )
    return found, unresolved


def other_engines(folder: Path = ROOT / "chalicelib") -> Iterator[str]:
    """Yield the places where a module imports another engine than `re`, or `re` in a way that hides its use."""
    for module in _modules(folder):
        for node in ast.walk(module.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            is_from = isinstance(node, ast.ImportFrom) and node.module in {"re", *_ENGINES}
            is_renamed = isinstance(node, ast.Import) and any(
                alias.name == "re" and alias.asname for alias in node.names
            )
            if is_from or is_renamed or _ENGINES & set(names):
                yield module.place(node)


_ENGINES = {"regex", "re2", "hyperscan", "fnmatch", "sre_compile"}


def _modules(folder: Path) -> Iterator[_Module]:
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        if not set(COMMAND_LINE) & set(parts):
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield _Module(name, path, ast.parse(path.read_text(encoding="utf-8")))


def _sites(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | None, ast.AST, ast.expr, str]]:
    """Yield (function around it, node, expression of the pattern, method) for everything that compiles or applies one."""
    pending: list[tuple[ast.AST, ast.FunctionDef | None]] = [(tree, None)]
    while pending:
        node, owner = pending.pop()
        inner = node if isinstance(node, ast.FunctionDef) else owner
        pending += [(child, inner) for child in reversed(list(ast.iter_child_nodes(node)))]
        if isinstance(node, ast.Call):
            function = node.func
            if (
                isinstance(function, ast.Attribute)
                and isinstance(function.value, ast.Name)
                and function.value.id == "re"
            ):
                if function.attr in METHODS:
                    yield owner, node, node.args[0], function.attr
                elif function.attr == "compile":
                    yield owner, node, node.args[0], ""
            else:
                for keyword in node.keywords:
                    if keyword.arg == "pattern" and isinstance(keyword.value, ast.Constant | ast.JoinedStr):
                        yield owner, node, keyword.value, SCHEMA
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "pattern":
                    yield owner, node, value, SCHEMA


def _resolve(
    module: _Module, owner: ast.FunctionDef | None, expression: ast.expr, node: ast.AST
) -> Iterator[re.Pattern[Any]]:
    flags = _evaluate(module, _flags(node)) if isinstance(node, ast.Call) else 0
    text = _evaluate(module, expression)
    if isinstance(text, str | bytes):
        yield re.compile(text, flags or 0)
    elif isinstance(text, re.Pattern):
        yield text
    elif owner is not None:  # its text depends on the function's arguments: look at what the calls return
        for call in ast.walk(module.tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == owner.name:
                yield from _patterns_in(_evaluate(module, call))


def _flags(node: ast.Call) -> ast.expr:
    keywords = [keyword.value for keyword in node.keywords if keyword.arg == "flags"]
    is_compile = isinstance(node.func, ast.Attribute) and node.func.attr == "compile"
    return next(iter((*keywords, *(node.args[1:2] if is_compile else ()))), ast.Constant(0))


def _evaluate(module: _Module, expression: ast.expr) -> Any:
    """Return the value of an expression in its module's namespace; None if it needs a function's variables."""
    code = compile(ast.fix_missing_locations(ast.Expression(expression)), module.name, "eval")
    try:
        return eval(code, vars(module.imported()))  # noqa: S307  our own source
    except (NameError, TypeError, AttributeError):
        return None


def _patterns_in(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _patterns_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield from _patterns_in(tuple(value.values()))
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for item in value:
            yield from _patterns_in(item)


def _assigned_name(tree: ast.Module, node: ast.AST) -> str:
    """Return the name of the variable that the statement around the pattern sets, or an empty string."""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and any(child is node for child in ast.walk(statement)):
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            return target.id if isinstance(target, ast.Name) else ""
    return ""


def _methods_by_name(modules: list[_Module]) -> dict[tuple[str, str], set[str]]:
    """Return the methods applied to each variable of a module, by (module, name).

    Under the empty name: those applied to anything else in the module, as in a loop over several patterns.
    """
    methods: dict[tuple[str, str], set[str]] = defaultdict(set)
    for module in modules:
        origins = {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Attribute) or node.attr not in METHODS:
                continue
            if isinstance(node.value, ast.Name) and node.value.id != "re":
                is_constant = not set(node.value.id) & set(string.ascii_lowercase)
                name = node.value.id if is_constant else ""
                methods[origins.get(name, (module.name, name))].add(node.attr)
            elif not isinstance(node.value, ast.Name | ast.Constant | ast.JoinedStr):
                methods[module.name, ""].add(node.attr)
    return methods
