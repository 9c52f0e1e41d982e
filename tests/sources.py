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
    for node, in_function in nodes(module):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            targets = _names_of(node, module)
        else:
            continue
        yield from (Import(module, node.lineno, target, in_function) for target in targets)


def _names_of(node: ast.ImportFrom, module: Module) -> list[str]:
    """`from a import b` is the module a.b where such a file exists, else the module a."""
    assert node.level == 0, f"{module.path}:{node.lineno} imports relatively; write the whole name"
    source = node.module or ""
    return sorted({f"{source}.{alias.name}" if exists(f"{source}.{alias.name}") else source for alias in node.names})


@functools.cache
def exists(name: str) -> bool:
    """True for a module or package of this checkout."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


@functools.cache
def nodes(module: Module) -> tuple[tuple[ast.AST, bool], ...]:
    """Every node of it, and whether a function is around it; walked once, for all rules."""
    return tuple(_walk(module.tree, in_function=False))


def _walk(top: ast.AST, in_function: bool) -> Iterator[tuple[ast.AST, bool]]:
    """As ast.walk, but without Load and Store: a third of all nodes, about which there is no rule."""
    todo = [(top, in_function)]
    while todo:
        node, inside = todo.pop()
        yield node, inside
        inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for value in vars(node).values():
            if isinstance(value, list):
                todo += [(child, inside) for child in value if isinstance(child, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                todo.append((value, inside))


@functools.cache
def uses(module: Module) -> tuple[tuple[str, ast.Attribute | ast.Name], ...]:
    """Every name and attribute in it, by its last word."""
    return tuple(
        (node.attr if isinstance(node, ast.Attribute) else node.id, node)
        for node, _ in nodes(module)
        if isinstance(node, ast.Attribute | ast.Name)
    )


@functools.cache
def names(module: Module) -> frozenset[str]:
    """Every plain name that it uses."""
    return frozenset(node.id for node, _ in nodes(module) if isinstance(node, ast.Name))


@functools.cache
def strings(module: Module) -> frozenset[str]:
    """Every string that it contains."""
    constants = (node.value for node, _ in nodes(module) if isinstance(node, ast.Constant))
    return frozenset(value for value in constants if isinstance(value, str))


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of it, also those inside others."""
    for node, _ in nodes(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
