"""For every alert: what its series do, and when it is quiet, fires, and is quiet again. promtool's notation of values, one a minute."""

from __future__ import annotations

from dataclasses import dataclass, field

SERVER = 'job="harken-server", instance="a:9464"'


@dataclass(frozen=True)
class Scenario:
    """Times in minutes."""

    series: dict[str, str]
    quiet: int
    fires: int
    reset: int
    labels: dict[str, str] = field(default_factory=dict)
    """Of the alert, beside its severity."""


INSTANCE = {"job": "harken-server", "instance": "a:9464"}


def gauge(name: str, good: float, bad: float, labels: str = "", **alert: str) -> Scenario:
    """Good for ten minutes, bad for twenty, good again."""
    series = {f"{name}{{{SERVER}{labels}}}": f"{good}x10 {bad}x20 {good}x20"}
    return Scenario(series, 9, 28, 45, INSTANCE | alert)


def event(name: str, labels: str = "", count: int = 1, reset: int = 90, **alert: str) -> Scenario:
    """A counter that stands at 0, rises by `count` in one minute, and stands again."""
    return Scenario({f"{name}{{{SERVER}{labels}}}": f"0x10 {count}x100"}, 9, 14, reset, INSTANCE | alert)


def share(bad: str, good: str, step: str = "60", *, calm: int = 20, storm: int = 30, after: int = 40, bad_step: int = 60) -> Scenario:
    """Two series of one total: none of it bad, then much of it, then none."""
    return Scenario(
        {good: f"0+{step}x{calm + storm + after}", bad: f"0x{calm} 0+{bad_step}x{storm} {bad_step * storm}x{after}"},
        calm - 2,
        calm + storm - 2,
        calm + storm + after - 2,
    )


SEGMENTS = "asr_server_segments_total{" + SERVER + ', priority="live", outcome='
ANSWERS = "asr_server_segment_seconds_{}{{" + SERVER + ', stage="answer"{}}}'


def segments(bad_per_minute: int, calm: int, storm: int, after: int) -> Scenario:
    """1,000 a minute; before, during and after client errors and cancelled ones that are nobody's fault here."""
    minutes = calm + storm + after
    return Scenario(
        {
            SEGMENTS + '"ok"}': f"0+1000x{minutes}",
            SEGMENTS + '"client_error"}': f"0+900x{minutes}",
            SEGMENTS + '"server_error"}': f"0x{calm} 0+{bad_per_minute}x{storm} {bad_per_minute * storm}x{after}",
        },
        calm - 2,
        calm + storm - 2,
        minutes - 2,
    )


def answers(late_per_minute: int, calm: int, storm: int, after: int) -> Scenario:
    """100 a minute, of which so many take longer than a second for a while."""
    minutes, on_time = calm + storm + after, 100 - late_per_minute
    upto = f"0+100x{calm} {100 * calm}+{on_time}x{storm} {100 * calm + on_time * storm}+100x{after}"
    return Scenario(
        {ANSWERS.format("count", ""): f"0+100x{minutes}", ANSWERS.format("bucket", ', le="1.0"'): upto},
        calm - 2,
        calm + storm - 2,
        minutes - 2,
    )


OBJECTIVES = {
    "HarkenAvailabilityBurnsFast": segments(40, 60, 40, 20),
    "HarkenAvailabilityBurns": segments(10, 60, 200, 60),
    "HarkenAvailabilityLeaks": segments(4, 60, 300, 480),
    "HarkenLatencyBurnsFast": answers(95, 20, 80, 20),
    "HarkenLatencyBurns": answers(50, 60, 400, 60),
    "HarkenLatencyLeaks": answers(15, 60, 300, 480),
}

