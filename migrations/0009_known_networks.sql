-- The networks that an account logged in from, as keyed hashes (src/auth/known-network.ts). A log-in from one of
-- them is not counted with those of strangers who use up the limit of its e-mail. Outlives the sessions, because
-- a customer may come back after months; the hourly job deletes what is older.
CREATE TABLE known_networks (
  user_id INTEGER NOT NULL,
  network TEXT NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, network)
) STRICT, WITHOUT ROWID;

CREATE INDEX known_networks_by_age ON known_networks (last_at);
