"""SQL of lists of codes: a whole list is matched, judged and stored as a set."""

# As `numbering.squeeze` and `codes.expressions`; both sides stand on indexes of the codes.
_PLAIN = "regexp_replace(upper(left(r.code_text, 80)), '[^A-Z0-9]', '', 'g')"

# Whatever case, blanks, dots and dashes. %(list)s: id of the list.
MATCH = f"""
    UPDATE codes_codelistrow r SET code_id = c.id
    FROM codes_productionareacode c
    WHERE r.code_list_id = %(list)s AND {_PLAIN} <> '' AND replace(c.code, '-', '') = {_PLAIN}"""

# O for 0, I and L for 1, where that leaves one code. %(list)s.
MATCH_ALIKE = f"""
    UPDATE codes_codelistrow r SET code_id = found.code_id
    FROM (
        SELECT r.id, min(c.id) AS code_id
        FROM codes_codelistrow r
        JOIN codes_productionareacode c ON translate(c.code, 'OIL-', '011') = translate({_PLAIN}, 'OIL', '011')
        WHERE r.code_list_id = %(list)s AND r.code_id IS NULL AND {_PLAIN} <> ''
        GROUP BY r.id HAVING count(*) = 1
    ) found
    WHERE r.id = found.id"""

# What becomes of each row of an importing country's list. The first reason that holds is told.
# %(list)s, %(market)s, %(units)s: ids of the communes of the office, %(paths)s: 'from>wanted' pairs that lead on,
# %(default)s: the status of rows without a word.
JUDGE_MARKET = """
    WITH facts AS (
        SELECT r.id, r.row, r.code_text, c.id AS code_id, c.code, c.status AS code_status, c.market_id AS only_market,
               s.is_domestic, c.commune_id = ANY(%(units)s) AS is_ours, coalesce(a.status, 'not_submitted') AS now,
               CASE WHEN r.values ->> 'status_read' = 'unknown' THEN NULL
                    ELSE coalesce(nullif(r.values ->> 'status_read', ''), %(default)s) END AS wanted,
               r.values ->> 'status' AS word
        FROM codes_codelistrow r
        LEFT JOIN codes_productionareacode c ON c.id = r.code_id
        LEFT JOIN codes_codescheme s ON s.id = c.scheme_id
        LEFT JOIN codes_marketapproval a ON a.code_id = c.id AND a.market_id = %(market)s
        WHERE r.code_list_id = %(list)s
    ), several AS (
        SELECT *, row_number() OVER (PARTITION BY code_id ORDER BY row) AS nth,
               min(wanted) OVER (PARTITION BY code_id) IS DISTINCT FROM max(wanted) OVER (PARTITION BY code_id)
                   AS is_contradicted
        FROM facts
    ), judged AS (
        SELECT *, CASE
            WHEN trim(code_text) = '' THEN 'no_code'
            WHEN code_id IS NULL THEN 'unmatched'
            WHEN NOT is_ours THEN 'other_unit'
            WHEN wanted IS NULL THEN 'unknown_status'
            WHEN code_status IN ('revoked', 'superseded') THEN 'code_over'
            WHEN only_market IS NOT NULL AND only_market <> %(market)s THEN 'other_market'
            WHEN is_domestic THEN 'domestic'
            WHEN is_contradicted THEN 'contradicts'
            WHEN nth > 1 THEN 'repeated'
            WHEN now <> wanted AND now || '>' || wanted <> ALL(%(paths)s) THEN 'no_path'
        END AS reason
        FROM several
    )
    UPDATE codes_codelistrow r
    SET wanted_status = coalesce(j.wanted, ''),
        verdict = CASE WHEN j.reason = 'unmatched' THEN 'unmatched' WHEN j.reason = 'repeated' THEN 'same'
                       WHEN j.reason IS NOT NULL THEN 'refused' WHEN j.now = j.wanted THEN 'same' ELSE 'change' END,
        findings = CASE
            WHEN j.reason IS NOT NULL THEN jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
                'code', j.reason, 'market', j.only_market, 'text', j.word, 'now', j.now, 'wanted', j.wanted)))
            WHEN replace(j.code, '-', '') <> regexp_replace(upper(j.code_text), '[^A-Z0-9]', '', 'g')
                THEN jsonb_build_array(jsonb_build_object('code', 'spelled_otherwise', 'text', j.code))
            ELSE '[]'::jsonb END
    FROM judged j WHERE j.id = r.id"""

