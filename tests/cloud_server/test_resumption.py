"""A token leads to its session, for the newest connection, for as long as promised."""

from __future__ import annotations

from cloud_server.resumption import Resumption


def test_a_token_gives_the_session_to_the_newest_connection() -> None:
    resumption: Resumption[str] = Resumption()
    session = resumption.begin("first")
    resumed = resumption.resume(session.resume_token, "second", 0.0)
    assert resumed is not None
    assert (resumed[0].session_id, resumed[0].resumed, resumed[1]) == (session.session_id, True, "first")
    resumption.leave(session.resume_token, "first", 0.0)  # too late to matter
    again = resumption.resume(session.resume_token, "third", 1e6)
    assert again is not None
    assert again[1] == "second"


def test_sessions_and_tokens_never_repeat() -> None:
    resumption: Resumption[int] = Resumption()
    sessions = [resumption.begin(number) for number in range(100)]
    assert len({session.session_id for session in sessions}) == len({session.resume_token for session in sessions}) == 100
    assert all(len(session.resume_token) >= 32 for session in sessions)


def test_a_left_session_waits_as_long_as_promised_and_no_longer() -> None:
    resumption: Resumption[str] = Resumption(max_age_s=10.0)
    session = resumption.begin("first")
    resumption.leave(session.resume_token, "first", 100.0)
    resumed = resumption.resume(session.resume_token, "second", 110.0)
    assert resumed is not None
    assert resumed[1] is None
    resumption.leave(session.resume_token, "second", 110.0)
    assert resumption.resume(session.resume_token, "third", 120.1) is None


def test_of_too_many_left_sessions_the_longest_left_goes() -> None:
    resumption: Resumption[int] = Resumption(max_sessions=2)
    sessions = [resumption.begin(number) for number in range(3)]
    for number, session in enumerate(sessions):
        resumption.leave(session.resume_token, number, 0.0)
    assert [resumption.resume(session.resume_token, 9, 0.0) is not None for session in sessions] == [False, True, True]


def test_an_unknown_token_leads_nowhere() -> None:
    assert Resumption[str]().resume("guess", "me", 0.0) is None


def test_another_tenants_token_leads_nowhere_and_takes_nothing_away() -> None:
    resumption: Resumption[str] = Resumption()
    session = resumption.begin("first", "a")
    assert resumption.resume(session.resume_token, "thief", 0.0, "b") is None
    resumption.leave(session.resume_token, "first", 0.0)
    assert resumption.resume(session.resume_token, "thief", 0.0, "b") is None
    assert resumption.resume(session.resume_token, "second", 0.0, "a") is not None
