import pytest

from evalmuse_hf.data.errors import ReleaseError


def test_whoever_expects_wrong_values_sees_an_unreadable_release():
    with pytest.raises(ValueError, match="no release"):
        raise ReleaseError("no release")
