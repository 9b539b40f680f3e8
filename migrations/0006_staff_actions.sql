-- Who among staff did what: each request of staff that writes, in the batch of what it wrote, so that
-- nothing is done without its line and no line tells of what was refused. Append-only. actor_id is the
-- account, NULL for a command on the operator's machine; body is what was sent, as it was sent.
CREATE TABLE staff_actions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  actor_id INTEGER,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  body TEXT,
  at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER staff_actions_never_change BEFORE UPDATE ON staff_actions BEGIN
  SELECT RAISE(ABORT, 'staff_actions is append-only');
END;

CREATE TRIGGER staff_actions_never_go BEFORE DELETE ON staff_actions BEGIN
  SELECT RAISE(ABORT, 'staff_actions is append-only');
END;
