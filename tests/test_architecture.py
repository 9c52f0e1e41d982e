"""The rules of the house, read off the source itself: who imports whom, what is pure, how long things are, what exists.

Each failure is a list of `file:line what`, so that it can be fixed without reading this file. A rule with
exceptions has a table of them, and every exception says why.
"""

import ast
import importlib
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.sources import PACKAGES, ROOT, Import, Module, exists, functions, imports, modules, names, strings, uses

# Pure parts: the same input gives the same output, whoever asks and whenever.
PURE = (
    *("streams.detect", "streams.recommend", "streams.decide"),
    *("notifier.plan", "notifier.guard", "notifier.render", "notifier.outcome"),
)
PURE_MAY_IMPORT = ("schemas.records", "schemas.levels", "numpy")
IMPURE_STDLIB = {
    *("asyncio", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "select", "shutil"),
    *("signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib"),
}

FAUST_FILES = re.compile(r"^streams/(app|agents|faust_\w+|\w+_faust)\.py$")
KAFKA_FILES = re.compile(
    r"^(schemas/(kafka|admin)|streams/(app|agents)|\w+/\w*kafka\w*|\w+/\w*(admin|bus|faust)\w*)\.py$"
)
ENVIRONMENT_FILES = {
    "local/child.py": "hands its own environment on to the children that it starts",
    "local/system.py": "composes the environment of a whole system out of its own",
}
CLOCK_FILES = {
    "schemas/process/clock.py": "the one place where real time is read",
    "schemas/admin.py": "looks again, in a thread, until the broker shows a new topic",
}
RANDOM_FILES = {
    "local/ports.py": "tries ports in no order that another process follows, too",
    "notifier/webhooks/app.py": "draws the spread of a retry and passes it to notifier/webhooks/retry.py",
    "notifier/deliver.py": "the loop that draws the spread of a retry and passes it to notifier/outcome.py",
}
CLOCK_CALLS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.sleep",
}
RANDOM_CALLS = {"uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4"}
FORBIDDEN_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "core"}

LONGEST_FUNCTION, LONGEST_FILE = 50, 350
USUAL_FUNCTION = 30  # 95 of 100


