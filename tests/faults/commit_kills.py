"""Kills ``synth run --overwrite``, before each change of its commit and at any moment, and looks: old, new, or torn.

``python -m tests.faults.commit_kills [kills] [kind …]`` prints a table by kind, each with so many kills.
"""

import hashlib
import itertools
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.sinks.places import CURRENT
from tests.faults.changes import Within
from tests.faults.commands import SQLITE, Ended
from tests.faults.forks import Forks
from tests.faults.kinds import Kind, kinds
from tests.plugins.postgres_server import missing_postgres, run_postgres
from tests.servers import run_moto

RECIPE = ("scenario=card_chain", "scenario.card_chain.ratio=0.05", "population.cards=60", "timeline.end=2022-01-10")

#: A recipe, told by what it makes: (seed, blocks). The old run has more files than the new one, or fewer.
MADE = ((1, 5), (2, 3), (3, 8))

#: How many kills follow each other before a whole run has to clear up after them.
IN_A_ROW = 3

#: Kills of each kind in the full form: before each change of its commit, or as many of them, the rest at any moment.
KILLS = 80


@dataclass
class Found:
    """What kills left behind.

    Attributes:
        tried: kills.
        states: how often a reader saw the ``old`` run, the ``new`` one, ``half`` of one, as verify tells, something
            ``torn``, or nothing, where a run had been: ``lost``.
        faults: a line for each thing that must not be.
    """

    tried: int = 0
    states: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __add__(self, other: "Found") -> "Found":
        return Found(self.tried + other.tried, self.states + other.states, [*self.faults, *other.faults])


class Place:
    """Where runs of one kind follow each other, each over the one before."""

    def __init__(self, kind: Kind, place: str, forks: Forks, beside: Path) -> None:
        self.kind, self.name, self._forks = kind, kind.name, forks
        self._directory = beside if kind.local else None
        self._overrides = [text.format(place=place, beside=beside) for text in kind.overrides]
        self.uris = [text.format(place=place) for text in kind.uris]
        self._digests: dict[tuple[int, int], str] = {}
        self._listed: dict[tuple[int, int], str] = {}
        self._foreign: dict[Path, bytes] = {}
        if self._directory:
            self._foreign = {beside / "a" / name: name.encode() for name in ("_notes.txt", "_mine/letter.txt")}
            for path, text in self._foreign.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text)

    def run(self, made: tuple[int, int], **how: Any) -> Ended:
        """Writes over what is there, disturbed as ``Forks.run`` says."""
        seed, blocks = made
        size = (f"seed={seed}", f"generator.transactions={blocks * 100}", "block_rows=100")
        words = ("run", "--plugin", str(SQLITE), "--json", "--overwrite", *RECIPE, *size, *self._overrides)
        return self._forks.run(*words, **({"within": "commit"} | how))

    def digest(self, made: tuple[int, int]) -> str:
        """Of the whole data of a recipe; makes it, where this is the first time."""
        if made not in self._digests:
            ended = self.run(made)
            assert ended.code == 0, ended.text
            self._digests[made] = self.look()[0]
            assert ":" not in self._digests[made], self._digests[made]
            self._listed[made] = self.listed()
        return self._digests[made]

    def listed(self) -> str:
        """What somebody finds who follows the link to the run's folder and lists it: the digest of all files there."""
        if not (self._directory and self.kind.linked):
            return ""
        folder = (self._directory / "a" / CURRENT).resolve(strict=True)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        texts = [path.relative_to(folder).as_posix().encode() + b":" + path.read_bytes() for path in files]
        return hashlib.sha256(b";".join(texts)).hexdigest()

    def torn(self) -> bool:
        """Whether that is no whole run; to be asked before somebody looks who ends what a dead run began."""
        return self.listed() not in self._listed.values()

    def look(self, *, stranger: bool = False) -> list[str]:
        """What stands at each uri, as ``seen.look`` says it.

        Args:
            stranger: whether the reader may not write there.
        """
        return self._forks.run("look", str(SQLITE), "stranger" * stranger, *self.uris).text.strip().split("\n")

    def wrong_after(self, made: tuple[int, int]) -> Iterator[str]:
        """Makes a run over whatever is there, and yields what is wrong with what it leaves, if anything is."""
        ended, digest = self.run(made), self.digest(made)
        after = self.look()
        if ended.code or {*after} != {digest} or self.staged():
            yield f"{ended}, {after}, {self.staged()}"

    def gone(self) -> str:
        """What of others' files is not as it was; empty for nothing."""
        return ", ".join(str(p) for p, text in self._foreign.items() if not p.exists() or p.read_bytes() != text)

    def staged(self) -> list[str]:
        """What a run has left of its own."""
        return sorted(str(p) for p in self._directory.rglob(".synth-*")) if self._directory else []


