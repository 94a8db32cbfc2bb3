"""Configurations that are wrong, each in one way or several, and nothing else.

The text that a user reads stands beside this file as ``<name>.out``; ``refresh.py`` rewrites the texts, and a human
reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Case:
    """Overrides and files of the user's own, by path below the working directory.

    Attributes:
        planned: whether the recipe is well formed, and only its plan finds out that it cannot be carried out.
        gap: what the configuration check is known to get wrong here; its test is expected to fail until that is mended.
    """

    overrides: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    planned: bool = False
    gap: str = ""


def case(*overrides: str, files: Mapping[str, str] | None = None, gap: str = "") -> Case:
    return Case(overrides, files or {}, gap=gap)


def experiment(text: str, *overrides: str) -> Case:
    """A preset of the user's own."""
    return case("experiment=mine", *overrides, files={"conf/experiment/mine.yaml": f"# @package _global_\n{text}"})


def planned(given: Case) -> Case:
    """A recipe that is refused by its plan."""
    return replace(given, planned=True)


def shop(*overrides: str) -> Case:
    """A web shop."""
    return case("generator=clickstream", *overrides)


CHAIN = "scenario=card_chain"
TINY = ("population=tiny", "generator=spending")


JANUARY = ("timeline.end=2022-02-01",)
SMALL = ("population.cards=50", "generator.transactions=1000")
#: The hours of the two segments of ``population=tiny``, up to noon.
NIGHTS = tuple(
    f"generator.segments.{name}.day.weights=[{','.join('1' * 12 + '0' * 12)}]" for name in ("regular", "online_first")
)


def persona(text: str) -> Case:
    """Behaviour of the user's own, upon the built-in one."""
    files = {"conf/generator/mine.yaml": f"defaults:\n  - spending\n  - _self_\n{text}"}
    return case("population=tiny", "generator=mine", files=files)


def groceries(law: str) -> Case:
    """Another law for what groceries cost."""
    return case(*TINY, "~generator.categories.grocery", f"+generator.categories.grocery={{{law}}}")


