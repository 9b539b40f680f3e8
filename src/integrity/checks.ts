/**
 * What must be true of the whole shop, each compared row by row in one statement, so that a shop that is
 * open raises no false alarm. A check walks a set of ids in pieces, so that no statement grows with the
 * shop. The SQL has no parameters, so that a command can run it as well as a request.
 */

const DAY = 24 * 60 * 60 * 1000

/** So many rows a piece, when a request asks. */
const PIECE = 1000

/** How many of a piece's violations are named. */
const NAMED = 10

export interface Piece {
  checked: number
  violations: number
  /** A JSON array of ids. */
  first_ids: string
  /** Where the next piece begins; null at the end. */
  last_id: number | null
}

interface Check {
  /** SQL for the ids after one, in order, at most so many. */
  ids: (after: number, rows: number) => string
  /** SQL that is true of the row `walked.id` when something is wrong with it. */
  isWrong: (now: number) => string
}

const idsOf = (table: string) => (after: number, rows: number) =>
  `SELECT id FROM ${table} WHERE id > ${after} ORDER BY id LIMIT ${rows}`

export const checks = {
  stock_is_sum_of_movements: {
    ids: (after, rows) => `
      SELECT id FROM (${idsOf('products')(after, rows)})
      UNION SELECT product_id FROM (
        SELECT DISTINCT product_id FROM stock_movements WHERE product_id > ${after} ORDER BY product_id LIMIT ${rows})
      ORDER BY 1 LIMIT ${rows}`,
    isWrong: () => `
      ifnull((SELECT stock FROM products WHERE id = walked.id), 0) <>
      (SELECT ifnull(sum(delta), 0) FROM stock_movements WHERE product_id = walked.id)`,
  },
  stock_is_not_negative: {
    ids: idsOf('products'),
    isWrong: () => `(SELECT stock < 0 FROM products WHERE id = walked.id)`,
  },
  order_total_is_sum_of_lines: {
    ids: idsOf('orders'),
    isWrong: () => `
      (SELECT total_cents FROM orders WHERE id = walked.id) <>
      (SELECT ifnull(sum(quantity * price_cents), -1) FROM order_lines WHERE order_id = walked.id)`,
  },
  order_status_is_last_event: {
    ids: idsOf('orders'),
    isWrong: () => `
      (SELECT status FROM orders WHERE id = walked.id) IS NOT
      (SELECT to_status FROM order_events WHERE order_id = walked.id ORDER BY id DESC LIMIT 1)`,
  },
  cart_line_has_product: {
    ids: idsOf('cart_items'),
    isWrong: () => `
      NOT EXISTS (SELECT 1 FROM cart_items JOIN products ON products.id = product_id WHERE cart_items.id = walked.id)`,
  },
  ended_session_is_removed: {
    ids: idsOf('sessions'),
    isWrong: (now) => `
      (SELECT min(ifnull(revoked_at, ends_at), ends_at, refreshed_at + ${DAY}) FROM sessions WHERE id = walked.id)
        < ${now - DAY - DAY / 24}`,
  },
} satisfies Record<string, Check>

export type CheckName = keyof typeof checks

export const CHECK_NAMES = Object.keys(checks) as CheckName[]

/** SQL for the piece of a check that begins after an id; its one row is a `Piece`. */
export function pieceSql(name: CheckName, after: number, now: number, rows = PIECE): string {
  const { ids, isWrong }: Check = checks[name]
  return `
    WITH walked AS MATERIALIZED (${ids(after, rows)}),
    judged AS MATERIALIZED (SELECT id, ${isWrong(now)} AS wrong FROM walked)
    SELECT count(*) AS checked, ifnull(sum(wrong), 0) AS violations,
      (SELECT json_group_array(id) FROM (SELECT id FROM judged WHERE wrong ORDER BY id LIMIT ${NAMED})) AS first_ids,
      iif(count(*) = ${rows}, max(id), NULL) AS last_id
    FROM judged`
}

/** What comes after a piece: more of its check, the next check, or nothing. */
export function nextPiece(
  name: CheckName,
  { last_id }: Piece,
): { check: CheckName; after: number } | undefined {
  if (last_id !== null) return { check: name, after: last_id }
  const following = CHECK_NAMES[CHECK_NAMES.indexOf(name) + 1]
  return following && { check: following, after: 0 }
}
