"""Where a report is written: to what a link leads to, whole or not at all, and never in place of a device."""

import os
import threading
from pathlib import Path

import pytest

from synth.errors import RefusedError
from synth.report.files import write_whole


@pytest.mark.parametrize("steps", [1, 2])
def test_a_link_stays_a_link(tmp_path: Path, steps: int) -> None:
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "kept.html"
    target.write_text("old")
    link = tmp_path / "link0"
    link.symlink_to("there/kept.html")
    if steps == 2:
        link = tmp_path / "link1"
        link.symlink_to("link0")
    with pytest.raises(RefusedError, match="is there already"):
        write_whole(link, "new", overwrite=False)
    write_whole(link, "new", overwrite=True)
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert [each.name for each in target.parent.iterdir()] == ["kept.html"]


def test_a_link_to_nothing_yet_leads_to_a_new_file(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("later.html")
    write_whole(link, "new", overwrite=False)
    assert (tmp_path / "later.html").read_text() == "new"
    lost = tmp_path / "lost"
    lost.symlink_to("nowhere/later.html")
    with pytest.raises(RefusedError, match="nowhere is no folder"):
        write_whole(lost, "new", overwrite=False)


def test_a_link_to_a_folder_and_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    with pytest.raises(RefusedError, match="is a folder"):
        write_whole(tmp_path / "link", "new", overwrite=True)
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(RefusedError, match="leads to itself"):
        write_whole(tmp_path / "circle", "new", overwrite=True)
    assert (tmp_path / "circle").is_symlink()


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "new", overwrite=False)
    reader.join(10)
    assert seen == ["new"]
    assert pipe.is_fifo()
