"""Bundle a runbook's script and the modules of this project that it imports: a step takes one file only."""

import ast
from collections.abc import Iterator
from pathlib import Path

from components.project import PROJECT

PACKAGES = ("runbooks", "transcriber")

ADD_MODULE = '''\
import sys
import types


def _add_module(name, source):
    """Make a module of its source, so that it can be imported."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, name, "exec"), module.__dict__)
'''

AUTOMATION_PLACEHOLDER = "{{"
"""How a placeholder begins. Automation replaces placeholders with values, in scripts too."""


def bundle(script: Path) -> str:
    """Return one script that does what ``script`` does, without any other file of this project.

    Raises:
        ValueError: a module can't be embedded.
    """
    source = script.read_text()
    modules: dict[str, str] = {}
    _collect(script.name, source, modules)
    if any(AUTOMATION_PLACEHOLDER in text for text in (source, *modules.values())):
        raise ValueError(f"{script.name}: Automation would replace what follows {AUTOMATION_PLACEHOLDER}")
    embedded = [f"_add_module({name!r}, r'''{text}''')\n" for name, text in modules.items()]
    return "\n\n".join([ADD_MODULE, *embedded, source])


def _collect(name: str, source: str, modules: dict[str, str]) -> None:
    """Add the modules that ``source`` imports to ``modules``, each after the modules that it imports."""
    for imported in _imported_modules(name, source):
        if imported in modules:
            continue
        path = PROJECT.joinpath(*imported.split(".")).with_suffix(".py")
        if not path.is_file():
            raise ValueError(f"{name}: {imported} is not a module in a file of its own")
        text = path.read_text()
        if "'''" in text or text.endswith(("\\", "'")):
            raise ValueError(f"{imported}: its source can't stand in a raw string")
        _collect(imported, text, modules)
        modules[imported] = text


def _imported_modules(name: str, source: str) -> Iterator[str]:
    """Yield the modules of this project that ``source`` imports from."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and _is_ours(node.module):
            yield node.module
        if isinstance(node, ast.Import) and any(_is_ours(each.name) for each in node.names):
            raise ValueError(f"{name}: line {node.lineno} is not `from MODULE import NAME`")


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in PACKAGES
