# One image, five commands: web, edge, ingest, worker, beat (see network/process.py); `manage.py` does the rest.

FROM node:24-slim AS assets
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PROJECT_ENVIRONMENT=/venv PATH=/venv/bin:$PATH
WORKDIR /app
RUN python -m venv /venv && pip install --no-cache-dir "uv>=0.9,<1"
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups
COPY . .
COPY --from=assets /app/node_modules ./node_modules
RUN python network/dev/assets.py && rm -r node_modules \
 && python -m network.dev.catalogues \
 && VAR_DIR=/app/var python manage.py collectstatic --noinput \
 && python -m compileall -q .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin peyvand
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 BIND=0.0.0.0 VAR_DIR=/app/var LOG_FORMAT=json
WORKDIR /app
RUN mkdir -p var/spool && chown -R peyvand:peyvand var
USER peyvand
# Events that could not reach Redis wait here; keep it when the container goes.
VOLUME /app/var/spool
EXPOSE 8000 8001
ENTRYPOINT ["python", "-m", "network.process"]
CMD ["web"]
