# The edge client, for gateways and kiosks: webrtcvad, sounddevice, grpc. No model, no onnxruntime, no root.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements/edge.txt requirements/edge.txt
RUN python -m venv /opt/harken && /opt/harken/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements/edge.txt
COPY pyproject.toml README.md LICENSE ./
COPY protos/ protos/
COPY edge_client/ edge_client/
RUN /opt/harken/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install --yes --no-install-recommends libportaudio2 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --groups audio --no-create-home harken
COPY --from=build /opt/harken /opt/harken
USER harken
ENV PATH=/opt/harken/bin:$PATH PYTHONUNBUFFERED=1
ENTRYPOINT ["harken-edge"]
CMD ["listen"]
