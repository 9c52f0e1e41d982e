"""A push service that only says 201: nginx with TLS and HTTP/2 on loopback, and the authority that vouches for it."""

import asyncio
import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import IO

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from local.ports import LOOPBACK, free_port
from schemas.process.clock import now_utc

NGINX = """
daemon off; worker_processes {workers}; pid {folder}/pid; error_log {folder}/error.log {level};
events {{ worker_connections 1024; }}
http {{
  {format}
  access_log {log};
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  keepalive_requests {requests}; http2_max_concurrent_streams {streams}; server_tokens off;
  server {{
    listen {host}:{port} ssl{h2}; ssl_certificate {cert}; ssl_certificate_key {key};
    location / {{ return 201; }}
    {more}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate for localhost and loopback, self-signed: its own file is the authority to give a client."""

    cert: Path
    key: Path


def certificate(folder: Path, name: str = "localhost") -> Certificate:
    """Make one, valid for a day."""
    key, now = ec.generate_private_key(ec.SECP256R1()), now_utc()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address(LOOPBACK))])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    found = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    found.cert.write_bytes(made.public_bytes(Encoding.PEM))
    found.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return found


@dataclass(frozen=True, slots=True)
class Sink:
    """A server that runs: its origin, the file that vouches for it, its process and where it writes."""

    origin: str
    ca: Path
    process: int
    folder: Path


@contextlib.asynccontextmanager
async def nginx(
    *,
    streams: int = 128,
    requests: int = 100_000_000,
    logging: bool = False,
    h2: bool = True,
    more: str = "",
    workers: int = 1,
) -> AsyncIterator[Sink]:
    """nginx for the block. `requests`: after how many it says GOAWAY; `logging`: URIs and headers to access.log."""
    with _folder() as folder:
        made, port = certificate(folder), free_port()
        form = "log_format all '$request_uri|$http_ttl|$http_topic|$http_authorization|$content_length|$connection';"
        text = NGINX.format(
            folder=folder, workers=workers, level="error", requests=requests, streams=streams, host=LOOPBACK, port=port,
            cert=made.cert, key=made.key, more=more, h2=" http2" if h2 else "",
            log=f"{folder}/access.log all" if logging else "off", format=form if logging else "",
        )  # fmt: skip
        (folder / "nginx.conf").write_text(text)
        argv = [_found("nginx"), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
        async with running(argv, port) as process:
            yield Sink(f"https://localhost:{port}", made.cert, process, folder)


@contextlib.asynccontextmanager
async def running(argv: list[str], port: int, out: IO[bytes] | None = None) -> AsyncIterator[int]:
    """A server for the block, once it listens; its process id. Raises if it ends or stays deaf for 10 s."""
    process = await asyncio.create_subprocess_exec(*argv, stdin=subprocess.DEVNULL, stdout=out, start_new_session=True)
    try:
        await _listens(process, port)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _listens(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(10):
        while process.returncode is None:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(LOOPBACK, port)
                writer.close()
                return
            await asyncio.sleep(0.02)
    raise RuntimeError(f"the server ended at once with code {process.returncode}")


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sonae-sink-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def _found(program: str) -> str:
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if found is None:
        raise FileNotFoundError(f"{program} is not installed: apt-get install {program}")
    return found
