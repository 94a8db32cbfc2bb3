"""A plugin with a sink that fails when it is committed."""

FAILING = """
from dataclasses import dataclass
from typing import Literal
import synth
from synth.sinks import jsonl

@dataclass(frozen=True, kw_only=True)
class Config(jsonl.JsonlConfig):
    kind: Literal["failing"] = "failing"
    uri: str | None = None
    layout: Literal["file"] = "file"
    compression: Literal["none"] = "none"
    run_folder: Literal["auto"] = "auto"

class Failing(jsonl.JsonlSink):
    def commit(self, manifest):
        raise synth.RunError("the disk of s3://me:hunter2@bucket is full")

@synth.hookimpl
def synth_sinks():
    return [synth.SinkSpec(Config, Failing, place=True)]
"""
