"""The packaged metrics, seen from outside: real runs and streams, scraped and pushed over real HTTP.

No Pushgateway is at hand: a server that keeps what is PUT stands for it.
"""

import itertools
import json
import re
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

import synth
from tests.cli import commands
from tests.cli.commands import Answer, Process, contents, finish
from tests.config.catalog.plugins import write
from tests.failing_sink import FAILING
from tests.outputs import read_manifest
from tests.servers import free_port

parser = pytest.importorskip("prometheus_client.parser", reason="no prometheus-client: pip install --group dev")

openmetrics = pytest.importorskip("prometheus_client.openmetrics.parser")

SMALL = ("scenario=card_chain", "scenario.card_chain.ratio=0.01", "population.cards=300", "block_rows=1500")
RUN = (*SMALL, "generator.transactions=6000", "sink=csv", "sink.csv.uri=out")
STREAM = (*SMALL, "generator.transactions=6000", "sink=jsonl_stream", "sink.jsonl_stream.uri=out")
PACED = ("clock=rate", "clock.rate.segments.0.events_per_s=1500")
NOISY = ("noise=network", "noise.duplicates.share=0.05", "noise.drops.share=0.02")

DASHBOARD = Path(__file__).parents[2] / "plugins/synth_prometheus/dashboard.json"

#: A second subscriber: it scrapes after each block, and says at the end whether the client was ever loaded.
SCRAPER = """
import sys, urllib.request
from pathlib import Path
import synth

class Scraper:
    def run_started(self, event):
        pass
    def block_done(self, event):
        if PORT:
            text = urllib.request.urlopen("http://127.0.0.1:PORT/metrics", timeout=10).read()
            Path(f"scraped-{event.block}.prom").write_bytes(text)
    def run_ended(self, event):
        Path("loaded").write_text(str("prometheus_client" in sys.modules))

@synth.hookimpl
def synth_subscribers():
    return [Scraper]
"""

Samples = dict[str, float]


def read(text: str, form: Any = parser) -> Samples:
    """Sample → value; a label stands behind the name."""
    samples = [sample for family in form.text_string_to_metric_families(text) for sample in family.samples]
    named = {f"{s.name}{''.join(f' {v}' for _, v in sorted(s.labels.items()))}": s.value for s in samples}
    assert len(named) == len(samples)
    return named


def scrape(port: int) -> Samples:
    """What an endpoint says, in the form of Prometheus and in the stricter one of OpenMetrics, which it asks for."""
    url, asked = f"http://127.0.0.1:{port}/metrics", {"Accept": "application/openmetrics-text;version=1.0.0"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=asked), timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        strict = read(answer.read().decode(), openmetrics)
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        plain = read(answer.read().decode())
    assert set(strict) <= set(plain)
    return plain


def words(name: str, *overrides: str) -> tuple[str, ...]:
    return (name, *overrides)


def cli(*given: str, cwd: Path, **env: object) -> Answer:
    """A command with variables of the plugin: ``port=9464``."""
    return commands.synth(*given, cwd=cwd, env=environ(**env))


def environ(**env: object) -> dict[str, str]:
    return {f"SYNTH_PROMETHEUS_{name.upper()}": str(value) for name, value in env.items()}


def ended(place: Path, outcome: str) -> Samples:
    """The file that the end of a run leaves, with the only outcome that it has."""
    found = read(place.read_text())
    outcomes = {name.partition(" ")[2]: value for name, value in found.items() if name.startswith("synth_run_outcome")}
    assert outcomes == {each: float(each == outcome) for each in ("done", "failed", "interrupted", "partly done")}
    assert found["synth_run_in_progress"] == 0
    return found


