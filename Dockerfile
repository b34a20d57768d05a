# One file for every image: `docker build --build-arg SERVICE=ingest .`
# SERVICE is a folder of services/ (ingest, invoice-writer, transit-writer, api, standalone) or sandbox.
# The migrate job runs in any of them but the sandbox: `/venv/bin/python -m common.db.migrate upgrade`, then
# `/venv/bin/python -m common.transport.topics apply`.

FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements/run.txt requirements/run.txt
RUN /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements/run.txt
COPY libs libs
COPY services services
ARG SERVICE
RUN test -n "${SERVICE}" \
    && if [ "${SERVICE}" = sandbox ]; then set -- ./libs/sandbox; else set -- ./libs/common ./services/*; fi \
    && /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index "$@" \
    && printf '#!/bin/sh\nexec /venv/bin/python -m %s "$@"\n' "$(echo "${SERVICE}" | tr - _)" > /venv/bin/service \
    && chmod 0755 /venv/bin/service

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin app \
    && install --directory --owner=app --group=app /data
COPY --from=build /venv /venv
ENV PATH="/venv/bin:${PATH}" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DATA_DIR=/data
USER 10001:10001
ENTRYPOINT ["/venv/bin/service"]
CMD ["run"]
