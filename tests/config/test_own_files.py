"""Files as editors and licences leave them: what stands around the ``# @package`` line changes nothing."""

from pathlib import Path

import pytest

from synth.config.compose import compose, list_options
from synth.errors import ConfigError

BODY = b"kind: card_chain\nratio: 0.01\n"
HEADS = {
    "plain": b"# @package scenario.mine\n# Mine\n",
    "byte order mark": b"\xef\xbb\xbf# @package scenario.mine\n# Mine\n",
    "licence": b"# SPDX-License-Identifier: MIT\n# Copyright 2026 me\n\n# @package scenario.mine\n# Mine\n",
    "schema": b"# yaml-language-server: $schema=synth.json\n# @package scenario.mine\n# Mine\n",
    "document": b"---\n#@package scenario.mine\n# Mine\n",
    "line ends": b"# @package scenario.mine\r\n# Mine\r\n",
    "last": b"# Mine\n# @package   scenario.mine  \n",
}


@pytest.mark.parametrize("head", HEADS)
def test_a_file_says_where_it_belongs(head: str, tmp_path: Path) -> None:
    (tmp_path / "scenario").mkdir()
    file = tmp_path / "scenario" / "mine.yaml"
    file.write_bytes(HEADS[head] + BODY)
    found = compose(["scenario=[mine]"], config_dirs=[tmp_path])
    assert found.config["scenario"] == {"mine": {"kind": "card_chain", "ratio": 0.01}}
    line = (HEADS[head] + BODY).splitlines().index(b"ratio: 0.01") + 1
    assert found.origins["scenario.mine.ratio"] == f"{file.as_posix()}:{line}"
    [option] = [each for each in list_options(config_dirs=[tmp_path])["scenario"] if each.name == "mine"]
    assert option.summary == "Mine"


def test_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "scenario").mkdir()
    file = tmp_path / "scenario" / "mine.yaml"
    file.write_bytes(b"# @package scenario.mine\nkind: card_chain # caf\xe9\n")
    with pytest.raises(ConfigError) as caught:
        compose(["scenario=[mine]"], config_dirs=[tmp_path])
    [problem] = caught.value.problems
    assert problem.message == "the file is not UTF-8"
    assert problem.where == f"{file.as_posix()}:2"
