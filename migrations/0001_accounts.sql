-- Who may call: accounts and their logins, and the table by which a batch refuses.

-- D1 has batches in place of transactions, and a statement that matches no row does not undo one.
-- What must undo a batch inserts a row here: the trigger turns the row into the error that aborts
-- everything before it. The table is therefore always empty.
CREATE TABLE refusals (
  code TEXT NOT NULL,
  detail TEXT NOT NULL,
  extra TEXT -- a JSON object, members of the answer
) STRICT;

CREATE TRIGGER refusals_abort BEFORE INSERT ON refusals BEGIN
  SELECT RAISE(ABORT, 'refused ' || json_object('code', NEW.code, 'detail', NEW.detail, 'extra', json(NEW.extra)));
END;

-- Tables that give out ids use AUTOINCREMENT: a plain INTEGER PRIMARY KEY gives the id of a deleted last row
-- away again. Moments are milliseconds since 1970, UTC. The columns named *_key hold the text after
-- NFKC and lower-casing, which SQLite cannot do itself; it is what is compared and sorted.
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  address TEXT,
  password_hash TEXT NOT NULL,
  password_version INTEGER NOT NULL DEFAULT 0, -- moves with the password, not when it is hashed anew
  is_staff INTEGER NOT NULL DEFAULT 0 CONSTRAINT is_staff_boolean CHECK (is_staff IN (0, 1)),
  order_count INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

-- One row a login, the authority over every token of it. A refresh token is the signed pair (id,
-- counter); refreshing moves the counter. Every claim of the tokens comes from this row, so that a
-- repeated refresh gives the same pair byte for byte: hence is_staff, the value as of refreshed_at.
CREATE TABLE logins (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users (id),
  counter INTEGER NOT NULL DEFAULT 0,
  is_staff INTEGER NOT NULL,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  refreshed_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

CREATE INDEX logins_by_user ON logins (user_id);

-- When a login ends: revoked, past its thirty days, or a day after its last refresh. For the job that
-- removes those long ended; its query must have this very expression.
CREATE INDEX logins_by_end ON logins (min(ifnull(revoked_at, ends_at), ends_at, refreshed_at + 86400000));
