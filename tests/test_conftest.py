import gc
import os
import socket
import subprocess
import sys
import threading

import pytest

DOCUMENTATION_ADDRESS = ("192.0.2.1", 80)  # RFC 5737: never assigned, so an unguarded connect would hang


def test_an_address_beyond_the_machine_is_refused_at_once():
    with socket.socket() as client, pytest.raises(ConnectionRefusedError, match=r"beyond this machine.*192\.0\.2\.1"):
        client.connect(DOCUMENTATION_ADDRESS)
    with socket.socket() as client, pytest.raises(ConnectionRefusedError, match="beyond this machine"):
        client.connect_ex(DOCUMENTATION_ADDRESS)


def test_a_datagram_beyond_the_machine_is_refused():
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(ConnectionRefusedError):
        client.sendto(b"hello", DOCUMENTATION_ADDRESS)


@pytest.mark.parametrize("resolve", [lambda name: socket.getaddrinfo(name, 443), socket.gethostbyname])
def test_a_name_beyond_the_machine_is_not_resolved(resolve):
    with pytest.raises(ConnectionRefusedError, match="huggingface"):
        resolve("huggingface.co")


def test_loopback_stays_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].sendall(b"here"), daemon=True).start()
        with socket.create_connection(("localhost", server.getsockname()[1]), timeout=10) as client:
            assert client.recv(4) == b"here"


def test_unix_sockets_stay_open():
    first, second = socket.socketpair(socket.AF_UNIX)
    with first, second:
        first.sendall(b"here")
        assert second.recv(4) == b"here"


def test_a_child_process_is_refused_too():
    program = f"import socket; socket.create_connection({DOCUMENTATION_ADDRESS!r}, timeout=20)"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert child.returncode == 1
    assert "may not reach beyond this machine" in child.stderr


def test_the_hugging_face_libraries_are_told_to_stay_offline():
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE")
    assert [os.environ[name] for name in names] == ["1"] * 4


def test_caches_are_private_to_the_run():
    assert "evalmuse-tests-" in os.environ["HF_HOME"]
    assert os.environ["HF_DATASETS_CACHE"].startswith(os.environ["HF_HOME"])


def test_the_golden_folder_exists(golden):
    assert golden.is_dir()


def test_garbage_is_collected_while_tests_run():
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
