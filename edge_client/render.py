"""Outcomes -> JSON objects and lines for people. Pure: returns text, prints nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edge_client.ledger import SegmentOutcome
from edge_client.summary import Summary
from protos import messages as m

Row = dict[str, Any]
SHOWN_HITS = 3
EMPTY_TEXT = {m.FinalReason.NO_SPEECH: "(no words)", m.FinalReason.TOO_SHORT: "(too short)"}


def seconds(samples: int) -> float:
    return round(samples / m.SAMPLE_RATE_HZ, 4)


def printable(text: str) -> str:
    """What came from a server, safe for a terminal: control characters could move its cursor, or write its title."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def timings_ms(outcome: SegmentOutcome) -> dict[str, float]:
    """The server's stages, then the whole wait as this client saw it."""
    stages = outcome.answer.stage_timings if isinstance(outcome.answer, m.Result) else ()
    return {**{f"{timing.stage}_ms": round(timing.duration * 1000, 2) for timing in stages}, "end_to_end_ms": round(outcome.end_to_end_s * 1000, 2)}


def segment_row(outcome: SegmentOutcome) -> Row:
    """One JSON object for one segment."""
    span = {"segment_id": outcome.segment_id, "start_seconds": seconds(outcome.start_sample), "end_seconds": seconds(outcome.end_sample)}
    if isinstance(outcome.answer, m.Reject):
        return {**span, "reject": {"reason": outcome.answer.reason.name, "message": outcome.answer.message}}
    best = outcome.answer.alternatives[0] if outcome.answer.alternatives else m.Hypothesis()
    return {
        **span,
        "transcript": best.transcript,
        "confidence": round(best.confidence, 4),
        "alternatives": [alternative_row(alternative) for alternative in outcome.answer.alternatives],
        "hits": hit_rows(outcome.results.hits if outcome.results else ()),
        "timings": timings_ms(outcome),
        "model_version": outcome.answer.model_version,
        "final_reason": outcome.answer.final_reason.name,
        "search_outcome": outcome.results.outcome.name if outcome.results else None,
    }


def interim_row(result: m.Result) -> Row:
    """One JSON object for what was heard so far of a segment that is still being spoken."""
    stable, rest = interim_parts(result)
    return {
        "segment_id": result.segment_id,
        "interim": True,
        "start_seconds": seconds(result.capture_start),
        "heard_until_seconds": seconds(result.capture_end),
        "transcript": " ".join(part for part in (stable, rest) if part),
        "stable": stable,
        "stability": round(result.stability, 4),
        "hits": hit_rows(result.hits),
    }


def interim_parts(result: m.Result) -> tuple[str, str]:
    """What will not change in any later interim result of the segment, and what may."""
    words = printable(result.alternatives[0].transcript).split() if result.alternatives else []
    return " ".join(words[: result.stable_words]), " ".join(words[result.stable_words :])


def hit_rows(hits: Sequence[m.SearchHit]) -> list[Row]:
    return [{"id": hit.id, "title": hit.title, "score": round(hit.score, 4)} for hit in hits]


def alternative_row(alternative: m.Hypothesis) -> Row:
    words = [
        {
            "word": word.word,
            "start_seconds": seconds(word.start_offset),
            "end_seconds": seconds(word.end_offset),
            "confidence": round(word.confidence, 4),
        }
        for word in alternative.words
    ]
    return {"transcript": alternative.transcript, "confidence": round(alternative.confidence, 4), "words": words}


def summary_row(summary: Summary) -> Row:
    return {
        "captured_seconds": round(summary.captured_seconds, 4),
        "voiced_seconds": round(summary.voiced_seconds, 4),
        "sent_seconds": round(summary.sent_seconds, 4),
        "bytes_sent": summary.bytes_sent,
        "bytes_saved_ratio": round(summary.bytes_saved_ratio, 4),
        "segments": summary.segments,
        "rejected": summary.rejected,
    }


def segment_text(outcome: SegmentOutcome) -> str:
    """One line, the way a person reads it: when, what, how sure, what was found, where the time went."""
    span = f"{seconds(outcome.start_sample):6.2f}-{seconds(outcome.end_sample):.2f} s"
    if isinstance(outcome.answer, m.Reject):
        return f"{span}  REJECTED {outcome.answer.reason.name}: {printable(outcome.answer.message)}"
    if not outcome.answer.alternatives:
        return f"{span}  {EMPTY_TEXT.get(outcome.answer.final_reason, '(nothing)')}"
    best = outcome.answer.alternatives[0]
    times = "  ".join(f"{printable(name).removesuffix('_ms').replace('_', ' ')} {value:.0f}" for name, value in timings_ms(outcome).items())
    return f'{span}  "{printable(best.transcript)}" ({best.confidence:.2f})  ->  {hits_text(outcome.results)}  |  ms: {times}'


def hits_text(results: m.SearchResults | None) -> str:
    if results is None or results.outcome is m.SearchOutcome.UNAVAILABLE:
        return "search unavailable"
    if not results.hits:
        return "nothing found"
    return ", ".join(f"{number}. {printable(hit.title)}" for number, hit in enumerate(results.hits[:SHOWN_HITS], 1))


def summary_text(summary: Summary) -> str:
    if not summary.segments:
        return f"no speech in {summary.captured_seconds:.1f} s"
    rejected = f", {summary.rejected} rejected" if summary.rejected else ""
    return (
        f"{summary.segments} segments{rejected}; {summary.sent_seconds:.1f} of {summary.captured_seconds:.1f} s sent, "
        f"{summary.bytes_saved_ratio:.0%} of the bytes saved"
    )
