# Two images from one file: `chat` (CPU, no torch) and `gpu` (the same plus the SDXL stack).
#   docker build --target chat -t bpp .
#   docker run -p 127.0.0.1:8123:8123 -v bpp-data:/data -v bpp-secret:/secret bpp
FROM python:3.12-slim-bookworm AS base
RUN apt-get update \
 && apt-get install -y --no-install-recommends make \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home bpp \
 && install -d -o bpp -g bpp -m 0700 /data /secret
WORKDIR /opt/bpp
# What is installed changes less often than our own code: these layers stay cached.
COPY pyproject.toml constraints.txt Makefile README.md ./
RUN mkdir bot generator adapters migrations && make install

FROM base AS code
COPY bot bot
COPY generator generator
COPY adapters adapters
COPY migrations migrations
RUN make install
ENV PATH=/opt/bpp/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BPP_DATA=/data \
    BPP_SECRET_FILE=/secret/secret \
    BPP_HOST=0.0.0.0 \
    BPP_PORT=8123
# The secret has a volume of its own: a copy of the data volume alone tells nobody who the members are.
VOLUME ["/data", "/secret"]
EXPOSE 8123
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8123/healthz', timeout=4)"]

FROM code AS chat
USER bpp
CMD ["bpp", "room", "--no-browser"]

FROM code AS gpu
RUN make install EXTRAS='[sdxl]'
USER bpp
CMD ["bpp", "room", "--no-browser"]
