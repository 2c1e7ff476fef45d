"""The cloud process: gRPC in, recognition in worker processes, search, answers out. Never torch."""
