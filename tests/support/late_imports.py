"""Print the modules that the sandbox's server has not loaded although loaded ones may import them later, in a function.

python -m tests.support.late_imports: a process of its own, which has loaded what the server has after all its preparations.
"""

import ast
import importlib.util
import json
import sys
from collections.abc import Iterator
from types import ModuleType

from chalicelib.extraction import extract
from chalicelib.extraction.display import make
from chalicelib.extraction.recognition import recognize, trained_data
from chalicelib.illustrations import collect
from chalicelib.inspection import examine, types
from chalicelib.inspection.previews import thumbnail, view_copy
from chalicelib.metadata import loaders as metadata_loaders
from chalicelib.metadata import read as metadata
from chalicelib.platform.sandbox import server


def load_everything(models: str) -> None:
    """Make the preparations of all calls for all types. `models` is the folder of trained data, which the server cannot find."""
    server.load_late_modules()
    make.load()
    recognize.load(models, [trained_data.DEFAULT_LANGUAGE])
    for kind in types.ACCEPTED_TYPES.values():
        examine.load_parsers(kind)
        view_copy._load(kind)
        if kind.thumbnail is not None:
            thumbnail._load(kind.thumbnail)
        if kind.has_text:
            extract.load_extractor(kind.media_type)
        if kind.media_type in collect.LISTERS:
            collect.load(collect.LISTERS[kind.media_type])
        if kind.media_type in metadata_loaders.READERS:
            metadata.load(kind.media_type)


def late_imports() -> dict[str, list[str]]:
    """Return the modules that exist and are not loaded, and which loaded modules name them."""
    missing: dict[str, list[str]] = {}
    for name, module in sorted(sys.modules.items()):
        for imported in _imports(name, module):
            parent, _, attribute = imported.rpartition(".")
            is_loaded = imported in sys.modules or hasattr(sys.modules.get(parent), attribute)
            if not is_loaded and name not in missing.get(imported, []) and _exists(imported):
                missing.setdefault(imported, []).append(name)
    return missing


def _imports(name: str, module: ModuleType) -> Iterator[str]:
    """Yield what a module's source imports, wherever that is written; `from a import b` yields both "a" and "a.b"."""
    spec = getattr(module, "__spec__", None)
    get_source = getattr(getattr(spec, "loader", None), "get_source", None)
    source = get_source(name) if get_source is not None and spec is not None and spec.name == name else None
    if source is None or spec is None:
        return
    package = name if spec.submodule_search_locations is not None else name.rpartition(".")[0]
    for node in _executed(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            try:
                base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            except ImportError:
                continue
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but those for type checkers, and those for a module that is run as a program."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and any(word in ast.unparse(child.test) for word in ("TYPE_CHECKING", "__main__")):
            continue
        yield child
        yield from _executed(child)


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


if __name__ == "__main__":
    load_everything(str(trained_data.folder()))
    sys.stdout.write(json.dumps(late_imports()))
