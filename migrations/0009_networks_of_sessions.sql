-- The network that a session began in, as a keyed hash (src/auth/known-network.ts). A log-in from a network
-- that the account has a session from is let in although strangers use up the limit of its e-mail. NULL
-- where no address was known. The index is for that question of every log-in.
ALTER TABLE sessions ADD COLUMN network TEXT;
CREATE INDEX sessions_by_network ON sessions (user_id, network) WHERE network IS NOT NULL;
