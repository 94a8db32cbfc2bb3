"""Kills ``synth run --overwrite`` before each change of its commit, and looks at what is left: old, new, or torn.

``python -m tests.faults.commit_kills [sink …]`` goes over all kill points and prints a table by sink.
"""

import itertools
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.commands import Ended
from tests.faults.commit_process import SQLITE, Commands, commands
from tests.plugins.postgres_server import missing_postgres, run_postgres
from tests.servers import run_moto

RECIPE = ("scenario=card_chain", "scenario.card_chain.ratio=0.02", "population.cards=200", "timeline.end=2022-01-10")

#: A recipe, told by what it makes: (seed, blocks). The old run has more files than the new one, or fewer.
MADE = ((1, 5), (2, 3), (3, 8))


@dataclass(frozen=True)
class Sinks:
    """What a run writes to.

    Attributes:
        name: in tables.
        overrides: with ``{place}`` where the place stands.
        uris: of the readers, likewise.
        server: which server it needs; empty for none.
    """

    name: str
    overrides: tuple[str, ...]
    uris: tuple[str, ...] = ("{place}/a",)
    server: str = ""


LOCAL = (
    Sinks("csv", ("sink=csv", "sink.csv.uri={place}/a")),
    Sinks("csv, parts", ("sink=csv", "sink.csv.uri={place}/a", "sink.csv.layout=parts")),
    Sinks("parquet", ("sink=parquet", "sink.parquet.uri={place}/a")),
    Sinks("jsonl", ("sink=jsonl", "sink.jsonl.uri={place}/a")),
    Sinks("sqlite", ("sink=sqlite", "sink.sqlite.uri={place}/a")),
    Sinks("duckdb", ("sink=duckdb", "sink.duckdb.uri={place}/a")),
    Sinks(
        "csv and parquet",
        ("sink=[csv,parquet]", "sink.csv.uri={place}/a", "sink.parquet.uri={place}/b"),
        ("{place}/a", "{place}/b"),
    ),
)
S3 = (
    Sinks("parquet on S3", ("sink=parquet", "sink.parquet.uri={place}/a"), server="moto"),
    Sinks("csv on S3", ("sink=csv", "sink.csv.uri={place}/a"), server="moto"),
    Sinks("sqlite on S3", ("sink=sqlite", "sink.sqlite.uri={place}/a"), server="moto"),
)
POSTGRES = (
    Sinks(
        "postgres",
        ("sink=postgres", "sink.postgres.uri={place}", "sink.postgres.schema=public"),
        ("{place}?schema=public",),
        server="postgres",
    ),
)
ALL = (*LOCAL, *S3, *POSTGRES)


@dataclass
class Found:
    """What kills left behind.

    Attributes:
        states: how often a reader saw the old run, the new one, or something torn.
        faults: a line for each thing that must not be.
    """

    points: int = 0
    states: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Place:
    """Where runs of one kind follow each other, each over the one before."""

    def __init__(self, sinks: Sinks, place: str, run: Commands, directory: Path | None) -> None:
        self.name, self._command, self._directory = sinks.name, run, directory
        self._overrides = [text.format(place=place) for text in sinks.overrides]
        self.uris = [text.format(place=place) for text in sinks.uris]
        self._digests: dict[tuple[int, int], str] = {}
        self._foreign: dict[Path, bytes] = {}
        if directory:
            self._foreign = {directory / "a" / name: name.encode() for name in ("_notes.txt", "_mine/letter.txt")}
            for path, text in self._foreign.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text)

    def run(self, made: tuple[int, int], *, kill_at: int = 0, fail_at: Sequence[int] = ()) -> Ended:
        """Writes over what is there."""
        seed, blocks = made
        size = (f"seed={seed}", f"generator.transactions={blocks * 400}", "block_rows=400")
        words = ("run", "--plugin", str(SQLITE), "--json", "--overwrite", *RECIPE, *size, *self._overrides)
        return self._command(*words, kill_at=kill_at, fail_at=fail_at)

    def digest(self, made: tuple[int, int]) -> str:
        """Of the whole data of a recipe."""
        if made not in self._digests:
            assert self.run(made).code == 0, self.run(made).text
            self._digests[made] = self.look(self.uris[0])
            assert not self._digests[made].startswith(("torn", "none")), self._digests[made]
        return self._digests[made]

    def look(self, uri: str, *, stranger: bool = False) -> str:
        """The digest of what is there, or what is wrong with it.

        Args:
            stranger: whether the reader may not write there.
        """
        return self._command("look", uri, *(["stranger"] if stranger else [])).text.strip()

    def wrong_after(self, made: tuple[int, int]) -> Iterator[str]:
        """Makes a run over whatever is there, and yields what is wrong with what it leaves, if anything is."""
        ended, digest = self.run(made), self.digest(made)
        after = {self.look(uri) for uri in self.uris}
        if ended.code or after != {digest} or self.staged():
            yield f"{ended}, {after}, {self.staged()}"

    def gone(self) -> str:
        """What of others' files is not as it was; empty for nothing."""
        return ", ".join(str(p) for p, text in self._foreign.items() if not p.exists() or p.read_bytes() != text)

    def staged(self) -> list[str]:
        """What a run has left of its own."""
        return sorted(str(p) for p in self._directory.rglob(".synth-*")) if self._directory else []

    @property
    def local(self) -> bool:
        """Whether it is a directory."""
        return self._directory is not None


