import { type BacklogName, CHECK_NAMES, type CheckName, type InvariantName } from './check-names.ts'
import { type ExpiringTable, overdueSql, type Retention } from './overdue.ts'

/**
 * The invariants of the whole shop. Each statement compares a consistent state, so that a busy shop causes no
 * false alarms, and scans a limited number of rows, so that its cost does not grow with the shop. The SQL has no
 * parameters, so that a command can run it as well as a request.
 */

const HOUR = 60 * 60 * 1000

/** Rows per piece, when a request asks. */
const PIECE = 1000

/** Violations listed per piece. */
const LISTED = 10

export interface Piece {
  checked: number
  violations: number
  /** Rows that the hourly job should have deleted, counted up to the size of a piece; not violations. */
  backlog: number
  /** A JSON array of ids. */
  first_ids: string
  /** Where the next piece begins; null at the end. */
  last_id: number | null
}

interface Invariant {
  /** SQL for the next ids, in order, at most `rows`. */
  ids: (after: number, rows: number) => string
  /** SQL that is true if the row `scanned.id` violates the invariant. */
  isWrong: string
}

const idsOf = (table: string) => (after: number, rows: number) =>
  `SELECT id FROM ${table} WHERE id > ${after} ORDER BY id LIMIT ${rows}`

const invariants: Record<InvariantName, Invariant> = {
  stock_is_sum_of_movements: {
    ids: (after, rows) => `
      SELECT id FROM (${idsOf('products')(after, rows)})
      UNION SELECT product_id FROM (
        SELECT DISTINCT product_id FROM stock_movements WHERE product_id > ${after} ORDER BY product_id LIMIT ${rows})
      ORDER BY 1 LIMIT ${rows}`,
    isWrong: `
      ifnull((SELECT stock FROM products WHERE id = scanned.id), 0) <>
      (SELECT ifnull(sum(delta), 0) FROM stock_movements WHERE product_id = scanned.id)`,
  },
  stock_is_not_negative: {
    ids: idsOf('products'),
    isWrong: `(SELECT stock < 0 FROM products WHERE id = scanned.id)`,
  },
  order_total_is_sum_of_lines: {
    ids: idsOf('orders'),
    isWrong: `
      (SELECT total_cents FROM orders WHERE id = scanned.id) <>
      (SELECT ifnull(sum(quantity * price_cents), -1) FROM order_lines WHERE order_id = scanned.id)`,
  },
  order_status_is_last_event: {
    ids: idsOf('orders'),
    isWrong: `
      (SELECT status FROM orders WHERE id = scanned.id) IS NOT
      (SELECT to_status FROM order_events WHERE order_id = scanned.id ORDER BY id DESC LIMIT 1)`,
  },
  cart_line_has_product: {
    ids: idsOf('cart_items'),
    isWrong: `
      NOT EXISTS (SELECT 1 FROM cart_items JOIN products ON products.id = product_id WHERE cart_items.id = scanned.id)
      AND NOT EXISTS (
        SELECT 1 FROM cart_items JOIN deleted_products ON deleted_products.id = product_id WHERE cart_items.id = scanned.id)`,
  },
  open_orders_are_those_pending: {
    ids: idsOf('users'),
    isWrong: `
      (SELECT open_orders, open_units, open_cents FROM users WHERE id = scanned.id) <>
      (SELECT count(*), ifnull(sum(units), 0), ifnull(sum(total_cents), 0)
       FROM orders WHERE user_id = scanned.id AND status = 'Pending')`,
  },
  order_units_are_sum_of_lines: {
    ids: idsOf('orders'),
    isWrong: `
      (SELECT units FROM orders WHERE id = scanned.id) <>
      (SELECT ifnull(sum(quantity), 0) FROM order_lines WHERE order_id = scanned.id)`,
  },
}

/** The tables whose overdue rows are counted as backlog, each in one piece. */
const backlogs: Record<BacklogName, ExpiringTable> = {
  ended_session_is_removed: 'sessions',
  expired_key_is_removed: 'idempotency_keys',
  unused_network_is_removed: 'known_networks',
  line_of_deleted_product_is_removed: 'cart_items',
  name_of_deleted_product_is_removed: 'deleted_products',
  old_audit_entry_is_removed: 'audit_log',
}

/** SQL for the piece of a check after an id; returns one row, a `Piece`. */
export function pieceSql(name: CheckName, after: number, retention: Retention, rows = PIECE): string {
  if (isBacklog(name)) return backlogSql(backlogs[name], retention, rows)
  const { ids, isWrong } = invariants[name]
  return `SELECT * FROM (
    WITH scanned AS MATERIALIZED (${ids(after, rows)}),
    judged AS MATERIALIZED (SELECT id, ${isWrong} AS wrong FROM scanned)
    SELECT count(*) AS checked, ifnull(sum(wrong), 0) AS violations, 0 AS backlog,
      (SELECT json_group_array(id) FROM (SELECT id FROM judged WHERE wrong ORDER BY id LIMIT ${LISTED})) AS first_ids,
      iif(count(*) = ${rows}, max(id), NULL) AS last_id
    FROM judged)`
}

function isBacklog(name: CheckName): name is BacklogName {
  return name in backlogs
}

/** Counts what was overdue an hour ago; newer rows may wait for the next run. */
function backlogSql(table: ExpiringTable, retention: Retention, rows: number): string {
  const overdue = overdueSql(table, { ...retention, now: retention.now - HOUR }, rows)
  return `
    SELECT count(*) AS checked, 0 AS violations, count(*) AS backlog, '[]' AS first_ids, NULL AS last_id
    FROM (${overdue})`
}

/** What follows a piece: more of its check, the next check, or nothing. */
export function nextPiece(
  name: CheckName,
  { last_id }: Piece,
): { check: CheckName; after: number } | undefined {
  if (last_id !== null) return { check: name, after: last_id }
  const following = CHECK_NAMES[CHECK_NAMES.indexOf(name) + 1]
  return following && { check: following, after: 0 }
}