def manifest(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_manifest(place)
    return found


def test_a_run_is_scraped_while_it_goes_on(tmp_path: Path) -> None:
    port = free_port()
    scraper = write(tmp_path / "scraper.py", SCRAPER.replace("PORT", str(port)))
    answer = cli(*words("run", "--plugin", str(scraper), *RUN), cwd=tmp_path, port=port, textfile=tmp_path / "end.prom")
    assert (answer.code, answer.err) == (0, "")
    scraped = [read((tmp_path / f"scraped-{block}.prom").read_text()) for block in range(4)]
    told, counts = manifest(tmp_path / "out"), manifest(tmp_path / "out")["counts"]
    rows_b = told["tables"]["transactions"]["block_rows"]
    assert [each["synth_run_in_progress"] for each in scraped] == [1] * 4
    assert [each["synth_blocks_done_total"] for each in scraped] == [1, 2, 3, 4]
    assert [each["synth_rows_made_total"] for each in scraped] == list(itertools.accumulate(rows_b))
    assert scraped[0]["synth_fraud_rows_made_total"] < scraped[3]["synth_fraud_rows_made_total"] == counts["fraud"]
    assert scraped[0]["synth_run_duration_seconds"] < scraped[3]["synth_run_duration_seconds"]
    end = ended(tmp_path / "end.prom", "done")
    assert end[f"synth_run_info {told['fingerprint']} {synth.__version__}"] == 1
    assert end["synth_rows_made_total"] == end["synth_rows_planned"] == counts["transactions"]
    assert end["synth_fraud_rows_made_total"] == counts["fraud"]
    assert end["synth_blocks_done_total"] == end["synth_blocks_planned"] == 4
    assert not any(name.startswith("synth_stream") for name in end)
    with pytest.raises(OSError, match="refused"):
        scrape(port)


def test_a_paced_stream_is_scraped_while_it_goes_on(tmp_path: Path) -> None:
    port = free_port()
    env = environ(port=port, textfile=tmp_path / "end.prom")
    with commands.start(*words("stream", *STREAM, *PACED, *NOISY), cwd=tmp_path, env=env) as process:
        scraped = list(scrapes(port, process))
        assert finish(process).code == 0
    sent = [each["synth_stream_events_sent_total"] for each in scraped]
    assert sent == sorted(sent)
    assert 0 <= sent[0] < sent[-1] < 6300
    assert {each["synth_run_in_progress"] for each in scraped} == {1}
    told = manifest(tmp_path / "out")["stream"]
    end = ended(tmp_path / "end.prom", "done")
    assert end["synth_stream_events_sent_total"] == end["synth_stream_lag_seconds_count"] == told["events"]
    assert end["synth_stream_lag_seconds_bucket +Inf"] == told["events"] != 6000
    assert end["synth_stream_lag_seconds_sum"] > 0
    assert end["synth_stream_fraud_events_sent_total"] == told["fraud"]
    assert end["synth_stream_events_skipped_total"] == told["skipped"] == 0
    assert end["synth_stream_delivery_failures_total"] == end["synth_stream_rows_in_flight"] == 0
    assert end["synth_rows_made_total"] == manifest(tmp_path / "out")["counts"]["transactions"]
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    asked = [{*re.findall(r"\bsynth_\w+", target["expr"])} for panel in panels for target in panel["targets"]]
    assert all(asked)
    assert set.union(*asked) <= {name.partition(" ")[0] for name in end}


def scrapes(port: int, process: Process) -> Iterator[Samples]:
    """What an endpoint says of a stream, from its first news to its end."""
    while process.poll() is None:
        try:
            found = scrape(port)
        except OSError:
            found = {}
        except ValueError:  # an answer that the end of the process has cut
            process.wait(10)
            return
        if "synth_stream_events_sent_total" in found and found["synth_run_in_progress"]:
            yield found
        time.sleep(0.1)


def test_a_stream_that_stops_and_goes_on(tmp_path: Path) -> None:
    env = environ(textfile=tmp_path / "stopped.prom")
    with commands.start(*words("stream", *STREAM, *PACED), cwd=tmp_path, env=env) as process:
        commands.wait_for_bytes(tmp_path, "transactions/part-00000.jsonl", 250_000, process)
        process.send_signal(signal.SIGINT)
        assert finish(process).code == 130
    kept = json.loads((tmp_path / "out/_checkpoint.json").read_text())["checkpoint"]
    stopped = ended(tmp_path / "stopped.prom", "interrupted")
    assert stopped["synth_stream_events_sent_total"] == kept["events"] > 0
    assert stopped["synth_blocks_done_total"] == kept["block"] > 0
    assert stopped["synth_stream_lag_seconds_count"] == kept["events"]
    assert cli(*words("stream", "--resume", *STREAM), cwd=tmp_path, textfile=tmp_path / "end.prom").code == 0
    end = ended(tmp_path / "end.prom", "done")
    assert end["synth_stream_events_sent_total"] == 6000
    assert end["synth_blocks_done_total"] == end["synth_blocks_planned"] == 4
    rows_b = manifest(tmp_path / "out")["tables"]["transactions"]["block_rows"]
    assert end["synth_rows_made_total"] == sum(rows_b[kept["block"] :])
    assert "synth_stream_lag_seconds_count" not in end


def test_skipped_events_are_counted(tmp_path: Path) -> None:
    env = environ(textfile=tmp_path / "end.prom")
    skipping = (*STREAM, *PACED, "clock.overload={policy: skip, after_s: 0.1}")
    with commands.start(*words("stream", *skipping), cwd=tmp_path, env=env) as process:
        commands.wait_for_bytes(tmp_path, "transactions/part-00000.jsonl", 1, process)
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        process.send_signal(signal.SIGCONT)
        assert finish(process).code == 0
    end, told = ended(tmp_path / "end.prom", "done"), manifest(tmp_path / "out")["stream"]
    assert end["synth_stream_events_skipped_total"] == told["skipped"] > 0
    assert end["synth_stream_events_sent_total"] == told["events"] == 6000 - told["skipped"]


def test_without_a_wish_there_is_no_port_and_no_work(tmp_path: Path) -> None:
    scraper = write(tmp_path / "scraper.py", SCRAPER.replace("PORT", "0"))
    given = words("run", "--plugin", str(scraper), *RUN)
    answer = commands.synth_process(*given, cwd=tmp_path, env=environ(port=""))
    assert (answer.code, answer.err) == (0, "")
    assert (tmp_path / "loaded").read_text() == "False"


def test_whatever_fails_on_the_way_is_one_line_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    (tmp_path / "watched").mkdir()
    assert commands.synth("run", *RUN, cwd=tmp_path / "alone").code == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        port, nobody = taken.getsockname()[1], free_port()
        nowhere = tmp_path / "nowhere/end.prom"
        gateway = f"http://127.0.0.1:{nobody}"
        answer = cli(*words("run", *RUN), cwd=tmp_path / "watched", port=port, pushgateway=gateway, textfile=nowhere)
    assert answer.code == 0
    port_told, file_told, gateway_told = answer.err.splitlines()
    assert port_told.startswith(f"no metrics at 127.0.0.1:{port}: ")
    assert "in use" in port_told
    assert file_told.startswith(f"no metrics written to {nowhere}: ")
    assert gateway_told.startswith(f"no metrics pushed to {gateway}: ")
    assert all(line.endswith("; the run is not affected") for line in answer.err.splitlines())
    assert contents(tmp_path / "watched") == contents(tmp_path / "alone")


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "9464.0"])
def test_a_port_that_is_none_is_told(port: str, tmp_path: Path) -> None:
    answer = cli(*words("run", *RUN), cwd=tmp_path, port=port)
    assert answer.code == 0
    told = f"SYNTH_PROMETHEUS_PORT is '{port}', and a port is a number from 1 to 65535; the run is not affected"
    assert answer.one_line().endswith(told)


