# One image for every process: Airflow's, the workers and the one-shot init.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONPATH=/opt/platform \
    PYTHONSAFEPATH=1 \
    AIRFLOW_HOME=/opt/airflow \
    DBT_SEND_ANONYMOUS_USAGE_STATS=False \
    DO_NOT_TRACK=1

WORKDIR /opt/platform

# The packages change less often than the code: their layer is kept while requirements.lock is the same.
# All of them are wheels, so no compiler is needed. Bytecode is compiled here, once, and not by every process.
COPY requirements.lock ./
RUN awk '/^uv==/{keep=1} keep{print} keep&&!/\\$/{exit}' requirements.lock > /tmp/uv.txt \
    && pip install --no-cache-dir --no-deps --require-hashes -r /tmp/uv.txt \
    && uv pip install --system --no-cache --no-build --no-deps --require-hashes --compile-bytecode -r requirements.lock \
    && rm /tmp/uv.txt

RUN useradd --uid 50000 --gid 0 --home-dir /opt/airflow --create-home airflow \
    && mkdir -p /opt/airflow/logs /opt/airflow/state \
    && chown -R airflow:0 /opt/airflow \
    && chmod -R g+rwX /opt/airflow

COPY dags dags
COPY plugins plugins
COPY dag_configs dag_configs
COPY connectors connectors
COPY include include
COPY dbt_project dbt_project
RUN python -m compileall -q include connectors dags plugins && chown -R airflow:0 dbt_project

USER airflow
CMD ["airflow", "version"]
