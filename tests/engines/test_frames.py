"""Tables as data frames of Spark and as datasets of Ray: the rows of the run, in its order."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import synth
from tests.engines.clusters import missing_java
from tests.runners.recipes import CLICKS, SMALL

pytest.importorskip("pyspark", reason="pyspark is in .venv-engines: make engines")
pytest.importorskip("ray", reason="ray is in .venv-engines: make engines")

CHAINS = ("scenario=card_chain", "scenario.card_chain.ratio=0.02", "columns=full", *SMALL)

SPARK = """
import json, sys, synth_spark
from pyspark.sql import SparkSession
recipe = json.loads(sys.argv[1])
spark = SparkSession.builder.master("local[2]").config("spark.sql.session.timeZone", "UTC").getOrCreate()
frame = synth_spark.dataframe(spark, *recipe, table=sys.argv[2])
synth_spark.register(spark)
source = spark.read.format("synth").option("overrides", " ".join(f"'{word}'" for word in recipe))
source = source.option("table", sys.argv[2]).load()
ids = [[str(row[0]) for row in each.select(sys.argv[3]).collect()] for each in (frame, source)]
assert ids[0] == ids[1]
assert frame.schema == source.schema
print(json.dumps([ids[0], frame.schema.simpleString()]))
"""

RAY = """
import json, sys, ray, synth_ray
ray.init(num_cpus=2, log_to_driver=False, include_dashboard=False)
ray.data.DataContext.get_current().execution_options.preserve_order = True
ray.data.DataContext.get_current().enable_progress_bars = False
found = synth_ray.dataset(*json.loads(sys.argv[1]), table=sys.argv[2])
key = sys.argv[3]
print(json.dumps([[str(row[key]) for row in found.select_columns([key]).take_all()], ""]))
"""


@pytest.mark.parametrize("code", [SPARK, RAY], ids=["spark", "ray"])
@pytest.mark.parametrize(
    ("recipe", "table", "key"), [(CHAINS, "transactions", "event_id"), (CLICKS, "click_labels", "click_id")]
)
def test_a_frame_has_the_rows_of_the_run(code, recipe, table, key, tmp_path):
    if code == SPARK and (missing := missing_java()):
        pytest.skip(missing)
    wanted = synth.plan(*recipe).tables[table].to_arrow()
    environ = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, "-c", code, json.dumps(recipe), table, key]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    ids, types = json.loads(done.stdout.splitlines()[-1])
    assert ids == [str(each) for each in wanted.column(key).to_pylist()]
    if code == SPARK and table == "transactions":
        assert "time:timestamp," in types
        assert "timestamp_ntz" not in types
    assert not list(Path(tmp_path).glob("spark-warehouse/*"))
