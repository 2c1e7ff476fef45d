"""An index on disk -> the same catalogue on a cluster, beside the one that serves, then in its place."""

from __future__ import annotations

import tempfile
from pathlib import Path

from cloud_server.search.cluster import FORMAT
from cloud_server.search.cluster_client import Cluster
from cloud_server.search.cluster_entries import source_of_entry
from cloud_server.search.generations import Manifest, read_manifest, verify
from cloud_server.search.index import read_entries
from protos.errors import CatalogueError


def push_to_cluster(directory: Path, url: str) -> Manifest:
    """Nothing is sent where that version serves already. The catalogue is called what the URL ends in.

    Raises: CatalogueError: no whole index, or the cluster refuses it; CatalogueUnreachable: it cannot be reached. What served before serves on.
    """
    manifest, cluster = read_manifest(directory), Cluster(url)
    index = f"{cluster.name}-{manifest.version}"
    if cluster.called_so() == [index]:
        return manifest
    with tempfile.TemporaryDirectory(prefix="harken-push-") as private:
        documents, sought = read_entries(verify(directory, manifest, Path(private)))
    cluster.create(index, {"format": FORMAT, "version": manifest.version, "documents": manifest.documents})
    entries = enumerate(zip(documents, sought, strict=True))
    held = cluster.fill(index, (source_of_entry(number, document, one) for number, (document, one) in entries))
    if held != manifest.documents:
        raise CatalogueError(f"{cluster.place}: holds {held} of {manifest.documents} documents after all were sent; it does not serve them")
    cluster.serve(index)
    return manifest
