import io
import subprocess
import tarfile
import zipfile

import pytest

from tests.packaging import distributions

METADATA = """\
Metadata-Version: 2.4
Name: evalmuse-hf
Version: 0.1.0
License-Expression: Apache-2.0
Requires-Python: >=3.11
Description-Content-Type: text/markdown
Requires-Dist: numpy

"""
ENTRIES = "[console_scripts]\nevalmuse = a:b\n[evalmuse_hf.scorers]\nlevel_judge = a:b\nvie_score = a:b\n"
NAMES = ["evalmuse_hf/a.py", "evalmuse_hf/pages/frame.css", "spaces/api/app.py", "tests/test_a.py", "README.md"]
SIZES = {"evalmuse_hf/a.py": 9, "evalmuse_hf/pages/frame.css": 9, "share/evalmuse_hf/spaces/api/app.py": 9}


def write_wheel(path, files):
    with zipfile.ZipFile(path, "w") as opened:
        for name, text in files.items():
            opened.writestr(name, text)
    return path


def described(path, metadata=METADATA, entries=ENTRIES):
    inner = "evalmuse_hf-0.1.0.dist-info"
    return write_wheel(path, {f"{inner}/METADATA": metadata + "word " * 400, f"{inner}/entry_points.txt": entries})


def test_files_are_those_that_git_sees(tmp_path):
    def git(*words):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    for name in ("kept.py", "new.py", "gone.py", "a.log"):
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text("*.log\n")
    git("add", "kept.py", "gone.py")
    (tmp_path / "gone.py").unlink()
    assert distributions.list_files(tmp_path, tracked_only=True) == ["kept.py"]
    assert distributions.list_files(tmp_path, tracked_only=False) == [".gitignore", "kept.py", "new.py"]
    distributions.copy_files(tmp_path, ["kept.py"], tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["kept.py"]


def test_a_wheel_that_holds_what_the_checkout_has_is_fine():
    assert distributions.content_problems(SIZES, NAMES) == []


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"evalmuse_hf/pages/frame.css": None}, "frame.css is not in the wheel; see package_data"),
        ({"share/evalmuse_hf/spaces/api/app.py": None}, "api/app.py is not in the wheel"),
        ({"evalmuse_hf/b.py": 9}, "evalmuse_hf/b.py is in the wheel and not in the checkout"),
        ({"evalmuse_hf/a.py": 11 * 1024**2}, "a.py has 11.0 MB"),
        ({"evalmuse_hf/__pycache__/a.pyc": 9}, "a.pyc has no place"),
        ({"tests/test_a.py": 9}, "tests/test_a.py has no place"),
    ],
)
def test_what_is_missing_too_much_or_too_large_is_named(change, sentence):
    sizes = {name: size for name, size in {**SIZES, **change}.items() if size is not None}
    assert any(sentence in problem for problem in distributions.content_problems(sizes, NAMES))


def test_what_a_wheel_installs_is_read_with_its_data_and_without_its_own_list(tmp_path):
    files = {
        "evalmuse_hf/a.py": "four",
        "evalmuse_hf-0.1.0.data/data/share/evalmuse_hf/spaces/api/app.py": "12",
        "evalmuse_hf-0.1.0.dist-info/RECORD": "",
    }
    wheel = write_wheel(tmp_path / "a.whl", files)
    assert distributions.installed_paths(wheel) == {"evalmuse_hf/a.py": 4, "share/evalmuse_hf/spaces/api/app.py": 2}


def test_two_wheels_are_compared_by_content_and_not_by_the_order_of_their_lists(tmp_path):
    inner = "evalmuse_hf-0.1.0.dist-info"
    wheels = [
        write_wheel(tmp_path / f"{name}.whl", {"a.py": text, f"{inner}/RECORD": name, **more})
        for name, text, more in (("1", "x", {}), ("2", "x", {}), ("3", "y", {}), ("4", "x", {"b.py": ""}))
    ]
    first, same, changed, longer = map(distributions.wheel_contents, wheels)
    assert distributions.differing_files(first, same) == []
    assert len(distributions.differing_files(first, changed)) == 1
    assert distributions.differing_files(first, longer)[0].startswith("b.py is not the same")


def test_a_source_archive_without_a_file_or_with_tests_is_found(tmp_path):
    needed = ["setup.cfg", "pyproject.toml", "README.md", "LICENSE", "constraints.txt", "CHANGELOG.md"]
    held = [*needed, "evalmuse_hf/a.py", "tests/test_a.py"]
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as opened:
        for name in held:
            opened.addfile(tarfile.TarInfo(f"evalmuse_hf-0.1.0/{name}"), io.BytesIO())
    names = ["evalmuse_hf/a.py", "metrics/dsg/dsg.py", "docs/a.md"]
    assert distributions.archive_problems(tmp_path / "a.tar.gz", names) == [
        "metrics/dsg/dsg.py is not in the source archive.",
        "tests/test_a.py has no place in it.",
    ]


def test_metadata_that_the_index_takes_has_no_problems(tmp_path):
    assert distributions.metadata_problems(described(tmp_path / "a.whl")) == []


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        ("Requires-Dist: numpy", "Requires-Dist: numpy @ https://a/b.whl", "names an address"),
        ("Requires-Python: >=3.11", "Requires-Python: three", "is wrong"),
        ("Requires-Python: >=3.11", "Requires-Python: >=3.9", "Python 3.11 is not the oldest"),
        ("text/markdown", "text/plain", "no Markdown"),
        ("License-Expression: Apache-2.0\n", "", "no licence"),
        ("License-Expression", "Licence-Expression", "unknown field"),
    ],
)
def test_metadata_that_the_index_refuses_is_found(tmp_path, old, new, sentence):
    wheel = described(tmp_path / "a.whl", METADATA.replace(old, new))
    assert any(sentence in problem for problem in distributions.metadata_problems(wheel))


def test_a_missing_entry_point_is_found(tmp_path):
    wheel = described(tmp_path / "a.whl", entries=ENTRIES.replace("vie_score = a:b\n", ""))
    assert distributions.metadata_problems(wheel) == ["In the metadata our scorers beyond the paper are missing."]
