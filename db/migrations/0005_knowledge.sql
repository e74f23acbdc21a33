-- What AI Agents know: articles, the parts in which they are found, and the words of each account's articles.

CREATE TABLE articles (
  account_id bigint NOT NULL REFERENCES accounts,
  id uuid NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  source text,
  language text,
  enabled boolean NOT NULL,
  updated_by uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, updated_by) REFERENCES agents
);
CREATE UNIQUE INDEX articles_source ON articles (account_id, source) WHERE source IS NOT NULL;
CREATE INDEX articles_title ON articles (account_id, lower(title), id);

-- terms is null while the article is off. Each of its lexemes begins with the account, so that the index is one per
-- account: a word that another account uses a million times costs nothing. It takes new rows at once: a list of pending
-- ones would be read by every search.
CREATE TABLE article_parts (
  account_id bigint NOT NULL,
  article_id uuid NOT NULL,
  position int NOT NULL,
  heading text NOT NULL,
  text text NOT NULL,
  terms tsvector,
  PRIMARY KEY (account_id, article_id, position),
  FOREIGN KEY (account_id, article_id) REFERENCES articles ON DELETE CASCADE
);
CREATE INDEX article_parts_terms ON article_parts USING gin (terms) WITH (fastupdate = off);

-- In how many parts each term stands: what is rare says more.
CREATE TABLE article_terms (
  account_id bigint NOT NULL REFERENCES accounts,
  term text NOT NULL,
  parts int NOT NULL CHECK (parts >= 0),
  PRIMARY KEY (account_id, term)
) WITH (fillfactor = 70);

-- What misspelled words are found by: article_alike(). Apart from the counts, which change often.
CREATE TABLE article_words (
  account_id bigint NOT NULL,
  term text NOT NULL,
  alike text[] NOT NULL,
  PRIMARY KEY (account_id, term),
  FOREIGN KEY (account_id, term) REFERENCES article_terms ON DELETE CASCADE
);
CREATE INDEX article_words_alike ON article_words USING gin (alike) WITH (fastupdate = off);

-- One row per account that has had articles: the lock under which its articles change, how many parts can be found, and
-- the dictionaries that their words were brought to their stems with.
CREATE TABLE article_counts (
  account_id bigint PRIMARY KEY REFERENCES accounts,
  parts int NOT NULL CHECK (parts >= 0),
  dictionaries text[] NOT NULL
);
