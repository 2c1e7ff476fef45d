"""What the five boards show: one panel for each question somebody asks. Every metric a server exports is on a panel, or in an alert."""

from __future__ import annotations

from benchmarks.dashboards.board import Board, Panel, quantiles, rate, share

OBJECTIVES = (
    Panel(
        "Availability: budget burnt, times its pace",
        {window: f"(harken:segments_bad:ratio_rate{window} >= 0 or vector(0)) / 0.001" for window in ("5m", "1h", "6h")},
        description="1 uses the budget of 30 days up in 30 days; 14.4 pages.",
    ),
    Panel(
        "Latency: budget burnt, times its pace",
        {window: f"(harken:answers_late:ratio_rate{window} >= 0 or vector(0)) / 0.05" for window in ("5m", "1h", "6h")},
    ),
    Panel("Ready, draining, probed", {"ready": "sum(asr_server_ready)", "draining": "sum(asr_server_draining)", "probe": "min(asr_probe_success)"}),
)
TRAFFIC = (
    Panel("Segments by outcome", {"{{outcome}} {{priority}}": rate("asr_server_segments_total", "outcome, priority")}, "reqps"),
    Panel("Streams", {"open": "sum(asr_server_streams)", "opened a second": rate("asr_server_streams_started_total")}),
    Panel("Audio recognised", {"audio seconds a second": rate("asr_quality_audio_seconds_total")}),
)
LATENCY = (
    Panel("To the answer, at the server", quantiles("asr_server_segment_seconds", '{stage="answer"}'), "s"),
    Panel("To the answer, as speakers see it", quantiles("asr_edge_e2e_seconds"), "s"),
    Panel(
        "Answers within a second",
        {
            "server": share(
                'asr_server_segment_seconds_bucket{stage="answer", le="1.0"}', 'asr_server_segment_seconds_count{stage="answer"}'
            ),
            "edges": share('asr_edge_e2e_seconds_bucket{le="1.0"}', "asr_edge_e2e_seconds_count"),
        },
        "percentunit",
    ),
)  # fmt: skip
SATURATION = (
    Panel(
        "Audio that waits",
        {"{{instance}}": "sum by (instance) (asr_queue_queue_audio_seconds)", "limit {{instance}}": "asr_queue_limit"},
        "s",
    ),
    Panel(
        "Cores in use",
        {
            "server {{instance}}": "rate(process_cpu_seconds_total{job='harken-server'}[$__rate_interval])",
            "workers {{instance}}": "rate(asr_worker_cpu_seconds_total[$__rate_interval])",
        },
    ),
    Panel(
        "Memory",
        {
            "server {{instance}}": "process_resident_memory_bytes{job='harken-server'}",
            "workers {{instance}}": "asr_worker_resident_memory_bytes",
        },
        "bytes",
    ),
)
ERRORS = (
    Panel("Rejects by reason", {"{{reason}}": rate("asr_server_rejects_total", "reason")}, "reqps"),
    Panel("Sessions ended, by status", {"{{code}}": rate("asr_server_stream_ends_total", "code")}, "reqps"),
    Panel("Versions", {"{{model}}@{{version}} {{quant}} {{sha8}}": "sum by (model, version, quant, sha8) (asr_model_info)"}),
)
OVERVIEW = Board(
    "harken-overview",
    "Harken: overview",
    {"Objectives": OBJECTIVES, "Traffic": TRAFFIC, "Latency": LATENCY, "Saturation": SATURATION, "Errors": ERRORS},
)

