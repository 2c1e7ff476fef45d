# The cloud server: numpy, onnxruntime, grpc, tantivy. No torch, no compiler, no root.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements/server.txt requirements/server.txt
RUN python -m venv /opt/harken && /opt/harken/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements/server.txt
COPY pyproject.toml README.md LICENSE ./
COPY protos/ protos/
COPY models/ models/
COPY cloud_server/ cloud_server/
# Only what serves: the float weights stay out of the image.
RUN rm -f models/artifacts/*/checkpoint.safetensors && /opt/harken/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home harken
COPY --from=build /opt/harken /opt/harken
USER harken
ENV PATH=/opt/harken/bin:$PATH PYTHONUNBUFFERED=1 HARKEN_SERVER_HOST=0.0.0.0
EXPOSE 50051 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; assert b'asr_server_ready 1.0' in u.urlopen('http://127.0.0.1:9464/metrics').read()"]
ENTRYPOINT ["harken-server"]
CMD ["run"]