CASES: dict[str, Case] = {
    # Keys that do not exist
    "unknown_key_at_the_top": case("sead=3"),
    "unknown_key_added_at_the_top": case("+rows=3"),
    "key_without_its_group": case("sink=csv", "csv.uri=x"),
    "key_without_its_group_of_an_option_that_is_not_chosen": case("bot_checkout.ratio=0.1"),
    "key_without_its_group_and_scenario": case("scenario=[card_chain,bot_checkout]", "ratio=0.1"),
    "unknown_key_of_a_group": case("population.card=3"),
    "unknown_key_added_to_a_group": case("+population.card=3"),
    "unknown_key_of_a_network": case("+population.networks.visa.size=3"),
    "unknown_key_of_a_scenario": case(CHAIN, "scenario.card_chain.ration=0.1"),
    "unknown_key_added_to_a_scenario": case(CHAIN, "+scenario.card_chain.modus=add"),
    "unknown_key_in_a_scenarios_range": case(CHAIN, "+scenario.card_chain.chain_length.mean=4"),
    "unknown_key_of_a_bucket": case("amount.buckets=[{share: 1.0, low: 1, high: 2, weight: 3}]"),
    "unknown_key_of_a_mixture_part": case("amount=mixture", "+amount.parts.large.law.beta=2"),
    "unknown_key_of_a_sink": case("+sink.parquet.level=3"),
    "descriptions_of_files_without_names": case("sink=csv", "sink.csv.describe=true", "sink.csv.header=false"),
    "partitions_of_one_file": case("sink=csv", "sink.csv.partition_by=[day]"),
    "partitions_by_what_is_no_key": case("sink.parquet.partition_by=[dya,day,day,amount]"),
    "partitions_by_a_column_without_order": case("sink.parquet.partition_by=[fraud_label]"),
    "partitions_by_a_time_that_is_not_shown": case("+columns.drop=[datetime]", "sink.parquet.partition_by=[month]"),
    "partitions_by_a_word_for_two_things": case("+columns.rename.datetime=day", "sink.parquet.partition_by=[day]"),
    "unknown_key_of_a_column": case("columns.fields=[{name: a, source: tid, width: 3}]"),
    "unknown_key_of_an_amount_law": case("+amount.mean=3"),
    "unknown_key_in_a_file": experiment("generator:\n  transaction: 5\n"),
    "unknown_top_key_in_a_file": experiment("sceanrio: {}\n"),
    # Clocks and noise
    "unknown_clock": case("clock=realtme"),
    "unknown_key_of_a_clock": case("clock=replay", "clock.sped=3"),
    "speed_of_zero": case("clock=replay", "clock.speed=0"),
    "clock_by_time_and_by_rate": case("clock=rate", "clock.speed=2"),
    "rebased_at_another_speed": case("clock=rebased", "clock.speed=60"),
    "live_from_without_a_speed": case("clock=rate", "clock.live_from=2022-05-01", "clock.rebase=true"),
    "live_from_that_is_no_time": case("clock=backfill_live", "clock.live_from=yesterday"),
    "rate_without_segments": case("clock=rate", "clock.rate.segments=[]"),
    "negative_rate_of_a_clock": case("clock=rate", "clock.rate.segments.0.events_per_s=-1"),
    "rate_that_ends_at_zero": case("clock=ramp", "clock.rate.segments.0.to_events_per_s=0"),
    "rate_of_zero_again_and_again": case(
        "clock=rate", "clock.rate={segments: [{events_per_s: 0, for_s: 5}], repeat: true, poisson: false}"
    ),
    "segment_without_an_end": case("clock=steps", "clock.rate.segments.1.for_s=null", "clock.rate.repeat=true"),
    "ramp_without_an_end": case("clock=ramp", "clock.rate.segments.0.for_s=null"),
    "unknown_overload_policy": case("clock=rate", "clock.overload.policy=drop"),
    "share_of_noise_above_one": case("noise.late.share=1.5"),
    "shares_of_noise": case("noise=network", "noise.drops.share=0.99"),
    "delays_crossed": case("noise=network", "noise.late.delay_s={min: 90, max: 80}"),
    "late_within_the_watermark": case("noise=network", "noise.late.delay_s.min=10"),
    "unknown_key_of_noise": case("noise.duplicate.share=0.1"),
    "stream_into_an_object_store": case("sink=jsonl_stream", "sink.jsonl_stream.uri=s3://bucket/out"),
    # Choices that do not exist
    "unknown_option": case("generator=weather"),
    "unknown_option_near_match": case("amount=lognormall"),
    "unknown_option_in_a_list": case("scenario=[card_chain,card_chian]"),
    "unknown_option_of_a_sink": case("sink=parket"),
    "unknown_option_in_a_file": experiment("defaults:\n  - override /columns: notebok\n"),
    "unknown_group": case("+amounts=buckets"),
    "unknown_kind": experiment("generator:\n  kind: unifrom\n"),
    "unknown_kind_of_a_scenario": case("+scenario.mine={kind: card_chane}"),
    "unknown_kind_of_a_mixture_part": case("amount=mixture", "amount.parts.large.law.kind=paretto"),
    "kind_that_is_no_text": case("+scenario.mine={kind: 3}"),
    "fragment_without_kind": case("+scenario.mine.ratio=0.1"),
    "sink_not_chosen": case("sink.csv.uri=out"),
    "scenario_not_chosen": case("scenario.card_chain.ratio=0.1"),
    "one_option_wanted_but_a_list": case("generator=[uniform]"),
    "scenario_without_its_keys": case("+scenario.mine={kind: card_chain}"),
    "file_without_a_package": case(
        "scenario=mine", files={"conf/scenario/mine.yaml": "kind: card_chain\nratio: 0.1\n"}
    ),
    "option_added_that_is_there": case("+experiment=notebook"),
    "option_outside_the_root": case("generator=../generator/uniform"),
    "option_twice": case("scenario=[card_chain,card_chain]"),
    "option_added_twice": case(CHAIN, "+scenario=card_chain"),
    "option_twice_in_a_file": experiment("defaults:\n  - override /sink: [csv, parquet, csv]\n"),
    "null_for_scenarios": case("scenario=null"),
    "mapping_for_scenarios": case("scenario={}"),
    "mapping_for_an_unchosen_sink": case("sink={csv: {uri: out}}"),
    "unchosen_sink_in_a_file": experiment("sink:\n  csv:\n    uri: out\n"),
    "unknown_option_under_another_name": case("+scenario@scenario.night=card_chian"),
    # Types
    "text_for_a_number": case("population.cards=many"),
    "quoted_number": case("population.cards='100'"),
    "float_for_a_whole_number": case("generator.transactions=1000.5"),
    "exponent_for_a_whole_number": case("generator.transactions=1e6"),
    "bool_for_a_number": case("seed=true"),
    "bool_for_a_float": case(CHAIN, "scenario.card_chain.ratio=true"),
    "number_for_a_bool": case("sink=csv", "sink.csv.header=1"),
    "number_for_a_text": case("timeline.start=2022"),
    "mapping_for_a_number": case("seed={a: 1}"),
    "number_for_a_mapping": case(CHAIN, "scenario.card_chain.chain_length=3"),
    "list_for_a_mapping": case("population.networks=[visa]"),
    "mapping_for_a_list": case("amount.buckets={share: 1}"),
    "list_for_a_mapping_in_a_file": experiment("population:\n  networks: [visa]\n"),
    "kind_missing_in_a_mixture_part": case("amount=mixture", "~amount.parts.large.law.kind"),
    "text_for_a_list": case("columns.fields=all"),
    "text_for_buckets": case("amount.buckets=many"),
    "list_for_scenarios": experiment("scenario: [card_chain]\n"),
    "null_for_a_number": case("seed=null"),
    "null_for_a_group": case("amount=null"),
    "deleted_key": case("~seed"),
    "deleted_group": case("~generator"),
    "null_for_a_scenario": case(CHAIN, "scenario.card_chain=null"),
    "null_for_a_sink": case("sink.parquet=null"),
    "null_for_a_list": case("columns.fields=null"),
    "null_for_a_mapping": case("population.networks=null"),
    "null_for_the_timeline": case("timeline=null"),
    "empty_value": case("population.cards="),
    "list_index": case("amount.buckets.0.share=0.1"),
    "cards_beyond_64_bits": case("population.cards=100000000000000000000"),
    "number_as_a_prefix": case("population.networks.visa.prefixes=[4]"),
    # Ranges
    "negative_seed": case("seed=-1"),
    "seed_beyond_64_bits": case("seed=9223372036854775808"),
    "no_cards": case("population.cards=0"),
    "no_transactions": case("generator.transactions=0"),
    "no_block_rows": case("block_rows=0"),
    "ratio_above_half": case(CHAIN, "scenario.card_chain.ratio=0.6"),
    "two_totals_of_fraud": case(CHAIN, "scenario.card_chain.episodes=100"),
    "no_total_of_fraud": case(CHAIN, "scenario.card_chain.ratio=null"),
    "too_few_cards_for_an_episode": case(
        CHAIN, "scenario.card_chain.ratio=null", "scenario.card_chain.per_1000_cards=0.05"
    ),
    "ratio_of_zero": case(CHAIN, "scenario.card_chain.ratio=0"),
    "length_out_of_range": case(CHAIN, "scenario.card_chain.chain_length.max=100000"),
    "chain_bounds_crossed": case(CHAIN, "scenario.card_chain.chain_length={min: 5, max: 4}"),
    "interval_bounds_crossed": case(CHAIN, "scenario.card_chain.interval_s={min: 60, max: 30}"),
    "unknown_mode": case(CHAIN, "scenario.card_chain.mode=adds"),
    "unknown_compression": case("sink.parquet.compression=lz5"),
    "no_workers": case("runner.workers=0"),
    "infinite_ratio": case(CHAIN, "scenario.card_chain.ratio=inf"),
    "not_a_number": case(CHAIN, "scenario.card_chain.ratio=nan"),
    # Amounts
    "shares_of_buckets": case("amount.buckets=[{share: 0.5, low: 1, high: 2}, {share: 0.4, low: 2, high: 3}]"),
    "share_of_zero": case("amount.buckets=[{share: 0, low: 1, high: 2}, {share: 1.0, low: 2, high: 3}]"),
    "no_buckets": case("amount.buckets=[]"),
    "low_not_below_high": case("amount.buckets=[{share: 1.0, low: 2, high: 2}]"),
    "finer_than_a_cent": case("amount.buckets=[{share: 1.0, low: 1.005, high: 2}]"),
    "negative_amount": case("amount.buckets=[{share: 1.0, low: -5, high: 2}]"),
    "bucket_without_high": case("amount.buckets=[{share: 1.0, low: 1}]"),
    "pareto_bounds_crossed": case("amount=pareto", "amount.low=20000"),
    "lognormal_outside_its_bounds": case("amount=lognormal", "amount.low=9000000", "amount.high=9000001"),
    "gamma_shape_of_zero": case("amount=gamma", "amount.shape=0"),
    "high_lowered_below_low": case("amount=pareto", "amount.high=0.5"),
    "high_lowered_in_a_file": experiment("defaults:\n  - override /amount: pareto\namount:\n  high: 0.5\n"),
    "shares_of_a_mixture": case("amount=mixture", "amount.parts.large.share=0.2"),
    "mixture_part_with_crossed_bounds": case("amount=mixture", "amount.parts.large.law.low=20000"),
    # Time
    "start_is_no_date": case("timeline.start=yesterday"),
    "end_is_no_date": case("timeline.end=2022-02-30"),
    "finer_than_a_second": case('timeline.start="2022-01-01T00:00:00.5"'),
    "offset_that_does_not_exist": case('timeline.start="2022-01-01T00:00:00+99:00"'),
    "time_before_year_1": case('timeline.start="0001-01-01T00:00:00+14:00"'),
    "end_before_start": case("timeline.end=2021-01-01"),
    "end_is_start": case("timeline.end=${timeline.start}"),
    # Cards
    "shares_of_networks": case("population=mixed", "population.networks.visa.share=0.5"),
    "prefix_inside_another": case('population.networks.visa.prefixes=["4","41"]'),
    "prefix_with_a_letter": case('population.networks.visa.prefixes=["4x"]'),
    "no_prefixes": case("population.networks.visa.prefixes=[]"),
    "too_few_card_numbers": case("population.networks.visa={share: 1.0, length: 12, prefixes: ['41111111']}"),
    "number_too_long": case("population.networks.visa={share: 1.0, length: 19, prefixes: ['95']}"),
    "unknown_locale": case("population.profile=faker", "population.locale=en_UK"),
    "unknown_profile": case("population.profile=fakr"),
    # What only the whole world shows
    "more_transactions_than_seconds": case("population.cards=1", "timeline.end=2022-01-02"),
    "ratio_too_small_for_a_chain": case(CHAIN, "generator.transactions=1000"),
    "ratio_that_chains_cannot_meet": case(
        CHAIN,
        "generator.transactions=1000",
        "scenario.card_chain.ratio=0.011",
        "scenario.card_chain.chain_length={min: 10, max: 10}",
    ),
    "chain_longer_than_the_window": case(
        CHAIN, "timeline.end=2022-01-01T00:15:00", "generator.transactions=100000", "scenario.card_chain.ratio=0.01"
    ),
    # Columns
    "unknown_source": case("columns.fields=[{name: a, source: amont}]"),
    "unknown_format": case("columns.fields=[{name: a, source: amount, format: fixed3}]"),
    "time_format_without_a_percent": case("columns.fields=[{name: a, source: time, format: YYYY}]"),
    "two_columns_of_one_name": case("columns.fields=[{name: a, source: tid}, {name: a, source: time}]"),
    "column_name_with_a_comma": case("columns.fields=[{name: 'a,b', source: tid}]"),
    "time_format_strftime": case("columns.fields=[{name: a, source: time, format: strftime}]"),
    "forms_that_columns_do_not_have": case(
        "+columns.add.booked={source: card_number, naive: true}",
        "+columns.add.paid={source: amount, format: uuid}",
        "+columns.add.zone={source: time, format: '%H:%M %Z', naive: true}",
    ),
    "time_format_with_a_fraction": case('columns.fields=[{name: a, source: time, format: "%H:%M:%S.%f"}]'),
    "time_format_with_a_comma": case("sink=csv", 'columns.fields=[{name: a, source: time, format: "%d, %b"}]'),
    "no_columns": case("columns.fields=[]"),
    "column_without_a_source": case("columns.fields=[{name: a}]"),
    "column_added_by_its_number": case("+columns.fields.14={name: hour, source: time}"),
    "column_changed_that_is_not_there": case("columns.fields.14={name: hour, source: time}"),
    "column_changed_by_its_name": case("columns.fields.amount.format=fixed2"),
    "column_added_without_a_plus": case("columns.add.hour=time"),
    "column_added_that_is_there": case("+columns.add.amount=amount_minor"),
    "unknown_source_of_an_added_column": case("+columns.add.hour={source: tme, format: '%H'}"),
    "unknown_format_of_an_added_column": case("+columns.add.hour={source: time, format: hour}"),
    "unknown_key_of_an_added_column": case("+columns.add.hour={sorce: time}"),
    "constant_that_is_a_list": case("+columns.add={x: {value: [1]}, y: {value: null}}"),
    "constant_with_a_source": case("+columns.add.z={value: 1, source: time}"),
    "constant_of_a_view_that_is_a_mapping": case("columns.fields=[{name: a, value: {}}, {name: b, source: time}]"),
    "added_column_with_a_comma": experiment("columns:\n  add:\n    'a,b': time\n"),
    "unknown_column_dropped": case("columns.drop=[amont]"),
    "every_column_dropped": case("columns.drop=[tid,datetime,cc_num,amount,fraud_label]"),
    "unknown_column_renamed": case("+columns.rename.amont=sum"),
    "column_renamed_to_another": case("+columns.rename.tid=amount"),
    "column_renamed_with_a_comma": case("+columns.rename={tid: 'a,b'}"),
    "column_dropped_and_renamed": case("columns.drop=[tid]", "+columns.rename.tid=id"),
    # Sinks
    "no_sink": case("sink=[]"),
    "two_sinks_in_one_place": case("sink=[csv,parquet]", "sink.csv.uri=out", "sink.parquet.uri=./out/"),
    "two_sinks_in_one_bucket": case(
        "sink=[csv,parquet]", "sink.csv.uri=s3://bucket/x", "sink.parquet.uri=s3://bucket/x/"
    ),
    "processes_and_one_file": case("runner=processes", "sink=[csv,parquet,stdout]", "sink.csv.uri=out"),
    "uri_of_another_scheme": case("sink.parquet.uri=ftp://host/data"),
    "uri_of_a_file": case("sink.parquet.uri=file:///data"),
    "uri_with_one_slash": case("sink.parquet.uri=s3:/bucket/data"),
    "uri_with_a_password": case("sink.parquet.uri=s3://key:secret@bucket/data"),
    "uri_that_is_a_list": case("sink.parquet.uri=[a,b]"),
    "uri_without_a_bucket": case("sink.parquet.uri=s3://"),
    "empty_uri": case("sink.parquet.uri=''"),
    # Syntax and interpolation
    "sweep_without_multirun": case("seed=1,2,3"),
    "sweep_of_a_choice_without_multirun": case("amount=buckets,pareto"),
    "sweep_of_scenarios_without_multirun": case("scenario=card_chain,ring"),
    "unreadable_and_unknown_at_once": case("seed=[1", "amount=lognormall", "seed=1,2"),
    "line_end_in_an_override": case("population.profile=faker", "population.locale='a\nb'"),
    "override_without_a_value": case("seed"),
    "override_that_cannot_be_read": case("seed=[1"),
    "broken_yaml": case(
        "experiment=mine", files={"conf/experiment/mine.yaml": "# @package _global_\nseed: [1,\nx: 2\n"}
    ),
    "tab_in_yaml": case(
        "experiment=mine", files={"conf/experiment/mine.yaml": "# @package _global_\ntimeline:\n\tend: 1\n"}
    ),
    "key_given_twice_in_yaml": experiment("seed: 1\nseed: 2\n"),
    "scenario_of_no_bytes": case("scenario=mine", files={"conf/scenario/mine.yaml": ""}),
    "scenario_of_comments": case(
        "scenario=mine", files={"conf/scenario/mine.yaml": "# @package scenario.mine\n# Soon\n"}
    ),
    "experiment_of_no_bytes": case("experiment=mine", files={"conf/experiment/mine.yaml": ""}),
    "option_with_another_suffix": case("scenario=[mine]", files={"conf/scenario/mine.yml": "kind: card_chain\n"}),
    "list_chosen_without_override": experiment("defaults: [/scenario: [card_chain]]\n"),
    "option_chosen_without_override": experiment("defaults: [/generator: spending]\n"),
    "choice_behind_an_override": experiment("defaults:\n  - override /scenario: [card_chain]\n  - tiny\n"),
    "two_choices_in_one_file": experiment(
        "defaults:\n  - override /scenario: [card_chain]\n  - override /scenario: [stolen_card]\n"
    ),
    "override_of_a_relative_group": experiment("defaults:\n  - override scenario: [card_chain]\n"),
    "override_at_another_package": experiment("defaults:\n  - override /scenario@experiment.scenario: [card_chain]\n"),
    "override_without_the_package": case(
        "experiment=mine", files={"conf/experiment/mine.yaml": "defaults:\n  - override /scenario: [card_chain]\n"}
    ),
    "experiment_that_builds_on_itself": case(
        "experiment=mine",
        files={
            "conf/experiment/mine.yaml": "# @package _global_\ndefaults: [other]\n",
            "conf/experiment/other.yaml": "# @package _global_\ndefaults: [mine]\n",
        },
    ),
    "amount_for_people_with_their_own": case("experiment=tiny", "amount=lognormal"),
    "view_of_another_generator": case("experiment=tiny", "generator=uniform"),
    "people_of_another_generator": case("experiment=tiny", "population=handbook"),
    "view_of_unknown_people": case("experiment=tiny", "columns=sparkov"),
    "yaml_that_is_a_list": case("experiment=mine", files={"conf/experiment/mine.yaml": "- seed\n"}),
    "missing_environment_variable": case("sink.parquet.uri=${oc.env:SYNTH_TEST_NOWHERE}"),
    "mandatory_value": case(
        "scenario=mine",
        files={"conf/scenario/mine.yaml": "# @package scenario.mine\nkind: card_chain\nratio: ???\nmode: ???\n"},
    ),
    "interpolation_of_nothing": case("seed=${sed}"),
    "interpolation_in_a_circle": case("seed=${block_rows}", "block_rows=${seed}"),
    "interpolation_that_cannot_be_read": experiment("seed: ${oops\n"),
    "unknown_resolver": case("seed=${now:%Y}"),
    "target_in_a_file": experiment("generator:\n  _target_: os.system\n"),
    "target_on_the_command_line": case("+generator._target_=os.system"),
    # People
    "more_customers_than_cards": case("population=tiny", "population.cards=99"),
    "fewer_terminals_than_merchants": case("population=tiny", "population.merchants.terminals=19"),
    "shares_of_segments": case("population=tiny", "population.customers.segments.regular.share=0.5"),
    "shares_of_devices": case("population=tiny", "population.customers.devices.kinds.phone=0.5"),
    "no_segments": case("population=tiny", "population.customers.segments=null"),
    "country_in_small_letters": case("population=tiny", "population.cities.countries=[us]"),
    "country_by_name": case("population=tiny", "population.cities.countries=[Germany]"),
    "more_cities_than_there_are": case("population=tiny", "population.cities.number=500"),
    "hours_upside_down": case("population=tiny", "population.merchants.categories.grocery.opens=23"),
    "hour_of_the_next_day": case("population=tiny", "population.merchants.categories.grocery.closes=26"),
    "mcc_of_three_digits": case("population=tiny", "population.merchants.categories.grocery.mcc=['541']"),
    "mcc_without_quotes": case("population=tiny", "population.merchants.categories.grocery.mcc=[5411]"),
    "ages_crossed": case("population=tiny", "population.customers.age_bands.older.oldest=30"),
    "limits_crossed": case("population=tiny", "population.customers.credit_limit.max_minor=100"),
    "nowhere_to_live": case("population=tiny", "population.cities=null"),
    "two_places_to_live": case("population=tiny", "population.grid={side_km: 10}"),
    "unknown_key_of_customers": case("population=tiny", "+population.customers.segment=3"),
    "unknown_key_of_a_segment": case("population=tiny", "+population.customers.segments.regular.rate=3"),
    "customers_that_are_a_number": case("population=tiny", "population.customers=100"),
    "unknown_table_of_entities": case("population=tiny", "population.tables=[customer]"),
    "table_of_nobody": case("population=tiny", "population.merchants=null", "population.tables=[terminals]"),
    "merchants_of_nobody": case("columns.fields=[{name: shop, source: merchants.name}]"),
    "merchant_that_no_event_names": case("population=tiny", "columns.fields=[{name: shop, source: merchants.name}]"),
    "name_without_a_profile": case("population=tiny", "columns.fields=[{name: who, source: customers.first_name}]"),
    "state_outside_of_the_usa": case(
        "population=tiny",
        "population.profile=faker",
        "population.cities.countries=[DE]",
        "columns.fields=[{name: state, source: customers.state}]",
    ),
    "city_on_a_square": case(
        "population=handbook", "generator=handbook", "columns.fields=[{name: city, source: terminals.city}]"
    ),
    "misspelt_column_of_a_merchant": case(
        "population=tiny", "generator=spending", "columns.fields=[{name: shop, source: merchants.nme}]"
    ),
    "unknown_table_of_a_column": case("population=tiny", "columns.fields=[{name: shop, source: merchant.name}]"),
    "format_of_an_entitys_column": case(
        "population=tiny", "columns.fields=[{name: card, source: cards.network, format: float}]"
    ),
    "view_of_other_people": case("columns=sparkov"),
    # A web shop
    "products_without_end": shop("generator.funnel.another=1"),
    "nobody_logs_in": shop("generator.login.share=0"),
    "hour_too_few": shop("generator.hours=[1,2,3]"),
    "nobody_visits": shop("generator.weekday=[0,0,0,0,0,0,0]"),
    "nobody_visits_in_the_window": shop("generator.weekday=[1,0,0,0,0,0,0]", "timeline.end=2022-01-03"),
    "unknown_key_of_a_funnel": shop("+generator.funnel.buy=0.5"),
    "two_categories_of_one_name": experiment(
        "defaults:\n  - override /generator: clickstream\ngenerator:\n  categories: [books, toys, books]\n"
    ),
    "several_of_a_shop_in_a_file": experiment(
        "defaults:\n  - override /generator: clickstream\ngenerator:\n  products: 0\n  gap:\n    median_s: 0.5\n"
        "  funnel:\n    click: 1.2\n  devices:\n    main: most\n"
    ),
    "more_clicks_than_seconds": shop("population.cards=1", "timeline.end=2022-01-02"),
    "bots_without_a_shop": case("scenario=bot_checkout"),
    "attacks_without_logins": case("generator=clickstream_independent", "scenario=credential_stuffing"),
    "clicks_without_customers": case("clicks=shop"),
    "clicks_of_visitors": shop("clicks=shop", "clicks.shop.devices.main=1.5"),
    "takeover_without_the_web": case("scenario=account_takeover"),
    "multiple_of_a_takeover_crossed": case("experiment=account_takeover", "scenario.account_takeover.multiple.min=3"),
    "steps_of_a_bot_crossed": shop("scenario=bot_checkout", "scenario.bot_checkout.steps.min=70"),
    "attack_longer_than_the_window": shop(
        "scenario=credential_stuffing", "generator.transactions=100000", "timeline.end=2022-01-01T00:16:00"
    ),
    "logins_of_an_attack_crossed": shop("scenario=credential_stuffing", "scenario.credential_stuffing.logins.max=10"),
    # Behaviour
    "behaviour_without_people": case("generator=spending"),
    "empty_mix": case(*TINY, "~generator.segments.regular.mix", "+generator.segments.regular.mix={}"),
    "unknown_category_of_a_persona": persona("segments:\n  regular: {mix: {grocer: 3}}\n"),
    "category_code_for_a_category": persona('segments:\n  regular: {mix: {"5411": 3}}\n'),
    "negative_rate": persona("segments:\n  regular:\n    rate: {mean: -1}\n"),
    "rates_upside_down": case(
        *TINY, "~generator.segments.regular.rate", "+generator.segments.regular.rate={kind: uniform, low: 3, high: 1}"
    ),
    "holidays_of_nowhere": persona("holidays: {country: XX}\n"),
    "standing_order_for_nothing": persona("standing:\n  rent: {category: housng, segments: {reglar: 0.5}}\n"),
    "due_days_crossed": case(*TINY, "generator.standing.rent.first_day=6"),
    "due_on_the_32nd": case(*TINY, "generator.standing.rent.last_day=32"),
    "unknown_segment_of_travel": case(*TINY, "+generator.travel.segments.travler=3"),
    "more_declined_than_there_is": persona("authorisation:\n  chip: {wrong_pin: 0.9, insufficient_funds: 0.2}\n"),
    "unknown_reason": case(*TINY, "+generator.authorisation.online.wrong_cvv=0.1"),
    "unknown_currency": persona("currency:\n  billing: EUX\n  countries: {US: USX}\n"),
    "currency_in_small_letters": case(*TINY, "generator.currency.billing=usd"),
    "country_that_is_a_truth": experiment(
        "defaults: [tiny]\ngenerator: {currency: {countries: {NO: NOK, 0742: DKK}}}\n"
    ),
    "country_that_is_a_truth_in_a_list": experiment("defaults: [tiny]\npopulation: {cities: {countries: [NO, US]}}\n"),
    "country_that_is_not_there": case(*TINY, "+generator.currency.countries={UX: USD, us: USD}"),
    "country_without_a_currency": case(*TINY, "~generator.currency.countries.US"),
    "drift_outside_the_window": case("experiment=drift", "generator.drift.day=2022-06-01"),
    "shape_of_a_category_of_zero": groceries("kind: gamma, mean: 32, shape: 0, online: 0"),
    "category_without_a_mean": groceries("kind: gamma, shape: 2, online: 0"),
    "category_with_a_mean_but_no_kind": groceries("mean: 32, shape: 2, online: 0"),
    "category_with_median_and_mean": persona("categories:\n  grocery: {kind: gamma, mean: 32, shape: 2}\n"),
    "unknown_kind_of_a_category": groceries("kind: gama, mean: 32, shape: 2, online: 0"),
    "number_for_a_category": case(*TINY, "generator.categories.web_shop=35"),
    "drift_on_no_day": case("experiment=drift", "generator.drift.day=2022-02-30", "+generator.drift.mix.webshop=2"),
    "months_without_the_windows": case(*TINY, "timeline.end=2022-02-20", "generator.months=[0,0,1,1,1,1,1,1,1,1,1,1]"),
    # Refused by the plan
    "shops_out_of_reach": planned(
        case(
            *TINY,
            *JANUARY,
            "generator.reach={km: 0.001, nearest: false}",
            "population.merchants.categories.web_shop.online=0",
        )
    ),
    "mix_that_nobody_sells": planned(
        case(
            *(*TINY, *JANUARY, "population.merchants.number=1", "population.merchants.terminals=1"),
            *("~generator.segments.regular.mix", "+generator.segments.regular.mix={web_shop: 1}"),
        )
    ),
    "drift_that_leaves_nothing": planned(
        case(
            "experiment=tiny",
            *JANUARY,
            "generator.drift={day: '2022-01-15', rate: 1, online: 1, amount: 1, mix: {grocery: 0, restaurant: 0, "
            "web_shop: 0}}",
        )
    ),
    "hours_outside_of_the_window": planned(
        case(*TINY, "timeline.start=2022-01-01T20:00:00", "timeline.end=2022-01-02", *NIGHTS)
    ),
    "fewer_transactions_than_standing_orders": planned(
        experiment(
            "defaults:\n  - override /population: tiny\n  - override /generator: spending\n"
            "generator:\n  transactions: 30\n  standing:\n    club: {category: restaurant, share: 0.5}\n"
        )
    ),
    "more_fraud_than_a_block_has_rows": planned(case(CHAIN, *SMALL, "scenario.card_chain.ratio=0.5", "block_rows=20")),
    "ratio_that_the_drawn_rows_cannot_meet": planned(
        case(
            CHAIN,
            *TINY,
            *JANUARY,
            "scenario.card_chain.ratio=0.0023",
            "scenario.card_chain.chain_length={min: 9, max: 9}",
        )
    ),
    "chains_that_do_not_fit_on_their_cards": planned(
        case(
            CHAIN,
            *SMALL,
            "population.cards=1",
            "timeline.end='2022-01-01T00:20:00'",
            "generator.transactions=400",
            "scenario.card_chain.ratio=0.05",
            "scenario.card_chain.chain_length={min: 5, max: 5}",
            "scenario.card_chain.interval_s={min: 100, max: 100}",
        )
    ),
    "chains_that_find_no_free_second": planned(
        case(
            CHAIN,
            "population.cards=1",
            "timeline.end='2022-01-01T00:16:40'",
            "generator.transactions=500",
            "scenario.card_chain.mode=add",
            "scenario.card_chain.ratio=0.02",
            "scenario.card_chain.chain_length={min: 10, max: 10}",
            "scenario.card_chain.interval_s={min: 1, max: 1}",
        )
    ),
    "more_clicks_than_a_customer_can_make": planned(
        shop("population.cards=10", "generator.transactions=400000", "timeline.end=2022-01-02", "generator.spread=3")
    ),
    # Several at once
    "several_at_once": case(
        CHAIN,
        "seed=-1",
        "population.cards=none",
        "scenario.card_chain.mode=adds",
        "timeline.end=2020-01-01",
        "runner.workers=0",
    ),
    "several_choices_at_once": case("generator=weather", "amount=lognormall", "scenario=[card_chain,card_chian]"),
    "several_people_at_once": case(
        "population=tiny",
        "population.customers.number=1000",
        "population.cities.countries=[XX]",
        "population.merchants.terminals=1",
        "population.merchants.categories.grocery.share=0.6",
    ),
    "several_keys_at_once": case("sead=1", "population.crads=2", "generator.rows=3"),
    "several_in_a_file": experiment("seed: x\nblock_rows: 0\ntimeline:\n  start: never\n"),
    "several_scenarios_at_once": case(
        CHAIN,
        "+scenario@scenario.night=card_chain",
        "scenario.card_chain.ratio=2",
        "scenario.night.ratio=0",
    ),
    "more_card_numbers_than_a_column_takes": case("experiment=retail_us", "population.cards=140000000"),
}
