# One image for web, workers and migrations. Built twice over: assets and wheel first, then only what runs.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends make git && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make assets && .venv/bin/python -m hatchling build -t wheel -d /wheels

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home lscp
COPY requirements.txt /tmp/requirements.txt
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt \
 && pip install --no-cache-dir --no-deps /wheels/*.whl \
 && rm -rf /wheels /tmp/requirements.txt
USER lscp
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
ENTRYPOINT ["lscp"]
CMD ["serve"]