@contextmanager
def places(wanted: Sequence[Kind], forks: Forks) -> Iterator[Iterator[Place]]:
    """The places of several kinds, with the servers that they need; those whose server cannot be had are left out."""
    with ExitStack() as stack:
        postgres = ""
        if any(kind.server == "moto" for kind in wanted):
            server = stack.enter_context(run_moto())
            server.client().create_bucket(Bucket="kills")
            forks = forks.near(server.environ())
        if any(kind.server == "postgres" for kind in wanted) and not missing_postgres():
            postgres = stack.enter_context(run_postgres()).uri()
        yield (_place(kind, forks, stack, postgres) for kind in wanted if postgres or kind.server != "postgres")


def _place(kind: Kind, forks: Forks, stack: ExitStack, postgres: str) -> Place:
    beside = Path(tempfile.mkdtemp(prefix="synth-kills-"))
    beside.chmod(0o755)
    stack.callback(shutil.rmtree, beside, ignore_errors=True)
    uris = {"": str(beside), "moto": f"s3://kills/{beside.name}", "postgres": postgres}
    return Place(kind, uris[kind.server], forks, beside)


def changes_of(place: Place) -> int:
    """How many changes the commit of a run makes that writes over another one: of the largest over the others."""
    for made in MADE:
        place.digest(made)
    return max(place.run(made).changes for made in (MADE[1], MADE[2]))


def kill(place: Place, hows: Iterable[dict[str, Any]]) -> Found:
    """Kills a run in each of the ways, as ``Place.run`` takes them, over what the one before left, and looks.

    After some kills a run that nobody disturbs follows, which has to clear up after all of them.
    """
    found = Found()
    digests = {made: place.digest(made) for made in MADE}
    runs = itertools.cycle(MADE)
    whole = MADE[-1]
    found.faults += place.wrong_after(whole)
    there = [digests[whole]] * len(place.uris)
    for number, how in enumerate(hows, start=1):
        new = next(made for made in runs if digests[made] not in there)
        ended = place.run(new, **how)
        if not ended.killed:  # a commit of a smaller run has fewer changes, and a moment may come too late
            found.faults += [f"{how}: {ended}"] if ended.code else []
        found.tried += ended.killed
        found.faults += [f"{how}: who lists the files sees no whole run"] if place.torn() else []
        seen = _seen(place, found, there if ended.killed else [digests[new]] * len(there), digests[new], str(how))
        if place.gone():
            found.faults.append(f"{how}: files of others are gone: {place.gone()}")
        there = seen
        if number % IN_A_ROW == 0 or any(":" in each for each in seen):
            whole = next(made for made in runs if digests[made] not in there)
            found.faults += (f"{how}: the next run: {wrong}" for wrong in place.wrong_after(whole))
            there = [digests[whole]] * len(there)
    return found


