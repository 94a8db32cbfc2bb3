"""Mistakes of sinks: edits of ``honest/kept.py``."""

from tests.testing.broken.everywhere import CONFIGS
from tests.testing.edits import Edit

_CHECK = '        """Asks the store."""\n'
_FINISH = '        """Nothing is left to do."""\n'
_ABORT = "        self.store.discard(self.files())\n"
_WRITE = "        files = {table: self.put("
_PLACE = '__import__("pathlib").Path(self.uri)'


def swapping(name: str, old: str, new: str, check: str, seen: str) -> Edit:
    """Other code in one place."""
    return Edit(name, old, new, f"test_{check}", seen)


LIVES = (
    swapping(
        "leaving nothing",
        "        self.store.leave()\n",
        "        self.store.discard(self.files())\n",
        "blocks_of_the_dead_are_taken",
        "is gone after leave",
    ),
    swapping(
        "probing", _CHECK, f"{_CHECK}        {_PLACE}.mkdir()\n", "check_leaves_no_trace", "'out' is new (1 in all)"
    ),
    swapping(
        "guessing",
        "return sum(len(encoded(batch))",
        "return 9 * sum(len(encoded(batch))",
        "forecast_is_near",
        "bytes, the run takes",
    ),
    swapping(
        "littering",
        '        """Encodes."""\n',
        f"        {_PLACE}.mkdir(exist_ok=True)\n",
        "forecast_is_near",
        "'out' is new",
    ),
    swapping(
        "sampling", "[batch.native]", "[batch.native.slice(1)]", "what_is_committed_comes_back", "rows come back of"
    ),
    swapping(
        "forgetting",
        "            self.staged[table].append(file)",
        "            self.staged[table][:] = [*self.staged[table], file][-3:]",
        "what_is_committed_comes_back",
        "rows come back of",
    ),
    swapping(
        "in_sequence",
        "name(table, block), batch) for",
        "name(table, len(self.staged[table])), batch) for",
        "blocks_in_any_order_and_twice",
        "rows come back of 20,000 (table transactions)",
    ),
    swapping(
        "locking",
        _WRITE,
        f'        busy = {_PLACE}.with_name(f"busy-{{block}}")\n'
        "        busy.touch(exist_ok=False)\n"
        '        __import__("time").sleep(0.3)\n'
        "        busy.unlink()\n"
        f"{_WRITE}",
        "a_block_twice_at_once",
        "one of two fails: FileExistsError",
    ),
    swapping(
        "viewing",
        "return Receipt(block, tuple(files.values()), dict.fromkeys(files))",
        'return Receipt(block, tuple(files.values()), dict.fromkeys(files, memoryview(b"")))',
        "receipts_serialise",
        "a Receipt does not pickle: TypeError: cannot pickle",
    ),
    swapping(
        "unpicklable_sink",
        "        self.uri = job.uri\n",
        "        self.uri = job.uri\n        self.later = lambda: job\n",
        "workers_are_other_processes",
        "the sink does not pickle: AttributeError",
    ),
    swapping(
        "scribbling",
        _WRITE,
        '        rows = batches["transactions"].native.columns[0].buffers()[1]\n'
        '        __import__("numpy").frombuffer(rows, dtype="u1")[:1] += 0\n'
        f"{_WRITE}",
        "workers_are_other_processes",
        "in another process a worker failed: ValueError: output array is read-only",
    ),
    swapping(
        "at_once",
        _FINISH,
        f'        ({_PLACE} / "done").touch()\n',
        "nothing_is_visible_before_commit",
        "1 files can be seen, e.g. 'done' (after finish)",
    ),
    swapping("careless", _ABORT, "        pass\n", "abort_takes_everything_back", "'out' is new"),
    swapping(
        "destroying",
        _ABORT,
        f'{_ABORT}        ({_PLACE} / "_manifest.json").unlink(missing_ok=True)\n',
        "abort_leaves_the_earlier_run",
        "'out/_manifest.json' is gone (1 in all) (before open)",
    ),
    swapping(
        "grabbing",
        "overwrite=self.job.overwrite",
        "overwrite=True",
        "a_second_run_is_refused",
        "check accepts a place that holds a run",
    ),
    swapping(
        "clearing",
        _FINISH,
        f'        ({_PLACE} / "_manifest.json").unlink(missing_ok=True)\n',
        "overwrite_keeps_the_earlier_run_until_commit",
        "RefusedError: ",
    ),
    swapping(
        "telling",
        'field(default="", repr=False)',
        '""',
        "secrets_stay_secret",
        "(password) can be read (repr of the config)",
    ),
)

EDITS = (*CONFIGS, *LIVES)
