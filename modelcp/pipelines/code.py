"""What a step's code is: its source for people, and a digest that changes when what it does changes."""

from __future__ import annotations

import dis
import hashlib
import inspect
import os
import site
import sys
import sysconfig
import textwrap
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from modelcp.pipelines.digests import Undigestable, value_digest

MAX_SOURCE = 64 * 1024  # characters kept of a step's source
MAX_PACKAGES = 4  # modules that a name is followed through: package.module.function

Data = dict[int, tuple[Any, str]]  # by their identity: values with their digests


def source_of(function: Callable[..., Any]) -> str:
    """The function's source without its indentation; empty where there is none (``-c``, some consoles)."""
    code = getattr(function, "__code__", None)
    return _source(code) if isinstance(code, types.CodeType) else ""


@lru_cache(maxsize=4096)
def _source(code: types.CodeType) -> str:
    """By the code object: the file is read once, close to when it was loaded."""
    try:
        return textwrap.dedent(inspect.getsource(code))[:MAX_SOURCE]
    except (OSError, TypeError, SyntaxError, IndexError):
        return ""


def step_code(function: Callable[..., Any], data: Data | None = None) -> dict[str, str]:
    """What is recorded of a step's code: digest, source, module."""
    return {
        "digest": code_digest(function, data) or "",
        "source": source_of(function).encode("utf-8", "replace").decode(),
        "module": str(getattr(function, "__module__", "") or ""),
    }


def data_around(function: Callable[..., Any]) -> Data:
    """The lists, dicts and sets that the function and its helpers use, each with its digest as it is now.

    Taken when the step is defined: a list that steps append to must not make each run another one.
    """
    return {id(value): (value, value_digest(value)) for value in _changeable(function, set())}


def _changeable(function: types.FunctionType | Callable[..., Any], seen: set[int]) -> Iterator[Any]:
    if id(function) in seen:
        return
    seen.add(id(function))
    for _, value in _names_used(function):
        if (inner := _function_of(value)) is not None:
            yield from _changeable(inner, seen) if is_users(inner) else ()
        elif isinstance(value, type):
            yield from (member for _, member in _members(value) if _is_changeable(member))
        elif _is_changeable(value):
            yield value


def code_digest(function: Callable[..., Any], data: Data | None = None) -> str | None:
    """SHA-256 of the function's source and bytecode, and of what it uses that its module or closure holds.

    The bytecode also counts where there is source: a file edited while the program runs must not
    pass for the code that ran. What it uses: functions and classes of the user's own modules (not of
    installed packages), followed as far as they lead, and data of any kind.

    Args:
        function: The step's function.
        data: What `data_around` found when the step was defined; other data count as they are now.

    Returns:
        None when something that it uses can't be told apart from a changed one: then nothing is cached.
    """
    digest = hashlib.sha256()
    try:
        for part in _function_parts(function, {id(function)}, data or {}):
            digest.update(part)
            digest.update(b"\0")
    except (Undigestable, RecursionError):
        return None
    return digest.hexdigest()


def asks_context(function: Callable[..., Any]) -> bool:
    """Whether the function, or a function of the user's own that it calls, asks for a step's context."""
    return any("get_step_context" in _global_names(code) for code in _codes(function, set()))


def _codes(function: Callable[..., Any], seen: set[int]) -> Iterator[types.CodeType]:
    if id(function) in seen:
        return
    seen.add(id(function))
    yield function.__code__
    for _, value in _names_used(function):
        if (inner := _function_of(value)) is not None and is_users(inner):
            yield from _codes(inner, seen)


