"""The store: what was flushed is there again after a new start, in its old order."""

from pathlib import Path

from sandbox.store import Store


def test_flushed_documents_outlive_a_process_that_never_closed(tmp_path: Path) -> None:
    first = Store(tmp_path / "state.sqlite3")
    things = first.collection("things")
    for key in ("b", "a", "c"):
        things.put(key, {"key": key, "list": [1, {"deep": None}]})
    things.put("b", {"key": "b", "changed": True})
    things.delete("c")
    first.flush()
    second = Store(tmp_path / "state.sqlite3")
    assert second.collection("things").items() == [
        ("b", {"key": "b", "changed": True}),
        ("a", {"key": "a", "list": [1, {"deep": None}]}),
    ]
    first.close()
    second.close()


def test_unflushed_documents_are_not_in_the_file(tmp_path: Path) -> None:
    first = Store(tmp_path / "state.sqlite3")
    first.collection("things").put("a", {})
    second = Store(tmp_path / "state.sqlite3")
    assert "a" not in second.collection("things")
    assert "a" in first.collection("things")
    first.close()
    second.close()


def test_blobs_outlive_a_restart_and_a_clear_removes_everything(tmp_path: Path) -> None:
    first = Store(tmp_path / "state.sqlite3")
    first.put_blob("sum", b"\x00content")
    first.collection("things").put("a", {})
    first.close()
    second = Store(tmp_path / "state.sqlite3")
    assert second.get_blob("sum") == b"\x00content"
    second.clear()
    second.close()
    third = Store(tmp_path / "state.sqlite3")
    assert third.get_blob("sum") is None
    assert len(third.collection("things")) == 0
    third.close()


def test_without_a_path_everything_stays_in_memory() -> None:
    store = Store(None)
    store.collection("things").put("a", {"x": 1})
    store.put_blob("sum", b"content")
    store.flush()
    assert store.collection("things").get("a") == {"x": 1}
    assert store.get_blob("sum") == b"content"
    store.close()