def _within(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _report(rule: str, found: Iterable[object]) -> None:
    """Fails with every place at once."""
    places = [str(place) for place in found]
    assert not places, "\n  ".join([f"{rule}:", *places])


# --- who imports whom


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_comes_from_this_checkout(package: str) -> None:
    """Their names are ordinary words: another installed package must not stand in for ours."""
    found = importlib.import_module(package).__file__
    assert found == str(ROOT / package / "__init__.py")


def test_programs_meet_only_in_schemas() -> None:
    """A program imports `schemas` and itself; `schemas` only itself; nothing imports tests or bench."""
    ours = {*PACKAGES, "tests", "bench"}
    wrong = [
        found
        for found in imports()
        if (top := found.target.split(".")[0]) in ours and top not in {"schemas", found.of.name.split(".")[0]}
    ]
    _report("a program imports another one; let them meet in a topic or in schemas", wrong)


def test_pure_parts_import_nothing_that_acts() -> None:
    """Detection, recommendation, decision and the notifier's judgements: records in, records out."""
    pure = [found for found in imports() if _within(found.of.name, PURE)]
    _report("a pure part imports something that acts; pass its result in", [f for f in pure if not _is_pure(f.target)])


def _is_pure(target: str) -> bool:
    top = target.split(".")[0]
    if top in sys.stdlib_module_names:
        return top not in IMPURE_STDLIB
    return _within(target, (*PURE, *PURE_MAY_IMPORT))


def test_there_are_no_import_cycles() -> None:
    """Each module can be read knowing only those below it."""
    graph: dict[str, set[str]] = {module.name: set() for module in modules()}
    for found in imports():
        graph[found.of.name] |= {found.target} if exists(found.target) else set()
    _report("modules import each other in a circle", (" → ".join(circle) for circle in _circles(graph)))


def _circles(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> Iterator[list[str]]:
        if name in trail:
            yield [*trail[trail.index(name) :], name]
        elif name not in done:
            for target in sorted(graph.get(name, ())):
                yield from visit(target, [*trail, name])
            done.add(name)

    for start in sorted(graph):
        yield from visit(start, [])


def test_nothing_of_ours_is_imported_inside_a_function() -> None:
    """Such an import hides a cycle."""
    _report("move these to the top", [f for f in imports() if f.in_function and _within(f.target, PACKAGES)])


def test_faust_stays_in_the_agents_files() -> None:
    """What decides about alerts can be read, run and tested without the stream engine."""
    found = [f for f in imports() if _within(f.target, ("faust", "mode")) and not FAUST_FILES.match(f.of.path)]
    _report("faust outside of streams/app.py and streams/agents.py", found)


def test_kafka_clients_stay_in_the_files_named_after_them() -> None:
    """Settings of a client are agreed on in one place, schemas/kafka.py."""
    clients = ("aiokafka", "confluent_kafka")
    found = [f for f in imports() if _within(f.target, clients) and not _may_use_kafka(f)]
    _report("a Kafka client in a file that does not say so in its name or first docstring line", found)


def _may_use_kafka(found: Import) -> bool:
    """Who sends through schemas/kafka.py may still have to know a client's errors and record types."""
    types = _within(found.target, ("aiokafka.errors", "aiokafka.structs"))
    first = (ast.get_docstring(found.of.tree) or "").split("\n")[0]
    return types or bool(KAFKA_FILES.match(found.of.path)) or "kafka" in first.lower()


# --- what is passed in


def test_the_environment_is_read_in_settings_only() -> None:
    """Every setting has a type, a default and a line in docs/settings.md."""
    asks = [f"{m.path}:{line}" for m in modules() for line in _uses(m, {"os.environ", "os.getenv"})]
    asks += [f"{f.of.path}:{f.line}" for f in imports() if _within(f.target, ("pydantic_settings",))]
    allowed = re.compile(r"(^|/)(settings|__main__)\.py:")
    _report(
        "take it from settings.py",
        [a for a in asks if not allowed.search(a) and a.split(":")[0] not in ENVIRONMENT_FILES],
    )


def test_the_clock_is_passed_in() -> None:
    """`now` comes from schemas/process/clock.py; a duration may be measured anywhere but in a pure part."""
    found = [f"{m.path}:{line}" for m in modules() if m.path not in CLOCK_FILES for line in _uses(m, CLOCK_CALLS)]
    _report("pass the time in, or ask schemas.process.clock", found)


def test_randomness_is_passed_in() -> None:
    """Jitter and choices can be given in a test; keys and tokens (secrets, os.urandom) are no choices."""
    found = [str(f) for f in imports() if f.target == "random" and f.of.path not in RANDOM_FILES]
    pure = [m for m in modules() if _within(m.name, PURE)]
    found += [f"{m.path}:{line} draws an id" for m in pure for line in _uses(m, RANDOM_CALLS)]
    _report("pass a random number (or a random.Random) in, or say in RANDOM_FILES why not", found)


def test_no_cancellation_is_lost() -> None:
    """In Python 3.11 `asyncio.wait_for` may return instead of raising CancelledError (cpython 86296)."""
    found = [f"{m.path}:{line}" for m in modules() for line in _uses(m, {"asyncio.wait_for"})]
    _report("wait inside of asyncio.timeout instead", found)


def test_no_client_of_redis_loses_one() -> None:
    """redis-py sends inside of `asyncio.wait_for`: a test whose own client lost a cancellation would hang."""
    files = [path for top in (*PACKAGES, "bench", "tests") for path in (ROOT / top).rglob("*.py")]
    found = [
        str(path.relative_to(ROOT)) for path in files if re.search(r"\bRedis(\.from_url)?\(", path.read_text("utf8"))
    ]
    _report("make it with notifier.store.connect", found)


def _uses(module: Module, wanted: set[str]) -> list[int]:
    """Lines where one of these dotted names is used, also through an alias of its module."""
    last = {name.split(".")[-1] for name in wanted}
    dotted = ((node.lineno, ast.unparse(node)) for word, node in uses(module) if word in last)
    return sorted(line for line, text in dotted if any(text == name or text.endswith(f".{name}") for name in wanted))


# --- shape


def test_an_init_file_is_a_docstring() -> None:
    """Whoever needs a name imports it from where it is made."""
    inits = [m for m in modules() if m.path.endswith("__init__.py")]
    _report("more than a docstring", [m.path for m in inits if len(m.tree.body) > 1 or not ast.get_docstring(m.tree)])


def test_no_module_is_called_after_nothing() -> None:
    """A name says what is inside."""
    _report("name it for what it does", [m.path for m in modules() if set(m.name.split(".")) & FORBIDDEN_NAMES])


def test_files_and_functions_are_short() -> None:
    """Hard stops: 350 lines a file, 50 a function; and 95 of 100 functions within 30."""
    long = [f"{m.path}: {m.lines} lines" for m in modules() if m.lines > LONGEST_FILE]
    lengths = [
        (_length(f), f"{m.path}:{f.lineno} {f.name}: {_length(f)} lines") for m in modules() for f in functions(m)
    ]
    long += [place for length, place in lengths if length > LONGEST_FUNCTION]
    _report("too long: split where two things meet", long)
    beyond = sorted((place for place in lengths if place[0] > USUAL_FUNCTION), reverse=True)
    assert len(beyond) <= len(lengths) * 0.05, (
        f"{len(beyond)} of {len(lengths)} functions are longer than {USUAL_FUNCTION}"
    )


def test_tests_speak_to_the_real_thing() -> None:
    """At most one word of mocking in ten tests: a test calls the pure core, or the real server."""
    texts = [path.read_text("utf8") for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    tests = sum(len(re.findall(r"^\s*(?:async )?def test_", text, re.MULTILINE)) for text in texts)
    words = sum(len(re.findall(r"\b(?:mock|Mock|MagicMock|AsyncMock|monkeypatch|mocker)\b", text)) for text in texts)
    assert words <= tests * 0.1, f"{words} words of mocking in {tests} tests"


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


# --- the rules themselves


def test_a_circle_is_found() -> None:
    """A rule that cannot fail is none."""
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set[str]()}
    assert list(_circles(graph)) == [["a", "b", "c", "a"]]
    assert list(_circles({"a": {"b", "c"}, "b": {"c"}, "c": set()})) == []


@pytest.mark.parametrize(
    ("source", "names", "lines"),
    [
        ("import datetime as dt\nat = dt.datetime.now(dt.UTC)", CLOCK_CALLS, [2]),
        ("from datetime import datetime\nat = datetime.now()", CLOCK_CALLS, [2]),
        ("at = await clock.now()", CLOCK_CALLS, []),
        ("import os\n\nhome = os.environ['HOME']", {"os.environ"}, [3]),
        ("key = uuid4()", RANDOM_CALLS, [1]),
    ],
)
def test_a_forbidden_name_is_found(source: str, names: set[str], lines: list[int]) -> None:
    """Also behind an alias of its module."""
    assert _uses(Module("a.py", "a", ast.parse(source), 2), names) == lines


@pytest.mark.parametrize(
    "target", ["time", "os", "random", "aiokafka", "faust", "streams.app", "schemas.kafka", "httpx"]
)
def test_what_acts_is_not_pure(target: str) -> None:
    """Clock, environment, chance, Kafka, the network: all kept out of the pure parts."""
    assert not _is_pure(target)


# --- what exists


def _topics() -> dict[str, dict[str, object]]:
    rows: dict[str, dict[str, object]] = tomllib.loads((ROOT / "schemas/topics.toml").read_text("utf8"))["topics"]
    return rows


@pytest.mark.parametrize("topic", sorted(_topics()))
def test_every_topic_has_a_schema_an_example_a_writer_and_a_reader(topic: str) -> None:
    """A row that nobody writes, or that nobody can read, is not a topic."""
    row = _topics()[topic]
    record = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(row["record"])).lower()
    assert (ROOT / f"schemas/avro/{record}.v1.avsc").exists(), f"no schema schemas/avro/{record}.v1.avsc"
    assert any((ROOT / f"schemas/examples/{record}").rglob("*.json")), f"no example in schemas/examples/{record}/"
    assert row["writers"], "no writer in its row"
    assert row["readers"], "no reader in its row"
    silent = {program for program in _programs(row) if not _mentions(program, topic, str(row["record"]))}
    assert not silent, f"{sorted(silent)} should write or read {topic}, but never name it nor its record"


def _programs(row: dict[str, object]) -> set[str]:
    """Its writers and readers that are programs of ours; watch and decide are both in streams."""
    named = {name for side in ("writers", "readers") for name in row[side]}  # type: ignore[attr-defined]  # rows are TOML
    return {"streams" if name in {"watch", "decide"} else name for name in named} & {*PACKAGES}


def _mentions(program: str, topic: str, record: str) -> bool:
    mine = [module for module in modules() if _within(module.name, (program,))]
    return any(topic in strings(module) or record in names(module) for module in mine)


def test_every_dependency_is_pinned() -> None:
    """constraints.txt has a hash for everything that pyproject.toml asks for, and no address."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    asked = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    names = {re.split(r"[\[><=~ ]", requirement)[0].lower() for requirement in asked} - {"sonae"}
    constraints = (ROOT / "constraints.txt").read_text("utf8")
    pinned = set(re.findall(r"^([a-z0-9.-]+)==\S+ \\\n +--hash=sha256:", constraints, re.MULTILINE))
    assert names <= pinned, f"run `make lock`: {sorted(names - pinned)} not pinned"
    assert "://" not in constraints