def _seen(place: Place, found: Found, there: list[str], new: str, how: str) -> list[str]:
    """What readers see after a kill, counted; a run that is not what it has to be is a fault."""
    looks = [place.look(stranger=True)] * place.kind.local + [place.look()]
    if looks[0] != looks[-1]:
        found.faults.append(f"{how}: a reader who may not write sees something else: {looks}")
    for old, now in zip(there, looks[-1], strict=True):
        state = {old: "old", new: "new", "none": "lost"}.get(now, now.partition(":")[0])
        found.states[state] += 1
        if state not in ("old", "new") and not (state == "half" and place.kind.half):
            found.faults.append(f"{how}: {now}")
    return looks[-1]


def fail(place: Place, points: Sequence[int], calls: int) -> Found:
    """Has so many calls of a commit fail from each of the points on, and looks: a run that failed left the old one.

    Args:
        calls: 1: putting back works; 2 and more: it may fail, too, and the journal decides.
    """
    found = Found()
    digests = {made: place.digest(made) for made in MADE}
    old = MADE[-1]
    found.faults += place.wrong_after(old)
    runs = itertools.cycle(MADE)
    for point in points:
        new = next(made for made in runs if made != old)
        ended = place.run(new, fail_at=range(point, point + calls))
        found.tried += 1
        seen = {*place.look(stranger=place.kind.local)}
        mine, fine = digests[old] if ended.code else digests[new], {digests[old], digests[new]}
        found.states["old" if seen == {digests[old]} else "new" if seen == {digests[new]} else "other"] += 1
        half = place.kind.half and any(each.startswith("half:") for each in seen)
        wrong = not half and (seen != {mine} if calls == 1 and len(place.uris) == 1 else not seen <= fine)
        if wrong or "Traceback" in ended.text or place.gone() or ended.code not in (0, 1, 4):
            found.faults.append(f"call {point}: {ended}, {seen}, {place.gone()}")
        old = next(made for made in runs if made not in (old, new))
        found.faults += (f"call {point}: the next run: {wrong}" for wrong in place.wrong_after(old))
    return found


def at_changes(points: Iterable[int], within: Within = "commit") -> list[dict[str, Any]]:
    """Kills before these changes."""
    return [{"at": point, "within": within} for point in points]


def at_moments(place: Place, count: int) -> list[dict[str, Any]]:
    """Kills at so many moments, from a tenth to all of what a run takes here."""
    begun = time.perf_counter()
    place.run(MADE[0])
    seconds, chosen = time.perf_counter() - begun, random.Random(place.name)
    return [{"after": seconds * chosen.uniform(0.1, 1.0), "within": "both"} for _ in range(count)]


def sample(count: int, changes: int) -> list[int]:
    """So many of the points, one of each stretch of them, the same in each session."""
    chosen = random.Random(15)
    edges = [round(i * changes / count) for i in range(count + 1)]
    return sorted({chosen.randint(low + 1, high) for low, high in itertools.pairwise(edges) if high > low})


HEAD = (
    "| kind | kills | old run seen | new run seen | half, as verify says | torn | lost |\n|---|---|---|---|---|---|---|"
)


def row(name: str, found: Found) -> str:
    """Of the table of kills, for its head."""
    counts = (found.states[state] for state in ("old", "new", "half", "torn", "lost"))
    return f"| {name} | {found.tried} | {' | '.join(map(str, counts))} |"


def kill_often(place: Place, kills: int) -> Found:
    """So many kills: at most four fifths before changes of a commit, all or a sample; the others at any moment."""
    points = sample(kills * 4 // 5, changes_of(place))
    return kill(place, at_changes(points)) + kill(place, at_moments(place, kills - len(points)))


def main(words: Sequence[str]) -> None:
    """Prints what kills leave of each kind."""
    kills = int(words[0]) if words else KILLS
    wanted = [kind for kind in kinds() if not words[1:] or kind.name in words[1:]]
    everything = Found()
    print(HEAD, flush=True)
    with places(wanted, Forks()) as each:
        for place in each:
            found = kill_often(place, kills)
            print(row(place.name, found), flush=True)
            print(*found.faults[:9], sep="\n", file=sys.stderr, flush=True)
            everything += found
    print(row("all", everything))


if __name__ == "__main__":
    main(sys.argv[1:])
