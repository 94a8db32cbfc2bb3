"""The extension points: what a plugin can add to synth, on one page.

A plugin is a module with functions marked ``@synth.hookimpl`` that take no arguments and return a list. The host asks
each once, when it loads the plugin, and finds clashes, validates configs and writes docs from what they return. The
built-ins register through the same hooks (``synth.config.builtin``).

A plugin may say which version of this page it needs: ``synth_api = ">=1.0,<2"`` in the module.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import pluggy

from synth.contracts.run_events import Subscriber

if TYPE_CHECKING:
    import pyarrow as pa

    from synth.contracts.output import ColumnEntry, Output
    from synth.contracts.store import Source, TableSource

#: Minor: a hook or an attribute more. Major: plugins have to change.
API_VERSION = "1.0"

PROJECT = "synth"
hookspec = pluggy.HookspecMarker(PROJECT)
#: Marks a function of a plugin as one of the hooks below.
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class Spec:
    """One component.

    Attributes:
        config: a frozen, keyword-only standard dataclass. Its field ``kind: Literal["name"]`` holds the name that
            recipes use; its other fields carry range, unit and one-line doc as
            ``Annotated[..., pydantic.Field(...)]``. A method ``problems()`` may yield a ``Problem`` for each thing
            that ranges cannot say, with its path below the config; of a sink, a method ``problems_with(view,
            window)`` for each that these cannot serve: name → ``Column`` of the transactions, and ``World.timeline``.
        factory: makes the component from its config; the arguments after the config are those of the hook's contract.
    """

    config: type[Any]
    factory: Callable[..., Any]

    @property
    def name(self) -> str:
        """The kind, as recipes write it."""
        return str(self.config.__dataclass_fields__["kind"].default)


@dataclass(frozen=True, kw_only=True)
class SinkSpec(Spec):
    """One sink, and what it can do: what is not said here, synth does not ask of it.

    Whether a class offers ``preflight`` (``synth.Preflight``) is seen from the class. A plugin is refused when it is
    loaded if its class cannot do what stands here.

    Attributes:
        place: its uri is a directory or ``s3://bucket/prefix``, which it has for itself: a uri that is neither, and two
            sinks in one place, are then refused with the configuration.
        takes: of its config, what a run has for itself beside a ``place``, or instead of one: a schema, a topic. Each
            is told in steps from the whole to the part, ``("postgres", "host:5432", "shop", "public")``. Two sinks
            cannot take the same, nor two jobs of a sweep, nor may one lie within another's. Without it, a sink that
            has a uri and no place, or streams, takes what its config as a whole names. It asks nobody.
        streams: it is a ``synth.StreamSink``, which takes a stream, and also a run.
        resumes: of one that streams: it remembers how far it is.
        parts: of one that streams: several processes may send parts of one stream to it, each the rows of its cards;
            ``job.part`` says which.
        receipts: of one that has a ``place`` and takes no stream: it is a ``synth.KeptSink``, so that a run into it can
            go on after a crash, and be made in parts.
        stdout: it writes to the standard output, where nothing else is written then.
        reads: ``(stream, table, columns)`` → the rows of a table in a file that is neither CSV, JSON lines nor Parquet,
            in order, some at a time, with the types and nulls that the manifest's entries name; for ``synth verify``
            and ``to_pandas``. The stream is seekable; where it lies on a disk here, ``stream.name`` is its path.
            Whatever it raises is taken for a damaged file. It should share no code with what wrote the file: a check
            that makes the writer's mistake again finds nothing.
        schemes: what the uris of a sink that writes neither to a directory nor to S3 begin with, before ``://``.
        opens: of such a uri, the place for reading; what ``finish`` names as files are streams that it gives back byte
            by byte. Where it names none, the place is a ``synth.TableSource``. Raises RefusedError where the uri names
            no place, and repeats none that may hold a password.
    """

    place: bool = False
    takes: Callable[[Any], Iterable[tuple[str, ...]]] | None = None
    streams: bool = False
    resumes: bool = True
    parts: bool = False
    receipts: bool = False
    stdout: bool = False
    reads: "Callable[[BinaryIO, str, Sequence[ColumnEntry]], Iterator[pa.RecordBatch]] | None" = None
    schemes: tuple[str, ...] = ()
    opens: "Callable[[str], Source | TableSource] | None" = None

    @property
    def has_uri(self) -> bool:
        """Whether a recipe says where it writes."""
        return "uri" in self.config.__dataclass_fields__


@dataclass(frozen=True)
class View:
    """One output view.

    Attributes:
        name: the option: ``columns=<name>``.
        doc: one line.
        fields: the columns in order, each (name in the output, event column) or, with a text format,
            (name in the output, event column, format).
    """

    name: str
    doc: str
    fields: tuple[tuple[str, str] | tuple[str, str, str], ...]


@dataclass(frozen=True)
class CheckSpec:
    """One check of a finished output.

    Attributes:
        name: what is checked; ``synth verify`` shows it behind the plugin's name.
        function: reads the output and yields a line for each thing that is wrong; nothing when the check holds.
        needs: event columns and tables without which the check cannot be made.
        sinks: kinds of sinks whose outputs it is for; none for those of every sink.
    """

    name: str
    function: "Callable[[Output], Iterator[str]]"
    needs: tuple[str, ...] = ()
    sinks: tuple[str, ...] = ()


@hookspec
def synth_generators() -> list[Spec]:  # type: ignore[empty-body]
    """Genuine behaviour. Factory: ``(config) -> synth.contracts.generator.Generator``."""


@hookspec
def synth_injectors() -> list[Spec]:  # type: ignore[empty-body]
    """Fraud patterns. Factory: ``(config) -> synth.contracts.injector.Injector``."""


@hookspec
def synth_amounts() -> list[Spec]:  # type: ignore[empty-body]
    """Amount laws. Factory: ``(config) -> synth.amount.AmountLaw``."""


@hookspec
def synth_sinks() -> list[SinkSpec]:  # type: ignore[empty-body]
    """Places and formats. Factory: ``(config, synth.contracts.sink.SinkJob) -> synth.contracts.sink.Sink``, or
    ``-> synth.contracts.stream_sink.StreamSink`` for what takes a stream.
    """


@hookspec
def synth_runners() -> list[Spec]:  # type: ignore[empty-body]
    """On what blocks are made. Factory: ``(config) -> synth.contracts.runner.Runner``, or ``-> synth.BlockRunner``
    where other processes write them to the store, or what is both.
    """


@hookspec
def synth_views() -> list[View]:  # type: ignore[empty-body]
    """Output views, each an option ``columns=<name>``. A file of that name in a user's own folder of choices goes
    first; two plugins, or a plugin and synth, that offer the same name clash, and nobody can choose it.
    """


@hookspec
def synth_checks() -> list[CheckSpec]:  # type: ignore[empty-body]
    """Checks of a finished output, made by ``synth verify`` when the plugin is loaded, whether the run used it or
    not. The function gets an open ``synth.check.reader.Output`` and yields what is wrong. One that raises has
    failed; one whose columns or tables the output lacks is not made.
    """


@hookspec
def synth_subscribers() -> list[Callable[[], Subscriber]]:  # type: ignore[empty-body]
    """What watches runs, for metrics and the like. Each factory is called once a run, so that a subscriber sees one
    run only: in a sweep, one job, in the job's process. It is called on the driver's thread: ``run_started`` once the
    sinks have agreed, ``block_done`` in block order, ``run_ended`` after the last commit or after everything was
    taken back; where it has ``stream_progress``, that about once a second of a stream. A subscriber that raises is
    reported once and told nothing more; neither the data nor the manifest knows that anybody watched. A run that is
    refused, and ``synth.generate``, tell nobody.
    """


@hookspec
def synth_config_roots() -> list[str]:  # type: ignore[empty-body]
    """Folders of YAML choices, ``pkg://module`` or a path; searched after the built-in ones. A kind for which they
    offer no option of its name gets one from the defaults of its config class.
    """
