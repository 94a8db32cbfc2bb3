"""The checker of README.md can fail: each of its rules on a page of its own."""

import sys
from pathlib import Path

import pytest

from tests.readme_commands import main, matches, read_commands

PAGE = """
```console
$ printf 'a  1.25 s\\nb\\n' \\
    && true
a ... s
b
$ false  # exit 1
```
<!-- not run: needs a bucket -->
```console
$ false
```
```sh
false
```
```python file=hello.py
print("hello")
```
```console
$ python hello.py
hello
```
"""


def run(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    path = folder / "PAGE.md"
    path.write_text(page, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["readme_commands.py", str(path)])
    return main()


def test_a_page_is_read_into_commands_and_their_output() -> None:
    commands, left_out = read_commands(PAGE)
    assert [(c.text, c.exit_code, c.shown) for c in commands] == [
        ("printf 'a  1.25 s\\nb\\n' \\\n    && true", 0, ["a ... s", "b"]),
        ("false  # exit 1", 1, []),
        ('print("hello")\n', 0, []),
        ("python hello.py", 0, ["hello"]),
    ]
    assert [c.file for c in commands] == ["", "", "hello.py", ""]
    assert left_out == ["needs a bucket"]


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (["rows 5 of 10"], "rows   5 of 10\n", True),
        (["rows 5 of 10"], "rows 6 of 10\n", False),
        (["first", "...", "last"], "first\nx\ny\nlast\n", True),
        (["first", "..."], "second\n", False),
        (["...", "last"], "last\n", True),
        (["...", "last"], "first\nlast\n", True),
        (["...", "last"], "at last\nthe end\n", False),
        (["took ... s"], "took 1.5 s", True),
        (["a.c"], "abc", False),
        (["one"], "one\ntwo", False),
    ],
)
def test_output_is_compared_up_to_dots_and_spaces(shown: list[str], printed: str, same: bool) -> None:
    assert matches(shown, printed) is same


def test_a_page_that_holds_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(PAGE, tmp_path, monkeypatch) == 0


@pytest.mark.parametrize(
    "page",
    [
        "no command at all",
        "```python file=a.py\n```\n",
        "```console\n$ false\n```\n",
        "```console\n$ true  # exit 2\n```\n",
        "```console\n$ echo yes\nno\n```\n",
        "```console\n$ false | cat\n```\n",
    ],
)
def test_a_page_that_does_not_hold_fails(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(page, tmp_path, monkeypatch) == 1


def test_a_block_that_names_a_server_is_left_out_where_there_is_none() -> None:
    page = "<!-- server: kafka -->\n```console\n$ true\n```\n\n```console\n$ echo here\n```\n"
    assert [command.text for command in read_commands(page)[0]] == ["true", "echo here"]
    commands, left_out = read_commands(page, lacking=["kafka"])
    assert [command.text for command in commands] == ["echo here"]
    assert left_out == ["no server kafka can be started here"]


def test_a_page_has_a_bucket_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "<!-- server: s3 -->\n```console\n$ echo $AWS_ACCESS_KEY_ID\nmoto\n```\n"
    assert run(page, tmp_path, monkeypatch) == 0
