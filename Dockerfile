# UNTRIED: written for people who have Docker, but not yet built or run by us (no engine where we work).
# `make run` is the tried way. See docs/operations.md, "Containers".

FROM node:22-bookworm-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8
RUN apt-get update \
    && apt-get install -y --no-install-recommends gettext libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
       fonts-noto-core bubblewrap util-linux \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin vungtrong
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes --only-binary=:all: -r requirements.lock
COPY . .
COPY --from=front-end /app/node_modules node_modules
RUN for po in locale/*/LC_MESSAGES/*.po; do [ ! -f "$po" ] || msgfmt -o "${po%.po}.mo" "$po"; done \
    && SECRET_KEY=build-only STATE_DIR=/state python manage.py collectstatic --no-input --verbosity=0 \
    && install -d -o vungtrong -g vungtrong -m 0700 /state/files /state/mail /state/messages
ENV STATE_DIR=/state VUNGTRONG_ENV=/dev/null
USER vungtrong
EXPOSE 8000
# The same arguments as ops/service.py, but for the address: a container is reached through its network only.
CMD ["gunicorn", "geoapp.wsgi:application", "--bind=0.0.0.0:8000", "--workers=2", "--threads=4", \
     "--worker-class=geoapp.server.ProblemWorker", "--preload", "--timeout=60", "--graceful-timeout=30", \
     "--keep-alive=5", "--max-requests=20000", "--max-requests-jitter=2000", "--limit-request-line=8190", \
     "--limit-request-fields=100", "--limit-request-field_size=16380", "--worker-tmp-dir=/dev/shm", \
     "--no-control-socket", "--log-level=warning"]
