# One image; the command chooses the process (compose.yaml shows all of them).
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TUNEDECK_DATA=/data TUNEDECK_HOST=0.0.0.0
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY . .
RUN useradd --uid 10001 --home-dir /data --create-home tunedeck
USER tunedeck
VOLUME /data
EXPOSE 8000 8001
CMD ["python", "manage.py", "run"]
