"""What of a module's text counts: not its comments, docstrings and blank lines."""

import ast
import hashlib

import pytest
from pipeline import PROJECT

from frugalgan.code import said

SOURCE = '''"""What the module is for."""

import os


class Box:
    """A box."""

    size: int = 3  # cm

    def double(self) -> int:
        """Twice the size."""
        return 2 * self.size


TEXT = """
# not a comment

of two lines, f{1}
"""
OTHER = f"""{1}

  a"""
'''
MODULES = sorted((PROJECT / "src/frugalgan").rglob("*.py"))
SCRIPTS = sorted((PROJECT / "stages").glob("*.py"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""What the module is for."""\n', ""),
        ('"""What the module is for."""', '"""Something else,\n\nlonger."""  # said twice'),
        ('    """A box."""\n\n', ""),
        ('        """Twice the size."""\n', "        'Two times.'\n"),
        ("  # cm", ""),
        ("  # cm", " # metres, said\n    # on two lines  "),
        ("import os\n", "import os\n\n\n# and no more\n   \n"),
        ("import os\n", "import os   \n"),
        ("\n\nclass", "\n\n\n\nclass"),
        ("\n\n\nTEXT", "\nTEXT"),
        ('  a"""\n', '  a"""  # the end\n'),
    ],
)
def test_comments_docstrings_and_blank_lines_do_not_count(before: str, after: str) -> None:
    changed = SOURCE.replace(before, after)
    assert changed != SOURCE
    ast.parse(changed)
    assert said(changed) == said(SOURCE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("size: int = 3", "size: int = 4"),
        ("2 * self.size", "self.size * 2"),
        ("import os", "import sys"),
        ("        return", "        pass\n        return"),
        ("# not a comment", "# no comment"),
        ("# not a comment\n\n", "# not a comment\n"),
        ("# not a comment\n", "# not a comment \n"),
        ('{1}\n\n  a"""', '{1}\n  a"""'),
        ('{1}\n\n  a"""', '{1}\n\n  b"""'),
        ("class Box:", "class Box(int):"),
        ('    """A box."""\n', '    """A box."""; a = 1\n'),
        ("def double", "def twice"),
    ],
)
def test_code_counts_and_so_do_texts(before: str, after: str) -> None:
    changed = SOURCE.replace(before, after)
    assert changed != SOURCE
    ast.parse(changed)
    assert said(changed) != said(SOURCE)


def test_code_on_the_line_of_a_docstring_counts() -> None:
    one, other = (f'class Error({base}): """What went wrong."""\n' for base in ("ValueError", "OSError"))
    assert said(one) != said(other)
    assert said('"""Doc."""; a = 1\n') != said('"""Doc."""; a = 2\n')


def test_odd_line_ends_within_texts_do_not_shift_lines() -> None:
    one, other = (f'a = "\x0c\x1c\u2028"\n# {comment}\nb = 1\n' for comment in ("one", "two"))
    assert said(one) == said(other) != said(one.replace("b = 1", "b = 2"))


@pytest.mark.parametrize("text", ["x = 1", "def f(a):\n    return f'{a!r:>{3}}'", "x = [\n    1,\n    2,\n]"])
def test_the_hash_is_one_of_the_text_and_so_the_same_on_any_python(text: str) -> None:
    assert said(f'"""Doc."""\n\n# one\n{text}  # two\n') == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_all_modules_say_the_same_without_their_comments_and_docstrings() -> None:
    for file in (*MODULES, *SCRIPTS):
        source = file.read_text(encoding="utf-8")
        tree = ast.parse(source)
        assert said(source + "\n\n# more\n") == said(source), file
        if tree.body[1:]:
            assert said(source + "\nmore = 1\n") != said(source), file
