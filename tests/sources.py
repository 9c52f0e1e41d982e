"""The programs' source files, parsed: what test_architecture.py judges."""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("connectors", "streams", "notifier", "console", "local")
PACKAGES = ("schemas", *PROGRAMS)


@dataclass(frozen=True, slots=True)
class Module:
    """One source file, parsed."""

    path: str
    name: str
    tree: ast.Module
    lines: int


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module (or name in a module), and where."""

    of: Module
    line: int
    target: str
    in_function: bool

    def __str__(self) -> str:
        return f"{self.of.path}:{self.line} imports {self.target}"


@functools.cache
def modules() -> tuple[Module, ...]:
    """Every source file of the programs."""
    return tuple(_parse(path) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))


def _parse(path: Path) -> Module:
    relative = path.relative_to(ROOT)
    name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
    text = path.read_text(encoding="utf8")
    return Module(str(relative), name, ast.parse(text, str(relative)), len(text.splitlines()))


@functools.cache
def imports() -> tuple[Import, ...]:
    """Every import statement of the programs, one row for each thing imported."""
    return tuple(found for module in modules() for found in _imports_of(module))


def _imports_of(module: Module) -> Iterator[Import]:
    inner = {id(node) for function in functions(module) for node in ast.walk(function)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            targets = _names_of(node, module)
        else:
            continue
        yield from (Import(module, node.lineno, target, id(node) in inner) for target in targets)


def _names_of(node: ast.ImportFrom, module: Module) -> list[str]:
    """`from a import b` is the module a.b where such a file exists, else the module a."""
    assert node.level == 0, f"{module.path}:{node.lineno} imports relatively; write the whole name"
    source = node.module or ""
    return sorted({f"{source}.{alias.name}" if exists(f"{source}.{alias.name}") else source for alias in node.names})


def exists(name: str) -> bool:
    """True for a module or package of this checkout."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of it, also those inside others."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
