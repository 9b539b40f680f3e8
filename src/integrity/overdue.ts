import { KNOWN_MILLISECONDS } from '../auth/known-network.ts'
import { SESSION_END } from '../auth/sessions.ts'
import { REMEMBERED_MILLISECONDS } from '../db/idempotency.ts'

const DAY = 24 * 60 * 60 * 1000

/** How long an ended session stays in the database. */
const ENDED_SESSIONS_MILLISECONDS = DAY

/** How long a cart tells that a product was deleted, if its customer does not come back. */
const REMOVED_FROM_CARTS_MILLISECONDS = 90 * DAY

/** How long the shop remembers which events of Stripe it applied: as long as Stripe lists them. */
export const APPLIED_EVENTS_MILLISECONDS = 30 * DAY

/** How long files stay after the last picture that uses them was removed: as long as Time Travel can bring it back. */
const UNUSED_FILES_MILLISECONDS = 30 * DAY

/** How long staff can send a mail again that the provider refused. */
const PARKED_MAILS_MILLISECONDS = 90 * DAY

/** An order stream renews its row every hour while it has listeners. */
const LOST_STREAMS_MILLISECONDS = DAY

/** How long the messages to other systems and their attempts are kept. */
const DELIVERIES_MILLISECONDS = 30 * DAY

export interface Retention {
  now: number
  /** Days after which an entry of the audit log is overdue; never when undefined. */
  retain_audit_days?: number | undefined
}

interface Overdue {
  /** The columns of the primary key. */
  key: string
  /** SQL that is true for an overdue row. An index finds these rows, or they are the first by id. */
  where: (retention: Retention) => string
  /** Instead of the table: a join, a named index, or a scan that is bounded because no index serves it. */
  from?: (limit: number) => string
}

/** What the hourly job deletes, by table. */
const tables = {
  idempotency_keys: {
    key: 'user_id, route, key',
    where: ({ now }) => `created_at <= ${now - REMEMBERED_MILLISECONDS}`,
  },
  sessions: {
    key: 'id',
    where: ({ now }) => `${SESSION_END} <= ${now - ENDED_SESSIONS_MILLISECONDS}`,
  },
  /** Guests without a session, as whom nobody can act any more, and who ordered nothing. */
  users: {
    key: 'id',
    where: ({ now }) => `
      email_key IS NULL AND order_count = 0 AND created_at <= ${now - ENDED_SESSIONS_MILLISECONDS}
      AND NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = users.id)`,
    // Named, because SQLite by itself would read all guests, also those who ordered.
    from: () => 'users INDEXED BY guests_by_age',
  },
  known_networks: {
    key: 'user_id, network',
    where: ({ now }) => `last_at <= ${now - KNOWN_MILLISECONDS}`,
  },
  one_time_tokens: {
    key: 'hash',
    where: ({ now }) => `expires_at <= ${now}`,
  },
  listening_streams: {
    key: 'name',
    where: ({ now }) => `at <= ${now - LOST_STREAMS_MILLISECONDS}`,
  },
  stripe_events: {
    key: 'id',
    where: ({ now }) => `at <= ${now - APPLIED_EVENTS_MILLISECONDS}`,
  },
  mails: {
    key: 'id',
    where: ({ now }) => `created_at <= ${now - PARKED_MAILS_MILLISECONDS}`,
    from: (limit) => `(SELECT id, created_at FROM mails WHERE state = 'parked' ORDER BY id LIMIT ${limit})`,
  },
  /** With their attempts. */
  webhook_deliveries: {
    key: 'id',
    where: ({ now }) => `state IN ('delivered', 'parked') AND created_at <= ${now - DELIVERIES_MILLISECONDS}`,
  },
  cart_items: {
    key: 'id',
    where: ({ now }) => `deleted_at <= ${now - REMOVED_FROM_CARTS_MILLISECONDS}`,
    from: () => `(
      SELECT cart_items.id, deleted_at FROM deleted_products JOIN cart_items ON product_id = deleted_products.id)`,
  },
  /** Names that no cart needs any more. */
  deleted_products: {
    key: 'id',
    where: ({ now }) => `
      deleted_at <= ${now - REMOVED_FROM_CARTS_MILLISECONDS}
      AND NOT EXISTS (SELECT 1 FROM cart_items WHERE product_id = deleted_products.id)`,
  },
  audit_log: {
    key: 'id',
    where: (retention) => `at < ${entriesKeptSince(retention)}`,
    from: (limit) => `(SELECT id, at FROM audit_log ORDER BY id LIMIT ${limit})`,
  },
} satisfies Record<string, Overdue>

export type ExpiringTable = keyof typeof tables

export const EXPIRING_TABLES = Object.keys(tables) as ExpiringTable[]

export function keyOf(table: ExpiringTable): string {
  return tables[table].key
}

/**
 * Entries of the audit log from before this time are overdue. Null without a retention: in SQL nothing is before NULL.
 */
export function entriesKeptSince({ now, retain_audit_days }: Retention): number | null {
  return retain_audit_days === undefined ? null : now - retain_audit_days * DAY
}

/**
 * SQL for the keys of the first `limit` overdue rows. It reads about as many rows; for `users` also the guests older
 * than a day who still have a session, which no index leaves out.
 */
export function overdueSql(table: ExpiringTable, retention: Retention, limit: number): string {
  const { key, where, from = () => table }: Overdue = tables[table]
  return `SELECT ${key} FROM ${from(limit)} WHERE ${where(retention)} LIMIT ${limit}`
}

/**
 * SQL for the first `limit` files that no picture has used for long enough;
 * src/pictures/delete-unused-files.ts deletes them.
 */
export function unusedFilesSql(now: number, limit: number): string {
  return `
    SELECT sha256 FROM picture_files
    WHERE unused_since <= ${now - UNUSED_FILES_MILLISECONDS}
      AND NOT EXISTS (SELECT 1 FROM product_pictures WHERE product_pictures.sha256 = picture_files.sha256)
    LIMIT ${limit}`
}