QUEUE = (
    Panel("Wait for a worker", quantiles("asr_queue_wait_seconds"), "s"),
    Panel("Segments that wait", {"segments": "sum(asr_queue_queue_segments)", "{{priority}} s": "sum by (priority) (asr_queue_queue_audio_seconds)"}),
    Panel("Waited in vain", {"{{reason}}": rate("asr_queue_dropped_total", "reason"), "killed two workers": rate("asr_queue_poison_total")}, "reqps"),
)
WORKERS = (
    Panel("Seconds by stage, p95", {"{{stage}}": quantiles("asr_server_segment_seconds", by="stage")["{{stage}} p95"]}, "s"),
    Panel("Workers at work, by kind", {"{{work}}": rate("asr_worker_busy_seconds_total", "work"), "processes": "sum(asr_worker_processes)"}),
    Panel("Worker seconds for a second of audio", quantiles("asr_model_rtf")),
    Panel("Workers and outputs that failed", {"restarts": rate("asr_model_restarts_total"), "not finite": rate("asr_model_nonfinite_outputs_total")}),
    Panel("Interim results", {"{{outcome}}": rate("asr_server_interims_total", "outcome")}, "reqps"),
    Panel("Models that workers loaded", {"{{outcome}}": rate("asr_model_loads_total", "outcome")}),
    Panel("Pauses recognised at once", {"{{outcome}}": rate("asr_early_results_total", "outcome")}, "reqps"),
    Panel("Workers renewed", {"{{outcome}}": rate("asr_worker_renewals_total", "outcome")}),
    Panel("Words of catalogues made", {"{{outcome}}": rate("asr_model_words_total", "outcome")}),
)
LOOP = (
    Panel("Event loop: how late", quantiles("asr_server_event_loop_lag_seconds"), "s"),
    Panel("Probe", {**quantiles("asr_probe_seconds"), "{{outcome}} a second": rate("asr_probe_segments_total", "outcome")}),
    Panel("Unread, repeated, drained", {
        "unread responses": "sum(asr_server_pending_results)",
        "repeats a second": rate("asr_server_duplicates_total"),
        "drains a second": rate("asr_server_drain_seconds_count"),
    }),
)  # fmt: skip
HEARD = (
    Panel("Level", quantiles("asr_quality_level_dbfs", is_signed=True), "dB"),
    Panel("Signal to noise", quantiles("asr_quality_snr_decibels"), "dB"),
    Panel("Pitch", quantiles("asr_quality_pitch_hertz"), "hertz"),
    Panel("Sounds a second", quantiles("asr_quality_symbols_per_second")),
    Panel("Length of segments", quantiles("asr_quality_segment_seconds"), "s"),
    Panel("Words", quantiles("asr_quality_words")),
    Panel("Frames without a sound", quantiles("asr_quality_blank_ratio"), "percentunit"),
    Panel("Confidence", quantiles("asr_quality_confidence"), "percentunit"),
    Panel("Finals", {"{{kind}}": rate("asr_quality_finals_total", "kind"), "sampled": rate("asr_quality_sampled_segments_total")}, "reqps"),
    Panel("Empty finals", {"share": share('asr_quality_finals_total{kind!="recognized"}', "asr_quality_finals_total")}, "percentunit"),
    Panel("Sound that is wrong", {"{{flag}}": "sum by (flag) (rate(asr_quality_flags_total[$__rate_interval]))"}),
    Panel("Typed words that cannot be heard", {
        "share": share('asr_quality_typed_words_total{lexicon="out"}', "asr_quality_typed_words_total"),
    }, "percentunit"),
)  # fmt: skip
PIPELINE = Board(
    "harken-pipeline",
    "Harken: pipeline",
    {"Queue": QUEUE, "Workers": WORKERS, "Server": LOOP, "What is said, and how well it is heard": HEARD},
)

EDGES = Board(
    "harken-edges",
    "Harken: edge fleet",
    {
        "What speakers see": (
            Panel("Segments by what was shown", {"{{outcome}}": rate("asr_edge_segments_total", "outcome")}, "reqps"),
            Panel("To the answer", quantiles("asr_edge_e2e_seconds"), "s"),
            Panel("To the first interim result", quantiles("asr_edge_first_partial_seconds"), "s"),
        ),
        "Links": (
            Panel("Reconnects", {
                "{{reason}}": rate("asr_edge_reconnects_total", "reason"), "failed": rate("asr_edge_connect_failures_total"),
            }, "reqps"),
            Panel("Held without an answer", {"segments": "sum(asr_edge_spool_segments)", "recovered": "sum(asr_edge_spool_recovered_total)"}),
            Panel("Held without an answer, audio", {"bytes": "sum(asr_edge_spool_bytes)"}, "bytes"),
            Panel("Age of the oldest", {"seconds": "time() - (min(asr_edge_spool_oldest_timestamp_seconds > 0) or vector(time()))"}, "s"),
        ),
        "Sound": (
            Panel("Microphones", {"{{state}}": "sum by (state) (asr_edge_microphones)"}),
            Panel("Audio", {"{{kind}}": rate("asr_edge_audio_seconds_total", "kind")}),
            Panel("Sent, of what was captured", {
                "share": share('asr_edge_audio_bytes_total{kind="sent"}', "asr_edge_audio_bytes_total"),
            }, "percentunit"),
            Panel("Speech missed, of speech", {
                "share": share('asr_edge_audio_seconds_total{kind="missed"}', 'asr_edge_audio_seconds_total{kind="voiced"}'),
            }, "percentunit"),
            Panel("Devices", {"overruns": rate("asr_edge_overruns_total"), "restarts": rate("asr_edge_mic_restarts_total")}),
        ),
    },
)  # fmt: skip