@contextmanager
def places(wanted: Sequence[Sinks]) -> Iterator[Iterator[Place]]:
    """The places of several kinds, with the servers that they need."""
    with ExitStack() as stack:
        environ, uri = {}, ""
        if any(sinks.server == "moto" for sinks in wanted):
            server = stack.enter_context(run_moto(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
            server.client().create_bucket(Bucket="kills")
            environ = server.environ()
        if any(sinks.server == "postgres" for sinks in wanted) and not missing_postgres():
            uri = f"postgresql://postgres@127.0.0.1:{stack.enter_context(run_postgres()).port}/postgres"
        run = stack.enter_context(commands(environ))
        yield (_place(sinks, run, stack, uri) for sinks in wanted if uri or sinks.server != "postgres")


def _place(sinks: Sinks, run: Commands, stack: ExitStack, postgres: str) -> Place:
    if sinks.server == "postgres":
        return Place(sinks, postgres, run, None)
    directory = Path(tempfile.mkdtemp(prefix="synth-kills-"))
    stack.callback(shutil.rmtree, directory, ignore_errors=True)
    if sinks.server:
        return Place(sinks, f"s3://kills/{directory.name}", run, None)
    directory.chmod(0o755)
    return Place(sinks, str(directory), run, directory)


def changes_of(place: Place) -> int:
    """How many changes the commit of a run makes that writes over another one: of the largest over the others."""
    for made in MADE:
        place.digest(made)
    return max(place.run(made).changes for made in (MADE[1], MADE[2]))


def kill(place: Place, points: Sequence[int]) -> Found:
    """Kills a run at each of the points, each over a whole one, and looks."""
    found = Found()
    digests = {made: place.digest(made) for made in MADE}
    old = MADE[-1]
    runs = itertools.cycle(MADE)
    for point in points:
        new = next(made for made in runs if made != old)
        ended = place.run(new, kill_at=point)
        if not ended.killed:  # a commit of a smaller run has fewer changes
            old = new
            continue
        found.points += 1
        states = {digests[old]: "old", digests[new]: "new", "none": "none"}
        for uri in place.uris:
            seen = [place.look(uri, stranger=True)] if place.local else []
            seen.append(place.look(uri))
            if place.local:
                seen.append(place.look(uri))
            found.states[states.get(seen[0], seen[0].partition(":")[0])] += 1
            if len({*seen}) > 1 or seen[0] not in (digests[old], digests[new]):
                found.faults.append(f"change {point}, {uri}: {seen}")
        if gone := place.gone():
            found.faults.append(f"change {point}: files of others are gone: {gone}")
        old = next(made for made in runs if made not in (old, new))
        found.faults += (f"change {point}: the next run: {wrong}" for wrong in place.wrong_after(old))
    return found


def fail(place: Place, points: Sequence[int], calls: int) -> Found:
    """Has so many calls of a commit fail from each of the points on, and looks: a run that failed left the old one.

    Args:
        calls: 1: putting back works; 2 and more: it may fail, too, and the journal decides.
    """
    found = Found()
    digests = {made: place.digest(made) for made in MADE}
    old = MADE[-1]
    runs = itertools.cycle(MADE)
    for point in points:
        new = next(made for made in runs if made != old)
        ended = place.run(new, fail_at=range(point, point + calls))
        found.points += 1
        seen = {place.look(uri, stranger=place.local) for uri in place.uris}
        mine, fine = digests[old] if ended.code else digests[new], {digests[old], digests[new]}
        found.states["old" if seen == {digests[old]} else "new" if seen == {digests[new]} else "other"] += 1
        wrong = seen != {mine} if calls == 1 and len(place.uris) == 1 else not seen <= fine
        if wrong or "Traceback" in ended.text or place.gone() or ended.code not in (0, 1, 4):
            found.faults.append(f"call {point}: {ended}, {seen}, {place.gone()}")
        old = next(made for made in runs if made not in (old, new))
        found.faults += (f"call {point}: the next run: {wrong}" for wrong in place.wrong_after(old))
    return found


def sample(count: int, changes: int) -> list[int]:
    """So many of the points, one of each stretch of them, the same in each session."""
    chosen = random.Random(15)
    edges = [round(i * changes / count) for i in range(count + 1)]
    return sorted({chosen.randint(low + 1, high) for low, high in itertools.pairwise(edges) if high > low})


def main(names: Sequence[str]) -> None:
    """Prints what all points of all sinks leave, killed, and with one, two and all further calls failing."""
    wanted = [sinks for sinks in ALL if not names or sinks.name in names]
    with places(wanted) as each:
        for place in each:
            changes = changes_of(place)
            points = range(1, changes + 1)
            _tell(place, "killed", kill(place, points))
            for calls in (1, 2, changes) if place.local else ():
                _tell(place, f"{calls} calls fail", fail(place, points, calls))


def _tell(place: Place, what: str, found: Found) -> None:
    print(f"| {place.name} | {what} | {found.points} | {dict(found.states)} | {len(found.faults)} |", flush=True)
    print(*found.faults[:3], sep="\n", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
