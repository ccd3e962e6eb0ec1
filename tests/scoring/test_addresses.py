import socket

import pytest

from evalmuse_hf.scoring.addresses import PortInUseError, ServingError, check_address


def test_a_port_in_use_is_one_sentence_and_a_free_one_is_none():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"^Port {port} of 127.0.0.1 is in use; choose another one.$"):
            check_address("127.0.0.1", port)
    check_address("127.0.0.1", port)


@pytest.mark.parametrize("host, port", [("127.0.0.1", 0), ("127.0.0.1", 65_536), ("no.such.host.invalid", 7999)])
def test_an_address_that_is_none_is_one_sentence(host, port):
    with pytest.raises(ServingError, match=r"^(A port is|Cannot listen at no\.such)"):
        check_address(host, port)
