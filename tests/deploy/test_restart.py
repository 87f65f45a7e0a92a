"""Nobody is refused while the program is restarted: workers changed in place, and one of two hosts at a time."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.cities import city, copy_of
from tests.deploy.serving import Asker, answers, free_port, serving, status, wait_until
from yaotong.acts.demo import DEMO_PASSWORD

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
ASKED = "/api/v1/public/pharmacies/nearest?lon=121.02&lat=30.69&limit=3"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = copy_of(city("small"), tmp_path / "home").settings.home
    settings = made / "settings.toml"
    text = settings.read_text("utf-8")
    said = (
        ("per_minute = 1200", "per_minute = 0"),
        ("# trusted_proxies = 0", "trusted_proxies = 1"),
        ("# https = false", "https = true"),
    )
    for old, new in said:
        assert text.count(old) == 1
        text = text.replace(old, new)
    settings.write_text(text, "utf-8")
    return made


def workers_of(server: int) -> set[int]:
    """The processes that answer."""
    found = subprocess.run(["pgrep", "-P", str(server)], capture_output=True, text=True, check=False)
    return {int(one) for one in found.stdout.split()}


def test_workers_are_changed_without_refusing_anybody(home: Path) -> None:
    port = free_port()
    with serving(home, port) as server:
        with Asker(port, ASKED) as asker:
            for _ in range(2):
                before = workers_of(server.pid)
                assert len(before) == 2
                server.send_signal(signal.SIGHUP)
                wait_until(lambda was=before: len(now := workers_of(server.pid)) == 2 and not now & was)
                asker.more(30)
        assert asker.faults == []
        assert asker.asked > 100


@contextmanager
def nginx(folder: Path, front: int, behind: list[int]) -> Iterator[None]:
    """The nginx of deploy/, with this machine's ports and a certificate of its own."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program is not None, "sh .ci/install-deploy"
    own_certificate(folder)
    text = (ROOT / "deploy/nginx/yaotong.conf").read_text("utf-8")
    servers = "\n".join(f"    server 127.0.0.1:{one} max_fails=2 fail_timeout=5s;" for one in behind)
    for old, new in (
        ("    server 127.0.0.1:8000 max_fails=2 fail_timeout=5s;", servers),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{front};"),
        ("/etc/yaotong/tls", str(folder)),
        ("/var/log/nginx", str(folder)),
    ):
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    whole = folder / "nginx.conf"
    temp = "".join(
        f"{one}_temp_path {folder}/{one};" for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole.write_text(f"pid {folder}/nginx.pid;daemon off;events {{}}\nhttp {{ {temp}\n{text} }}\n", "utf-8")
    given = [program, "-p", str(folder), "-c", str(whole), "-e", str(folder / "start.log")]
    checked = subprocess.run([*given, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    running = subprocess.Popen(given)
    try:
        yield
    finally:
        running.terminate()
        running.wait(30)


def own_certificate(folder: Path) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, *plain))


def test_one_of_two_hosts_restarts_behind_nginx_and_nobody_notices(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "nginx"
    folder.mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    first, second, front = free_port(), free_port(), free_port()
    with serving(home, second), nginx(folder, front, [first, second]):
        with serving(home, first):
            wait_until(lambda: answers(front))
            asker = Asker(front, ASKED)
            asker.__enter__()
            try:
                asker.more(30)
            except BaseException:
                asker.__exit__()
                raise
        # The first host is gone now: the second answers for both.
        try:
            asker.more(60)
            with serving(home, first):
                asker.more(30)
        finally:
            asker.__exit__()
        assert asker.faults == []
        # Figures are not for those who come from outside.
        assert status(front, "/metrics") == 403
        # And where a citizen stands is in no log of the proxy.
        logged = (folder / "yaotong.log").read_text("utf-8")
        assert "/api/v1/public/pharmacies/nearest" in logged
        assert "121.02" not in logged + (folder / "yaotong-error.log").read_text("utf-8")


def test_a_server_that_was_told_to_end_ends_without_a_word(tmp_path: Path) -> None:
    home, port = copy_of(city("small"), tmp_path / "quiet").settings.home, free_port()
    command = [sys.executable, "-m", "yaotong", "serve", "--home", str(home), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: answers(port))
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
            assert token is not None
            said = {"username": "msa", "password": DEMO_PASSWORD, "csrf_token": token[1]}
            client.post("/login", data=said)
            # A page that reads fact files; and the maps are made ready meanwhile.
            alert_id = client.get("/api/v1/alerts").json()["alerts"][0]["alert_id"]
            assert client.get(f"/alerts/{alert_id}").status_code == 200
        time.sleep(8)
        server.send_signal(signal.SIGTERM)
        _, told = server.communicate(timeout=60)
    finally:
        server.kill()
    assert told == ""