# The code that is spelled most like an unmatched row's, by trigrams (their index). %(list)s, %(limit)s rows at most.
NEAREST = """
    UPDATE codes_codelistrow r
    SET findings = r.findings || jsonb_build_array(jsonb_build_object('code', 'nearest', 'text', near.code))
    FROM (
        SELECT row.id, near.code
        FROM (SELECT id, upper(code_text) AS typed FROM codes_codelistrow
              WHERE code_list_id = %(list)s AND verdict = 'unmatched' ORDER BY row LIMIT %(limit)s) row,
        LATERAL (SELECT c.code FROM codes_productionareacode c WHERE c.code %% row.typed
                 ORDER BY similarity(c.code, row.typed) DESC, c.code LIMIT 1) near
    ) near
    WHERE near.id = r.id"""

# What becomes of each row of a list of old codes, beyond what reading it has found (`values -> 'wrong'`).
# %(list)s, %(scheme)s.
JUDGE_OLD = """
    WITH facts AS (
        SELECT r.id, r.row, r.values ->> 'printed' AS printed, r.values -> 'wrong' AS wrong,
               r.values -> 'told' AS told, c.id AS code_id, c.code, c.crop_id,
               (r.values ->> 'crop_id')::bigint AS wanted_crop, c.is_imported, c.issued_on,
               (r.values ->> 'issued')::date AS wanted_day, r.values ->> 'scope' AS scope,
               (r.values ->> 'serial')::bigint AS serial
        FROM codes_codelistrow r
        LEFT JOIN codes_productionareacode c ON replace(c.code, '-', '') = replace(r.values ->> 'printed', '-', '')
        WHERE r.code_list_id = %(list)s
    ), several AS (
        SELECT f.*,
               row_number() OVER (PARTITION BY replace(f.printed, '-', '') ORDER BY f.row) AS nth,
               first_value(f.printed) OVER (PARTITION BY f.scope, f.serial ORDER BY f.row) AS first_of_serial,
               taken.code AS taken_by
        FROM facts f
        LEFT JOIN codes_productionareacode taken
            ON f.serial IS NOT NULL AND taken.scheme_id = %(scheme)s AND taken.scope = f.scope
            AND taken.serial = f.serial
    ), judged AS (
        SELECT *, CASE
            WHEN jsonb_array_length(wrong) > 0 THEN wrong
            WHEN nth > 1 THEN '[{"code": "repeated"}]'::jsonb
            WHEN code_id IS NOT NULL AND (crop_id <> wanted_crop OR issued_on <> wanted_day)
                THEN '[{"code": "code_known"}]'::jsonb
            WHEN code_id IS NULL AND taken_by IS NOT NULL
                THEN jsonb_build_array(jsonb_build_object('code', 'serial_taken', 'text', taken_by))
            WHEN code_id IS NULL AND serial IS NOT NULL AND first_of_serial <> printed
                THEN jsonb_build_array(jsonb_build_object('code', 'serial_taken', 'text', first_of_serial))
            ELSE '[]'::jsonb END AS against
        FROM several
    )
    UPDATE codes_codelistrow r
    SET code_id = j.code_id,
        verdict = CASE WHEN jsonb_array_length(j.against) > 0 THEN 'refused' WHEN j.code_id IS NOT NULL THEN 'same'
                       ELSE 'change' END,
        findings = j.against || CASE WHEN j.code_id IS NULL THEN j.told ELSE '[]'::jsonb END
    FROM judged j WHERE j.id = r.id"""

# Counters move up to the highest old serial of each scope, never down; locked in the order of their scopes.
# %(scheme)s, %(list)s.
ADVANCE_COUNTERS = """
    INSERT INTO codes_codecounter (scheme_id, scope, last)
    SELECT %(scheme)s, r.values ->> 'scope', max((r.values ->> 'serial')::bigint)
    FROM codes_codelistrow r
    WHERE r.code_list_id = %(list)s AND r.verdict = 'change' AND r.values ->> 'serial' IS NOT NULL
    GROUP BY 2 ORDER BY 2
    ON CONFLICT (scheme_id, scope) DO UPDATE SET last = greatest(codes_codecounter.last, excluded.last)"""