SEARCH = Board(
    "harken-search",
    "Harken: search",
    {
        "Search": (
            Panel("Searches by outcome", {"{{outcome}}": rate("asr_search_requests_total", "outcome")}, "reqps"),
            Panel("Seconds", quantiles("asr_search_seconds"), "s"),
            Panel("Found nothing", {"share": share('asr_search_requests_total{outcome="empty"}', "asr_search_requests_total")}, "percentunit"),
            Panel("Held back, and ranked by audio", {
                "too little like speech": rate("asr_search_gated_total"),
                "audio {{outcome}}": rate("asr_search_rescorings_total", "outcome"),
            }, "reqps"),
            Panel("Documents", {"{{catalogue}}": "max by (catalogue) (asr_search_index_docs)"}),
            Panel("Age of the index", {"{{catalogue}}": "time() - max by (catalogue) (asr_search_index_built_timestamp_seconds)"}, "s"),
            Panel("Indexes loaded", {"{{outcome}}": rate("asr_search_index_loads_total", "outcome")}),
        ),
        "Answers shared by servers (Redis)": (
            Panel("Asked of it", {"{{operation}} {{outcome}}": rate("asr_cache_requests_total", "operation, outcome")}, "reqps"),
            Panel("Time", quantiles("asr_cache_seconds"), "s"),
            Panel("Not asked, because it failed", {"servers": "sum(asr_cache_breaker_open)"}),
        ),
        "What people did": (
            Panel("Feedback", {"{{kind}}": rate("asr_server_feedback_total", "kind")}, "reqps"),
            Panel("Asked again, corrected, no click: of all feedback", {
                kind: share(f'asr_server_feedback_total{{kind="{kind}"}}', "asr_server_feedback_total")
                for kind in ("asked_again", "corrected", "gave_up")
            }, "percentunit"),
            Panel("Feedback that was to be kept", {"{{outcome}}": rate("asr_server_feedback_kept_total", "outcome")}),
        ),
    },
)  # fmt: skip

THEIR_FAULT = "quota|rate|too_long|invalid_audio|protocol|checksum|invalid_request"
SECURITY = Board(
    "harken-security",
    "Harken: security",
    {
        "Who is turned away": (
            Panel("No right to call, by reason", {"{{reason}}": rate("asr_server_auth_failures_total", "reason")}, "reqps"),
            Panel("Refused for what they sent", {
                "{{reason}}": rate(f'asr_server_rejects_total{{reason=~"{THEIR_FAULT}"}}', "reason"),
            }, "reqps"),
            Panel("Sessions cut for their clients", {
                "{{code}}": rate('asr_server_stream_ends_total{code=~"RESOURCE_EXHAUSTED|OUT_OF_RANGE|ABORTED|UNAUTHENTICATED"}', "code"),
            }, "reqps"),
        ),
        "What runs out": (
            Panel("Certificate: days left", {"{{instance}}": "clamp_min(asr_server_certificate_expiry_timestamp_seconds - time(), 0) / 86400"}, "d"),
            Panel("Disk free", {"{{folder}} {{instance}}": "asr_server_disk_free_ratio"}, "percentunit"),
            Panel("Files open, of those allowed", {
                "{{instance}}": "process_open_fds{job='harken-server'} / process_max_fds{job='harken-server'}"
            }, "percentunit"),
        ),
    },
)  # fmt: skip

BOARDS = {board.uid.removeprefix("harken-"): board for board in (OVERVIEW, PIPELINE, EDGES, SEARCH, SECURITY)}
"""File name -> board."""
