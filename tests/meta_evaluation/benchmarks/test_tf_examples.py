import struct

import pytest

from evalmuse_hf.meta_evaluation.benchmarks.tf_examples import read_tf_examples


def record(message):
    return struct.pack("<QI", len(message), 0) + message + b"\0\0\0\0"


def field(number, content):
    """A field of fewer than 16,384 bytes, with its length in one group of seven bits or in two."""
    low, high = len(content) & 0x7F, len(content) >> 7
    return bytes([number << 3 | 2, *([low | 0x80, high] if high else [low])]) + content


def feature(name, kind, content):
    return field(1, field(1, name.encode()) + field(2, field(kind, content)))


def example(*features):
    return field(1, b"".join(features))


def test_texts_numbers_and_lists_are_read(tmp_path):
    packed = struct.pack("<2f", 0.25, 0.75)
    message = example(
        feature("filename", 1, field(1, b"test/1.png")),
        feature("map", 1, field(1, b"\x89PNG")),
        feature("score", 2, field(1, struct.pack("<f", 0.5))),
        feature("both", 2, field(1, packed)),
        feature("alone", 2, bytes([1 << 3 | 5]) + struct.pack("<f", 0.125)),
        feature("whole", 3, field(1, b"\x07\xac\x02" + b"\xff" * 9 + b"\x01")),  # 7, 300, -1
        feature("one", 3, bytes([1 << 3 | 0, 0x96, 0x01])),  # 150, not packed
        feature("nothing", 1, b""),
    )
    path = tmp_path / "test.tfrecord"
    path.write_bytes(record(message) + record(example()))
    first, second = read_tf_examples(path)
    assert first == {
        **{"filename": "test/1.png", "map": b"\x89PNG", "score": 0.5, "both": [0.25, 0.75], "alone": 0.125},
        **{"whole": [7, 300, -1], "one": 150, "nothing": None},
    }
    assert second == {}


def test_what_protobuf_writes_is_read(tmp_path):
    descriptor_pb2 = pytest.importorskip("google.protobuf.descriptor_pb2")
    from google.protobuf import descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="own", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto

    def message(name, *fields):
        described = file.message_type.add(name=name)
        for number, (label, kind, type_name) in enumerate(fields, start=1):
            described.field.add(name=f"f{number}", number=number, label=label, type=kind, type_name=type_name)
        return described

    many, one = kinds.LABEL_REPEATED, kinds.LABEL_OPTIONAL
    message("Bytes", (many, kinds.TYPE_BYTES, None))
    message("Floats", (many, kinds.TYPE_FLOAT, None))
    message("Integers", (many, kinds.TYPE_INT64, None))
    message("Feature", *((one, kinds.TYPE_MESSAGE, f".own.{name}") for name in ("Bytes", "Floats", "Integers")))
    message("Entry", (one, kinds.TYPE_STRING, None), (one, kinds.TYPE_MESSAGE, ".own.Feature"))
    message("Features", (many, kinds.TYPE_MESSAGE, ".own.Entry"))
    message("Example", (one, kinds.TYPE_MESSAGE, ".own.Features"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    written = message_factory.GetMessageClass(pool.FindMessageTypeByName("own.Example"))()
    for name, member, values in (
        ("filename", "f1", [b"test/1.png"]),
        ("scores", "f2", [0.5, 0.25]),
        ("sizes", "f3", [512, -3]),
        ("long", "f1", [b"x" * 300]),
    ):
        entry = written.f1.f1.add(f1=name)
        getattr(entry.f2, member).f1.extend(values)
    path = tmp_path / "test.tfrecord"
    path.write_bytes(record(written.SerializeToString()))
    assert list(read_tf_examples(path)) == [
        {"filename": "test/1.png", "scores": [0.5, 0.25], "sizes": [512, -3], "long": "x" * 300}
    ]


def test_a_file_that_is_cut_says_so(tmp_path):
    path = tmp_path / "test.tfrecord"
    whole = record(example(feature("filename", 1, field(1, b"1.png"))))
    path.write_bytes(whole + whole[:-6])
    with pytest.raises(ValueError, match=r"Record 2 of test.tfrecord is cut"):
        list(read_tf_examples(path))


def test_a_pointer_of_git_lfs_is_told_from_a_record(tmp_path):
    path = tmp_path / "test.tfrecord"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")
    with pytest.raises(ValueError, match="git lfs pull"):
        list(read_tf_examples(path))


@pytest.mark.parametrize("message", [b"\x0a\x05\x0a", b"\xff", b"\x0c\x00", b"\x0a\x04\x0a\x02\x12\x00"])
def test_a_message_that_is_no_example_says_so(tmp_path, message):
    path = tmp_path / "test.tfrecord"
    path.write_bytes(record(message))
    with pytest.raises(ValueError, match=r"Record 1 of test.tfrecord is no tf.train.Example"):
        list(read_tf_examples(path))
