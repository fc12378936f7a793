# The same commands as everywhere: `make install` sets up, `ragbot run` starts.
FROM python:3.13-slim
RUN apt-get update && apt-get install --yes --no-install-recommends make && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home ragbot && install --directory --owner ragbot /app /app/data
USER ragbot
WORKDIR /app
COPY --chown=ragbot . .
RUN make install
ENV PATH="/app/.venv/bin:$PATH"
VOLUME ["/app/config", "/app/data"]
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s CMD ["ragbot", "status", "--json"]
CMD ["ragbot", "run"]
