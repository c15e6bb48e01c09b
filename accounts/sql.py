"""SQL of sign-in."""

# What an account's rights are made of. `ctid` beside `xmin`: a row may change twice in a transaction.
_RIGHTS = """
           u.xmin::text, u.ctid::text,
           (SELECT string_agg(p.id || ' ' || p.xmin::text || p.ctid::text, ',' ORDER BY p.id)
            FROM accounts_officerpost p WHERE p.user_id = u.id),
           (SELECT string_agg(m.id || ' ' || m.xmin::text || m.ctid::text, ',' ORDER BY m.id)
            FROM mfa_authenticator m WHERE m.user_id = u.id),
           (SELECT max(pgh_id) FROM places_administrativeunithistory), (SELECT max(id) FROM places_unitsuccession)"""

# One row that is another one as soon as the session, the account, one of its posts or second factors or the units were
# changed; none when the session is over. Parameters: session key, user.
STAMP = f"""
    SELECT s.xmin::text, s.ctid::text, {_RIGHTS}
    FROM django_session s, accounts_user u
    WHERE s.session_key = %s AND s.expire_date > statement_timestamp() AND u.id = %s"""

# The same for an access token; none when it was revoked. Parameter: the token.
TOKEN_STAMP = f"""
    SELECT t.xmin::text, t.ctid::text, {_RIGHTS}
    FROM authtoken_token t JOIN accounts_user u ON u.id = t.user_id
    WHERE t.key = %s"""
