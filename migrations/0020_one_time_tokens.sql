-- Tokens that go out by mail: to set a new password, to confirm a new address, and to take back a change of address.
-- Only the SHA-256 of a token is stored; 32 random bytes need no slower hash.
CREATE TABLE one_time_tokens (
  hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CONSTRAINT purpose_known CHECK (purpose IN ('reset_password', 'confirm_email', 'restore_email')),
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  email TEXT NOT NULL, -- the address that the account will have; of reset_password the one it has
  email_key TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX one_time_tokens_by_user ON one_time_tokens (user_id, purpose, expires_at);
-- Nobody else may register an address that its owner can take back.
CREATE INDEX one_time_tokens_restoring ON one_time_tokens (email_key) WHERE purpose = 'restore_email';
CREATE INDEX one_time_tokens_by_age ON one_time_tokens (expires_at);

-- When the owner of the address has shown that they read its mail.
ALTER TABLE users ADD COLUMN email_confirmed_at INTEGER;

-- A token is for the account as it was: a new password or address ends all others. The way back to an earlier address
-- stays, since it is for the owner of an account that somebody else has changed; it goes with the account.
CREATE TRIGGER one_time_tokens_end AFTER UPDATE OF password_version, email_key ON users
WHEN NEW.password_version <> OLD.password_version OR NEW.email_key IS NOT OLD.email_key BEGIN
  DELETE FROM one_time_tokens
  WHERE user_id = NEW.id AND (purpose <> 'restore_email' OR NEW.email_key IS NULL);
END;
