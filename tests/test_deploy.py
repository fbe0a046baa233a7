"""What deploy/ holds is taken by the server that it is for."""

from __future__ import annotations

import subprocess
from pathlib import Path

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError
from redis.retry import Retry

from workers.broker import server_binary

_CONF = Path(__file__).parents[1] / "deploy" / "valkey.conf"


def test_valkey_takes_its_configuration(tmp_path: Path) -> None:
    socket = tmp_path / "socket"
    command = [server_binary(), str(_CONF), "--port", "0", "--unixsocket", str(socket), "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            redis = Redis(
                unix_socket_path=str(socket), retry=Retry(ConstantBackoff(0.1), 100), retry_on_error=[ConnectionError]
            )
            assert redis.config_get("appendonly") == {"appendonly": "yes"}
            assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            redis.close()
        finally:
            server.terminate()
