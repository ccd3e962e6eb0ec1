import pytest

from evalmuse_hf.scoring.journals import add_record, open_journal, read_records, write_all


def test_records_come_back_in_their_order(tmp_path):
    with open_journal(tmp_path / "journal") as stream:
        add_record(stream, {"row": 1})
        add_record(stream, {"row": 2}, safe=True)
    assert list(read_records((tmp_path / "journal").read_bytes())) == [{"row": 1}, {"row": 2}]


@pytest.mark.parametrize(
    "rest", [b'{"row": 2', b'{"row": 2}', b"\xff\xfe"], ids=["half", "without its end", "no text"]
)
def test_what_a_killed_writer_left_is_lost_and_nothing_else(tmp_path, rest):
    path = tmp_path / "journal"
    path.write_bytes(b'{"row": 1}\n' + rest)
    with open_journal(path) as stream:
        add_record(stream, {"row": 3})
    whole = [{"row": 2}] if rest.endswith(b"}") else []
    assert list(read_records(path.read_bytes())) == [{"row": 1}, *whole, {"row": 3}]


def test_lines_that_are_no_records_are_passed_over():
    assert list(read_records(b'[1]\n7\n\n{"a": 1}\n')) == [{"a": 1}]


def test_everything_is_written_also_by_a_file_that_takes_a_part_at_a_time():
    class Slow:
        taken = b""

        def write(self, content):
            self.taken += bytes(content[:3])
            return min(3, len(content))

    stream = Slow()
    write_all(stream, b"0123456789")
    assert stream.taken == b"0123456789"
