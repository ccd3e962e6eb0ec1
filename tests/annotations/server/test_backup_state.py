from evalmuse_hf.annotations.server.backup_state import BackupFacts, BackupState


def test_a_success_ends_a_row_of_failures_but_not_a_conflict():
    state = BackupState(BackupFacts(repo="me/ratings"))
    assert [state.failed(error) for error in ("a", "a", "b", "a")] == [True, False, True, True]
    assert (state.facts.error, state.facts.n_failures, state.facts.saved_at) == ("a", 4, None)
    state.stop("one")
    state.stop("two")
    state.succeeded(5.0)
    assert state.facts == BackupFacts(repo="me/ratings", saved_at=5.0, diverged="one")
    assert state.failed("a")
