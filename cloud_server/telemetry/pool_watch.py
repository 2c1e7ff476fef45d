"""What a worker pool tells whoever counts; this one listens to nothing. Called on the event loop, and must not wait."""

from __future__ import annotations

from cloud_server.schedule import Schedule


class PoolWatch:
    def queue_changed(self, schedule: Schedule) -> None:
        """Something came, left or was shed."""

    def dropped(self, why: str) -> None:
        """A segment that waited never reached a worker. why: one of `queue_metrics.DROPS`."""

    def recognized(self, audio_s: float, queue_s: float, busy_s: float) -> None:
        """A worker gave an answer, of whatever kind, to a whole segment."""

    def early(self, outcome: str) -> None:
        """Speech paused, and may be over. outcome: one of `queue_metrics.EARLY`."""

    def confirmed(self, audio_s: float, busy_s: float) -> None:
        """A segment ended where it had been recognised early, in busy_s of `worked`."""

    def worked(self, work: str, busy_s: float) -> None:
        """A worker answered. work: one of `queue_metrics.WORK`."""

    def not_finite(self) -> None:
        """The model's output was no number."""

    def poisoned(self) -> None:
        """Two workers died of one segment."""

    def model_loaded(self, outcome: str) -> None:
        """A worker loaded its model, at the start or in another's place, or did not. outcome: one of `queue_metrics.MODEL_LOADS`."""

    def renewed(self, outcome: str) -> None:
        """A worker was to take another's place while all serve. outcome: one of `queue_metrics.RENEWALS`."""

    def restarted(self) -> None:
        """A worker died, or was ended because it hung."""
