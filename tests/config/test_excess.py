"""What no reader survives is told before anything reads it, in one clear message."""

from pathlib import Path

import pytest

from synth.config.compose import compose
from synth.errors import ConfigError
from tests.cli.commands import synth

_BOMB = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30))
_MERGES = "".join(f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
_CHAIN = "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 150))

FILES = {
    "a: " + "[" * 1200 + "]" * 1200: ("the nesting is too deep: more than 100 levels", 1),
    "a: " + "{a: " * 1200 + "1" + "}" * 1200: ("the nesting is too deep: more than 100 levels", 1),
    "a0: &a0 [1]\n" + _CHAIN: ("the nesting is too deep: more than 100 levels", 98),
    "a0: &a0 [1]\n" + _BOMB: ("more than 10,000 values, those that aliases (*) repeat counted each time", 5),
    "a0: &a0 {x: 1}\n" + _MERGES: ("more than 10,000 values, those that aliases (*) repeat counted each time", 23),
    "a: [" + "1, " * 10_001 + "1]": ("more than 10,000 values, those that aliases (*) repeat counted each time", 1),
    "a: &a\n  b: *a": ("an anchor (&) holds an alias (*) of itself", 1),
}


@pytest.mark.parametrize("text", FILES, ids=["[[", "{{", "chain", "bomb", "merges", "long", "itself"])
def test_a_file_that_no_reader_survives(text: str, tmp_path: Path) -> None:
    (tmp_path / "amount").mkdir()
    (tmp_path / "amount/x.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        compose(["amount=x"], config_dirs=[tmp_path])
    [problem] = caught.value.problems
    assert problem.message == FILES[text][0]
    assert problem.where.endswith(f"amount/x.yaml:{FILES[text][1]}")


@pytest.mark.parametrize(
    "override",
    [
        "amount.buckets=" + "[" * 1200 + "]" * 1200,
        "scenario=[" + "{a:" * 1200 + "1" + "}" * 1200 + "]",
        "+vars" + ".a" * 1200 + "=1",
        "vars.a=" + "${" * 1200 + "}" * 1200,
    ],
    ids=["[[", "{{", "keys", "${"],
)
def test_an_override_that_no_reader_survives(override: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose([override])
    [problem] = caught.value.problems
    assert problem.message == "the nesting is too deep: more than 100 levels"
    assert len(problem.where) < 120


LONG = "n" * 300


@pytest.mark.parametrize(
    "line",
    [
        f"validate scenario={LONG}",
        f"validate {LONG}=1",
        f"validate --config-dir {LONG}",
        f"list --plugin {LONG}.py",
        f"list --plugins-dir {LONG}",
        f"list {LONG}",
        f"describe {LONG}",
        f"verify {LONG}",
        f"stats {LONG}",
        f"plugins check {LONG}",
        f"plugins new {LONG} --kind sink",
        f"run sink.parquet.uri={LONG}",
    ],
)
def test_a_long_name_is_a_mistake_like_any_other(line: str, tmp_path: Path) -> None:
    answer = synth(*line.split(), cwd=tmp_path)
    assert answer.code in (1, 2, 3)
    assert "internal error" not in answer.err
    assert LONG in answer.err
    assert not [*tmp_path.iterdir()]
