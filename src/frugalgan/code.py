"""What the code of every stage says: the modules that it runs, each with the hash of its text without comments.

A stage depends on such a file instead of a list of source files that somebody would have to keep: what it imports, at
any depth, is read from the import statements themselves. Comments, docstrings and blank lines do not count.

What it does not see: packages outside the project, and `importlib`, which looks up methods and families of networks by
name; so each of these has a file of its own.
"""

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SRC, PACKAGE = Path(__file__).parents[1], "frugalgan"
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def write_code(
    out: Path,
    scripts: Iterable[Path],
    methods: Iterable[str],
    networks: dict[str, list[str]],
    exports: dict[str, list[str]],
) -> None:
    """Into folder `out`: stages/<name> per script, methods/<name> per method, networks/<section> per section of
    `networks` (section → families), exports/<model> per model of `exports` (model → families)."""
    files = {f"stages/{script.stem}": _script(script) for script in scripts}
    files |= {f"methods/{name}": text_of([f"methods.{name}"]) for name in methods}
    files |= {
        f"networks/{name}": text_of(f"networks.{family}" for family in families) for name, families in networks.items()
    }
    files |= {
        f"exports/{name}": text_of(f"networks.{family}" for family in families) for name, families in exports.items()
    }
    for name, text in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")


def text_of(modules: Iterable[str]) -> str:
    """A line per module that these import, at any depth, and they themselves: its name, and the hash of its text.

    `modules` are named below the package: `methods.wgan_gp`.
    """
    return _lines({f"{PACKAGE}.{name}" for name in modules})


def said(source: str) -> str:
    """The hash of a module's text without comments, docstrings and blank lines.

    Not of its syntax tree: `ast.dump` reads differently from one Python to the next, and every model would train anew.
    """
    lines, texts = source.split("\n"), set[int]()  # and the rows that end within a text, whose blanks count
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        (row, column), (last, _) = token.start, token.end
        if token.type == tokenize.COMMENT:
            lines[row - 1] = lines[row - 1][:column]
        elif token.type == tokenize.STRING:
            texts |= set(range(row - 1, last - 1))
        elif tokenize.tok_name[token.type] in ("FSTRING_START", "TSTRING_START"):  # from Python 3.12 on
            opened.append(row)
        elif tokenize.tok_name[token.type] in ("FSTRING_END", "TSTRING_END"):
            texts |= set(range(opened.pop() - 1, last - 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Documented) and ast.get_docstring(node, clean=False) is not None:
            for row in _own_rows(node.body[0], lines):
                lines[row] = ""
                texts.discard(row)
    kept = [line if row in texts else line.rstrip() for row, line in enumerate(lines) if row in texts or line.strip()]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()[:16]


def _own_rows(docstring: ast.stmt, lines: list[str]) -> range:
    """The rows that a docstring has to itself: none where code stands before or behind it."""
    first, last = docstring.lineno - 1, (docstring.end_lineno or 0) - 1
    before, behind = lines[first].encode()[: docstring.col_offset], lines[last].encode()[docstring.end_col_offset :]
    return range(first, first if (before + behind).strip() else last + 1)


def imported(source: str) -> set[str]:
    """Modules of this package that a text names in an import, wherever it stands, and the packages they are in."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    parts = {".".join(module.split(".")[:end]) for module in named for end in range(1, module.count(".") + 2)}
    return {module for module in parts if module.split(".")[0] == PACKAGE and _file_of(module)}


def _script(path: Path) -> str:
    source = path.read_text(encoding="utf-8")
    return f"{path.name} {said(source)}\n" + _lines(imported(source))


def _lines(todo: set[str]) -> str:
    seen: set[str] = set()
    while todo:
        seen |= todo
        todo = {module for known in todo for module in _imported(known)} - seen
    return "".join(f"{module} {_said(module)}\n" for module in sorted(seen))


@cache
def _imported(module: str) -> frozenset[str]:
    return frozenset(imported(_text(module)))


@cache
def _said(module: str) -> str:
    return said(_text(module))


def _text(module: str) -> str:
    file = _file_of(module)
    if file is None:
        raise ValueError(f"{module}: there is no such file below {SRC}")
    return file.read_text(encoding="utf-8")


def _file_of(module: str) -> Path | None:
    path = SRC / Path(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)