def test_a_pipe_gets_the_rows_alone(tmp_path: Path) -> None:
    stream = ("stream", *SMALL, "generator.transactions=2000", "sink=stdout")
    alone = commands.synth(*stream, cwd=tmp_path)
    watched = cli(*words(*stream), cwd=tmp_path, port=free_port(), textfile=tmp_path / "end.prom")
    assert alone.code == watched.code == 0
    assert watched.out == alone.out
    assert ended(tmp_path / "end.prom", "done")["synth_stream_events_sent_total"] == alone.out.count("\n") == 2000


def test_a_run_that_fails_says_so(tmp_path: Path) -> None:
    failing = write(tmp_path / "failing.py", FAILING)
    overrides = (*SMALL, "generator.transactions=6000", "sink=failing")
    answer = cli(*words("run", "--plugin", str(failing), *overrides), cwd=tmp_path, textfile=tmp_path / "end.prom")
    assert answer.code == 1
    assert ended(tmp_path / "end.prom", "failed")["synth_rows_made_total"] == 6000


@contextmanager
def gateway(status: int = 200) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Keeps what is PUT, by path; its url comes first."""
    kept: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,)).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", kept
    finally:
        server.shutdown()
        server.server_close()


def test_the_end_is_pushed(tmp_path: Path) -> None:
    with gateway() as (url, kept):
        answer = cli(*words("run", *RUN), cwd=tmp_path, pushgateway=url)
        assert (answer.code, answer.err) == (0, "")
        overrides = [word.replace("6000", "2000") for word in RUN]
        assert cli(*words("run", "--overwrite", *overrides), cwd=tmp_path, pushgateway=url, job="nightly").code == 0
    assert set(kept) == {"/metrics/job/synth", "/metrics/job/nightly"}
    first, second = (read(kept[f"/metrics/job/{job}"].decode()) for job in ("synth", "nightly"))
    assert (first["synth_rows_made_total"], second["synth_rows_made_total"]) == (6000, 2000)
    assert (first["synth_run_in_progress"], first["synth_run_outcome done"]) == (0, 1)


def test_a_gateway_that_refuses_is_told(tmp_path: Path) -> None:
    with gateway(status=400) as (url, _):
        answer = cli(*words("run", *RUN), cwd=tmp_path, pushgateway=url.replace("//", "//me:hunter2@"))
    assert answer.code == 0
    assert "hunter2" not in answer.one_line()


def test_runs_of_one_process_have_nothing_in_common(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    for rows in (3000, 1500):
        for name, value in environ(port=port, textfile=tmp_path / f"{rows}.prom").items():
            monkeypatch.setenv(name, value)
        overrides = (*SMALL, f"generator.transactions={rows}", f"sink.parquet.uri={tmp_path}/{rows}")
        synth.run(*overrides)
        assert ended(tmp_path / f"{rows}.prom", "done")["synth_rows_made_total"] == rows
        with socket.socket() as free:  # SO_REUSEADDR, as a server would: no other one listens
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))
