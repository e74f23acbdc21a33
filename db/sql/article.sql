-- How the words of articles are kept and found. Texts come here cut into terms by model.Terms, so that nothing depends on
-- the database's locale; only ts_lexize is asked, which knows stems and stop words.

-- The lexemes that stand for a term: itself and its stems. Null for a stop word of any of the dictionaries.
CREATE OR REPLACE FUNCTION article_lexemes(term text, dictionaries text[]) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN starts_with($1, '=') THEN ARRAY[$1]
    ELSE (SELECT CASE WHEN bool_or(s.lexemes = '{}') THEN NULL ELSE array_remove(ARRAY[$1] || array_agg(DISTINCT s.lexemes[1]) FILTER (WHERE s.lexemes[1] <> $1), NULL) END
      FROM (SELECT ts_lexize(d::regdictionary, $1) AS lexemes FROM unnest($2) d) s) END
$$;

-- What a word has in common with words that are spelled like it: its trigrams and, behind a -, itself and what is left
-- of it without one letter. Two words that differ by a letter, or by the order of two, share one of the latter; trigrams
-- alone find refined (0.25) as near to refnud as refund (0.27). Null for what is no word, and for short ones.
CREATE OR REPLACE FUNCTION article_alike(account bigint, term text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN length($2) BETWEEN 4 AND 24 AND $2 !~ '^=|[0-9]' THEN ARRAY(
    SELECT $1 || ':' || substr('  ' || $2 || ' ', i, 3) FROM generate_series(1, length($2) + 1) i
    UNION SELECT $1 || ':-' || overlay($2 PLACING '' FROM i FOR 1) FROM generate_series(1, length($2)) i
    UNION SELECT $1 || ':-' || $2) END
$$;

-- The words of the account that an unknown word is likely a misspelling or a form of, and how likely. Only a thorough look
-- compares trigrams: in a large account it takes milliseconds.
CREATE OR REPLACE FUNCTION article_meant(account bigint, word text, thorough boolean) RETURNS TABLE (term text, parts int, likeness float8) LANGUAGE plpgsql STABLE AS $$
DECLARE
  mine text[] := article_alike(account, word);
  near text[] := ARRAY(SELECT m FROM unnest(mine) m WHERE starts_with(m, account || ':-'));
  grams text[] := ARRAY(SELECT m FROM unnest(mine) m WHERE NOT starts_with(m, account || ':-'));
BEGIN
  IF mine IS NULL THEN
    RETURN;
  END IF;
  -- In a short word one letter is much: the first one must be right.
  RETURN QUERY SELECT t.term, t.parts, 0.8::float8 FROM article_words w JOIN article_terms t ON t.account_id = w.account_id AND t.term = w.term
    WHERE w.alike && near AND (length(word) > 5 OR left(w.term, 1) = left(word, 1)) ORDER BY t.parts DESC, t.term LIMIT 3;
  IF FOUND OR NOT thorough THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT a.term, t.parts, a.likeness FROM (
    SELECT w.account_id, w.term, 2.0::float8 * (SELECT count(*) FROM unnest(w.alike) x WHERE x = ANY (grams)) / (cardinality(grams) + length(w.term) + 1) AS likeness
    FROM article_words w WHERE w.alike && grams AND length(w.term) BETWEEN length(word) / 2 AND length(word) * 2) a
    JOIN article_terms t ON t.account_id = a.account_id AND t.term = a.term WHERE a.likeness >= 0.55 ORDER BY a.likeness DESC, a.term LIMIT 3;
END
$$;
