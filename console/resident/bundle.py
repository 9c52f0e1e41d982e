"""ES modules into one classic script: service workers are modules in some browsers only. Pure.

Understands what our own sources use: named and namespace imports of files beside,
`export` before const, class, function.
"""

import re

_NAMED = re.compile(r'^import \{ ([^}]+) \} from "\./(\w+)\.js";$', re.MULTILINE)
_WHOLE = re.compile(r'^import \* as (\w+) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=((?:async )?function|const|class) (\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


class Unbundled(ValueError):
    """A module uses a form of import or export that this does not understand."""


def without_comments(source: str) -> str:
    """A script as phones get it: comments on lines of their own are for who reads this house."""
    return _COMMENT.sub("", source)


def bundle(modules: dict[str, str]) -> str:
    """One script out of `modules` (name without .js → source), each after those that it imports."""
    return "\n".join(_wrapped(name, source) for name, source in modules.items())


def _wrapped(name: str, source: str) -> str:
    exported = [
        match[1] for match in re.findall(r"^export ((?:async )?function|const|class) (\w+)", source, re.MULTILINE)
    ]
    body = _WHOLE.sub(r"const \1 = module_\2;", _NAMED.sub(r"const { \1 } = module_\2;", source))
    body = _EXPORT.sub("", body)
    left = _LEFT.search(body)
    if left:
        raise Unbundled(f"{name}.js: write this import or export in another form: {left.group()}")
    return f"const module_{name} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"
