# One image; the command chooses the process (compose.yaml shows all of them). It needs no root, no build tools and no
# writable file system: what it writes goes to /data and /tmp.
# To build the same bytes again, name the base with its digest and the time of the commit:
#   docker build --build-arg BASE=python:3.11.14-slim-bookworm@sha256:… \
#     --build-arg SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)" -t tunedeck .
ARG BASE=python:3.11.14-slim-bookworm

FROM ${BASE} AS build
ARG SOURCE_DATE_EPOCH=0
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 PATH=/venv/bin:$PATH
WORKDIR /app
COPY requirements.lock .
RUN python -m venv /venv && \
    python -m pip install --no-cache-dir --no-compile --disable-pip-version-check --require-hashes -r requirements.lock
COPY . .
RUN TUNEDECK_DATA=/tmp/build TUNEDECK_STATIC=/app/pages python manage.py collectstatic --noinput --verbosity 0
RUN python -m compileall -q --invalidation-mode unchecked-hash /app /venv/lib && \
    find /app /venv -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

FROM ${BASE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Tunedeck" \
      org.opencontainers.image.description="A team fine-tunes language models in a browser" \
      org.opencontainers.image.version="${VERSION}"
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/venv/bin:$PATH HOME=/tmp \
    TUNEDECK_DATA=/data TUNEDECK_STATIC=/app/pages TUNEDECK_HOST=0.0.0.0
RUN useradd --uid 10001 --no-log-init --home-dir /data --create-home --shell /usr/sbin/nologin tunedeck
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER 10001:10001
VOLUME /data
EXPOSE 8000 8001
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-P", "config/alive.py", "8000"]
CMD ["python", "manage.py", "run"]
