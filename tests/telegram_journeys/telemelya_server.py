"""Runs telemelya, a Bot API server that others wrote, with what it keeps things in: Redis and S3, both played in memory.

A program of its own, so that nothing of it touches the tests' process: `python telemelya_server.py`. It prints its port.
"""

from __future__ import annotations

import os
import socket

import fakeredis
import redis.asyncio
import uvicorn
from moto.server import ThreadedMotoServer

HOST = "127.0.0.1"


def main() -> None:
    storage = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    storage.start()
    host, port = storage.get_host_and_port()
    os.environ["MINIO_ENDPOINT"] = f"{host}:{port}"
    redis.asyncio.from_url = fakeredis.FakeAsyncRedis.from_url
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        print(listener.getsockname()[1], flush=True)
        # By name: telemelya reads its settings and connects when it is imported.
        server = uvicorn.Server(uvicorn.Config("telemelya.server.app:app", log_level="warning"))
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
