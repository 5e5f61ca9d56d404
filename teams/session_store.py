"""Django's sessions in the database. Each request reads one, so the query is a prepared one."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from work.prepared import Prepared

_WITH_KEY = Prepared(lambda key: Session.objects.filter(session_key=key))


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        session = _WITH_KEY.first(self.session_key or "")
        if session is None or session.expire_date <= timezone.now():
            self._session_key = None
            return None
        return session
