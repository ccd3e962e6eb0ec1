from evalmuse_hf.annotations.errors import AnnotationError, ConflictError, NotAllowedError


def test_a_refusal_carries_a_word_and_an_http_status():
    errors = [
        AnnotationError("no", status="bad_answer"),
        NotAllowedError("no"),
        NotAllowedError("no", status="wrong_login", http_status=401),
        ConflictError("no", status="other_tab"),
    ]
    assert [(error.status, error.http_status) for error in errors] == [
        ("bad_answer", 422),
        ("not_yours", 403),
        ("wrong_login", 401),
        ("other_tab", 409),
    ]
    assert {str(error) for error in errors} == {"no"}
