-- What would be dear to change once shops have data. SQLite cannot take a NOT NULL off a column, so tables
-- are made anew: their rows go aside and come back, in the one transaction of this migration, with foreign
-- keys checked at its end. No row of these tables was ever deleted, so the next id is still above all others.
PRAGMA defer_foreign_keys = on;

-- email_key and password_hash may be NULL: a customer who has no address or password yet.
CREATE TABLE carried_users AS SELECT * FROM users;
DROP TABLE users;
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL,
  email_key TEXT UNIQUE,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  address TEXT,
  password_hash TEXT,
  password_version INTEGER NOT NULL DEFAULT 0, -- moves with the password, not when it is hashed anew
  is_staff INTEGER NOT NULL DEFAULT 0 CONSTRAINT is_staff_boolean CHECK (is_staff IN (0, 1)),
  order_count INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;
INSERT INTO users (
  id, email, email_key, name, phone, address, password_hash, password_version, is_staff, order_count, created_at
)
SELECT
  id, email, email_key, name, phone, address, password_hash, password_version, is_staff, order_count, created_at
FROM carried_users;
DROP TABLE carried_users;

-- A session begins with a log-in and is called so everywhere else: in the API and in the claim `sid`.
ALTER TABLE logins RENAME TO sessions;
DROP INDEX logins_by_user;
DROP INDEX logins_by_end;
CREATE INDEX sessions_by_user ON sessions (user_id);
-- When a session ends: revoked, past its thirty days, or a day after its last refresh. For the job that
-- deletes those that ended long ago; its query must have this very expression.
CREATE INDEX sessions_by_end ON sessions (min(ifnull(revoked_at, ends_at), ends_at, refreshed_at + 86400000));

-- An order keeps the e-mail it was placed with, whatever becomes of the account.
ALTER TABLE orders ADD COLUMN email TEXT NOT NULL DEFAULT '';
UPDATE orders SET email = (SELECT email FROM users WHERE users.id = user_id);

-- actor_id may be NULL: the shop itself acted, such as when it cancels an order that was never paid.
CREATE TABLE carried_events AS SELECT * FROM order_events;
DROP TABLE order_events;
CREATE TABLE order_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  from_status TEXT,
  to_status TEXT NOT NULL,
  actor_id INTEGER,
  at INTEGER NOT NULL
) STRICT;
INSERT INTO order_events (id, order_id, user_id, from_status, to_status, actor_id, at)
SELECT id, order_id, user_id, from_status, to_status, actor_id, at FROM carried_events;
DROP TABLE carried_events;

CREATE INDEX order_events_by_order ON order_events (order_id);
CREATE INDEX order_events_by_user ON order_events (user_id);

CREATE TRIGGER order_events_never_change BEFORE UPDATE ON order_events BEGIN
  SELECT RAISE(ABORT, 'order_events is append-only');
END;

CREATE TRIGGER order_events_never_go BEFORE DELETE ON order_events BEGIN
  SELECT RAISE(ABORT, 'order_events is append-only');
END;

-- What staff changed: each request of staff that writes, in the batch of what it wrote, so that nothing is
-- done without its entry and no entry tells of what was refused. Append-only. actor_id is the account, NULL
-- for a command on the operator's machine; body is what was sent, cut to its bound.
CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  actor_id INTEGER,
  method TEXT NOT NULL,
  path TEXT NOT NULL CONSTRAINT path_bounded CHECK (length(path) <= 200),
  body TEXT CONSTRAINT body_bounded CHECK (length(body) <= 4096),
  at INTEGER NOT NULL
) STRICT;
INSERT INTO audit_log (id, actor_id, method, path, body, at)
SELECT id, actor_id, method, substr(path, 1, 200), substr(body, 1, 4096), at FROM staff_actions;
DROP TABLE staff_actions;

CREATE TRIGGER audit_log_never_changes BEFORE UPDATE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;

CREATE TRIGGER audit_log_never_goes BEFORE DELETE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