def _names_used(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """What the function takes from its closure and its module, by name."""
    code: types.CodeType = function.__code__
    names = _global_names(code)
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # not filled yet: a recursive definition
            yield from _with_members(name, cell.cell_contents, names)
    for name in sorted(names):
        if name in function.__globals__:
            yield from _with_members(name, function.__globals__[name], names)


def _with_members(name: str, value: Any, names: set[str], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The value; of a module of the user's own also what the code may take from it: ``helpers.clean``."""
    yield name, value
    if depth < MAX_PACKAGES and isinstance(value, types.ModuleType) and _is_users_module(value.__name__):
        for member in sorted(names & vars(value).keys()):
            yield from _with_members(f"{name}.{member}", vars(value)[member], names, depth + 1)


def code_parts(thing: Any, seen: set[int], data: Data) -> Iterator[bytes]:
    """What a function or a class of the user's own is; of others, and those in `seen`, the name alone."""
    yield f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', '')}".encode()
    if id(thing) in seen or not is_users(thing):
        return
    seen.add(id(thing))
    yield from (_class_parts if isinstance(thing, type) else _function_parts)(thing, seen, data)


def _function_parts(function: Any, seen: set[int], data: Data) -> Iterator[bytes]:
    yield _without_decorators(source_of(function)).encode("utf-8", "replace")
    yield from _bytecode(function.__code__)
    yield value_digest(function.__defaults__, seen).encode()
    yield value_digest(function.__kwdefaults__, seen).encode()
    changed = _assigned(function.__code__)
    for name, value in _names_used(function):
        if name not in changed:
            yield name.encode()
            yield from _value_parts(value, seen, data)


def _class_parts(cls: type, seen: set[int], data: Data) -> Iterator[bytes]:
    for base in cls.__bases__:
        yield from code_parts(base, seen, data)
    for name, member in _members(cls):
        yield name.encode()
        yield from _value_parts(member, seen, data)


def _members(cls: type) -> Iterator[tuple[str, Any]]:
    """What a class holds, by name: its methods, classes and constants."""
    for name, member in sorted(vars(cls).items()):
        inner = next((getattr(member, key) for key in _INNER if hasattr(member, key)), member)
        if isinstance(inner, types.FunctionType | type) or ("__" not in name and _is_plain(inner)):
            yield name, inner


_INNER = ("__func__", "fget", "func")  # of a class or static method, a property, a cached property


def _value_parts(value: Any, seen: set[int], data: Data) -> Iterable[bytes]:
    """What a value that is used contributes."""
    if (function := _function_of(value)) is not None:
        return code_parts(function, seen, data)
    if isinstance(value, type):
        return code_parts(value, seen, data)
    if isinstance(value, types.BuiltinFunctionType | types.ModuleType):
        return [f"{getattr(value, '__module__', '')}.{value.__name__}".encode()]
    if id(value) in data:
        return [data[id(value)][1].encode()]
    if any(value is other for other in (os.environ, sys.stdout, sys.stderr)) or _is_ours(value):
        return []
    return [value_digest(value, seen).encode()]


def _function_of(value: Any) -> types.FunctionType | None:
    """The function that a value is or that it decorates, such as another step."""
    inner = getattr(value, "__wrapped__", None)
    if isinstance(inner, types.FunctionType) and not isinstance(value, types.FunctionType | type):
        return inner
    return value if isinstance(value, types.FunctionType) else None


def _is_ours(value: Any) -> bool:
    """Whether it is a handle, a client or the like: what a step reads by it is noted as it does."""
    return type(value).__module__.partition(".")[0] == "modelcp"


def _is_changeable(value: Any) -> bool:
    return isinstance(value, list | dict | set) and _is_plain(value)


def _is_plain(value: Any, depth: int = 0) -> bool:
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return True
    if depth < 4 and isinstance(value, tuple | list | set | frozenset) and len(value) <= 1000:
        return all(_is_plain(item, depth + 1) for item in value)
    if depth < 4 and type(value) is dict and len(value) <= 1000:
        return all(_is_plain(item, depth + 1) for pair in value.items() for item in pair)
    return False


def is_users(thing: Any) -> bool:
    """Whether a function or class comes from the user's own code rather than an installed package."""
    return _is_users_module(str(thing.__module__))


def _is_users_module(full_name: str) -> bool:
    module = sys.modules.get(full_name)
    name = full_name.partition(".")[0]
    if name in sys.stdlib_module_names and name != "__main__":
        return False
    if name in ("modelcp", "registry"):
        return False
    file = getattr(module, "__file__", None) or ""
    return not any(file.startswith(folder) for folder in _installed_folders())


@lru_cache(maxsize=1)
def _installed_folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    folders = {paths["purelib"], paths["platlib"], paths["stdlib"]}
    with suppress(AttributeError):  # some embedded interpreters have no site
        folders |= {*site.getsitepackages(), site.getusersitepackages()}
    return tuple(folder for folder in folders if folder)


def _without_decorators(source: str) -> str:
    """The source from its `def` on: an option of the decorator isn't the step's code."""
    lines = source.splitlines()
    for index, line in enumerate(lines):
        if line.startswith(("def ", "async def ", "class ")):
            return "\n".join(lines[index:])
    return source


def _bytecode(code: types.CodeType) -> Iterator[bytes]:
    """What the compiled code does, without file names and line numbers."""
    yield code.co_code
    yield repr(
        (code.co_names, code.co_varnames, code.co_freevars, code.co_argcount, code.co_kwonlyargcount)
    ).encode()
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _bytecode(constant)
        else:
            yield value_digest(constant).encode()


def _assigned(code: types.CodeType) -> set[str]:
    """The names outside of it that the code assigns to: counters and the like."""
    return {
        str(step.argval)
        for step in dis.get_instructions(code)
        if step.opname in ("STORE_GLOBAL", "STORE_DEREF", "DELETE_GLOBAL", "DELETE_DEREF")
    }


def _global_names(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _global_names(constant)
    return names
