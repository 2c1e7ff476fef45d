"""What holds a catalogue and finds in it: the boundary between the server and whatever that is.

Small, because all that is Harken's own stands on our side of it: an index answers how well terms match (`search.candidates`), the audio settles the
order in a worker (`search.fit`), and `search.ranking` decides what is a hit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cloud_server.search.candidates import Candidate
from cloud_server.search.catalogue import Document
from cloud_server.search.heard import Heard
from cloud_server.search.weights import Weights


class SearchBackend(Protocol):
    """Thread-safe; each call may block, and may raise whatever it likes: the transcript stands, and the answer says UNAVAILABLE."""

    @property
    def name(self) -> str:
        """What sessions call the catalogue."""
        ...

    @property
    def version(self) -> str:
        """Of its documents."""
        ...

    @property
    def weights(self) -> Weights:
        """For `ranking.rank`."""
        ...

    @property
    def documents(self) -> Sequence[Document]:
        """Those whose names may join what is heard: all, or the most popular ones of a catalogue too large for that."""
        ...

    def __len__(self) -> int:
        """Of all documents."""
        ...

    def candidates(self, heard: Heard) -> list[Candidate]:
        """The likeliest first, by all but the audio."""
        ...

    def names_in_full(self, transcript: str) -> bool:
        """Whether nearly all letters of some title were heard."""
        ...