SYMPTOMS = {
    "HarkenTargetDown": gauge("up", 1, 0),
    "HarkenProbeFails": gauge("asr_probe_success", 1, 0),
    "HarkenProbeAbsent": Scenario({f"asr_probe_success{{{SERVER}}}": "1x10 stale _x18 1x20"}, 9, 28, 45),
    "HarkenNotReady": Scenario(
        {f"asr_server_ready{{{SERVER}}}": "1x10 0x20 0x20", f"asr_server_draining{{{SERVER}}}": "0x10 0x20 1x20"}, 9, 28, 45, INSTANCE
    ),
    "HarkenDrainHangs": gauge("asr_server_draining", 0, 1),
    "HarkenEventLoopLate": Scenario(
        {
            f'asr_server_event_loop_lag_seconds_bucket{{{SERVER}, le="0.1"}}': "0+240x20 4800+200x20 8800+240x30",
            f'asr_server_event_loop_lag_seconds_bucket{{{SERVER}, le="1.0"}}': "0+240x70",
            f'asr_server_event_loop_lag_seconds_bucket{{{SERVER}, le="+Inf"}}': "0+240x70",
        },
        18, 38, 65, {"instance": "a:9464"},
    ),
    "HarkenMemoryGrows": Scenario({f"process_resident_memory_bytes{{{SERVER}}}": "400e6x120 400e6+200e3x480 496e6x480"}, 118, 590, 1070, INSTANCE),
    "HarkenFileDescriptorsRunOut": Scenario(
        {f"process_open_fds{{{SERVER}}}": "100x10 900x20 100x20", f"process_max_fds{{{SERVER}}}": "1024x50"}, 9, 28, 45, INSTANCE
    ),
    "HarkenDiskFills": gauge("asr_server_disk_free_ratio", 0.5, 0.1, ', folder="scratch"', folder="scratch"),
    "HarkenResponsesUnread": gauge("asr_server_pending_results", 3, 700),
    "HarkenQueueLong": Scenario(
        {
            f'asr_queue_queue_audio_seconds{{{SERVER}, priority="live"}}': "1x10 6x20 1x20",
            f'asr_queue_queue_audio_seconds{{{SERVER}, priority="catchup"}}': "0x10 6x20 0x20",
        },
        9, 28, 45, {"instance": "a:9464"},
    ),
    "HarkenWorkersDie": event("asr_model_restarts_total", count=5),
    "HarkenModelNotLoaded": event("asr_model_loads_total", ', outcome="refused"', count=5, outcome="refused"),
    "HarkenSegmentKills": event("asr_queue_poison_total"),
    "HarkenOutputNotFinite": event("asr_model_nonfinite_outputs_total"),
    "HarkenVocabularyRefused": event("asr_model_words_total", ', outcome="refused"', outcome="refused"),
    "HarkenSearchFails": share(
        f'asr_search_requests_total{{{SERVER}, outcome="timeout"}}', f'asr_search_requests_total{{{SERVER}, outcome="ok"}}'
    ),
    "HarkenIndexRefused": event("asr_search_index_loads_total", ', outcome="refused"', outcome="refused"),
    "HarkenRescoringSkipped": share(
        f'asr_search_rescorings_total{{{SERVER}, outcome="skipped"}}', f'asr_search_rescorings_total{{{SERVER}, outcome="done"}}'
    ),
    "HarkenAuthFailuresRise": Scenario(
        {f'asr_server_auth_failures_total{{{SERVER}, reason="signature"}}': "0+1x600 600+60x20 1800+1x60"}, 598, 615, 675
    ),
    "HarkenCertificateEnds": Scenario(
        # Two weeks are 1,209,600 s; promtool's clock begins at 0.
        {f"asr_server_certificate_expiry_timestamp_seconds{{{SERVER}}}": "1.3e6x10 1.2e6x20 9e6x20"}, 9, 28, 45, INSTANCE
    ),
    "HarkenSharedAnswersAway": gauge("asr_cache_breaker_open", 0, 1),
    "HarkenSpeechLost": event("asr_edge_segments_total", ', outcome="lost"', outcome="lost"),
    "HarkenSpeechWaitsAtEdges": Scenario({f"asr_edge_spool_oldest_timestamp_seconds{{{SERVER}}}": "0x10 300x20 0x20"}, 9, 28, 45, INSTANCE),
    "HarkenEdgesReconnect": Scenario(
        {f'asr_edge_reconnects_total{{{SERVER}, reason="network"}}': "0x20 0+2x20 40x40", f"asr_server_streams{{{SERVER}}}": "10x80"}, 18, 38, 75
    ),
    "HarkenMicrophonesLost": Scenario(
        {
            f'asr_edge_microphones{{{SERVER}, state="lost"}}': "0x10 4x20 0x20",
            f'asr_edge_microphones{{{SERVER}, state="ok"}}': "20x50",
            f'asr_edge_microphones{{{SERVER}, state="not_used"}}': "500x50",
        },
        9, 28, 45,
    ),
    "HarkenCaptureLosesSamples": Scenario({f"asr_edge_overruns_total{{{SERVER}}}": "0x10 40x60"}, 9, 14, 60),
    "HarkenFinalsEmpty": Scenario(
        {
            f'asr_quality_finals_total{{{SERVER}, kind="no_speech"}}': "0x60 0+10x60 600x70",
            f'asr_quality_finals_total{{{SERVER}, kind="recognized"}}': "0+10x190",
        },
        58, 118, 185,
    ),
    "HarkenConfidenceFalls": Scenario(
        {
            f"asr_quality_confidence_sum{{{SERVER}}}": "0+48x1500 72000+30x500 87000+48x2000",
            f"asr_quality_confidence_count{{{SERVER}}}": "0+60x4000",
        },
        1490, 1990, 2700,
    ),
    "HarkenPeopleAskAgain": Scenario(
        {
            f'asr_server_feedback_total{{{SERVER}, kind="clicked"}}': "0+1x900",
            f'asr_server_feedback_total{{{SERVER}, kind="asked_again"}}': "0x120 0+3x180 540x600",
        },
        118, 298, 880,
    ),
    "HarkenFeedbackNotKept": event("asr_server_feedback_kept_total", ', outcome="lost"', outcome="lost"),
    "HarkenRuleFails": Scenario(
        {'prometheus_rule_evaluation_failures_total{job="prometheus", instance="localhost:9090"}': "0x20 0+1x20 20x30"},
        18, 38, 65, {"job": "prometheus", "instance": "localhost:9090"},
    ),
}  # fmt: skip
