# One image for web, worker, beat and the one-off migration; docker-compose.yml says which command each runs.
FROM python:3.11-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --require-hashes -r /tmp/requirements.txt

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VMOBILITY_VAR=/var/lib/vmobility \
    STATIC_ROOT=/srv/vmobility/staticfiles
RUN useradd --system --uid 10001 --home-dir /var/lib/vmobility --create-home --shell /usr/sbin/nologin vmobility
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/vmobility
COPY manage.py LICENSE ./
COPY vmobility vmobility
COPY institutions institutions
COPY exchanges exchanges
COPY templates templates
COPY static static
# Static files are part of the image. The key here signs nothing.
RUN SECRET_KEY=collectstatic-only VMOBILITY_VAR=/tmp/build python manage.py collectstatic --no-input && rm -rf /tmp/build
USER vmobility
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--no-ws", "--workers", "2", \
     "--blocking-threads", "4", "--backlog", "2048", "--respawn-failed-workers", "vmobility.wsgi:application"]
