import { taxOfSum } from '../contained-tax.ts'
import { REFUNDABLE } from '../db/dispute.ts'
import { LIVE_PAYMENT } from '../db/live-payment.ts'
import { type BacklogName, CHECK_NAMES, type CheckName, type InvariantName } from './check-names.ts'
import { type ExpiringTable, overdueSql, type Retention, unusedFilesSql } from './overdue.ts'

/**
 * The invariants of the whole shop. Each statement compares a consistent state, so that a busy shop causes no
 * false alarms, and scans a limited number of rows, so that its cost does not grow with the shop. It reads all that
 * belongs to such a row, which for a product is all its movements. The SQL has no parameters, so that a command can run
 * it as well as a request.
 */

const HOUR = 60 * 60 * 1000

/** Rows per piece, when a request asks. */
const PIECE = 1000

/** Violations listed per piece. */
const LISTED = 10

export interface Piece {
  checked: number
  violations: number
  /** Rows that should have been deleted, ended or sent by now, counted up to the size of a piece; not violations. */
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
  isWrong: string | ((now: number) => string)
}

const idsOf = (table: string) => (after: number, rows: number) =>
  `SELECT id FROM ${table} WHERE id > ${after} ORDER BY id LIMIT ${rows}`

/** SQL for the next product with movements. DISTINCT would read all movements of each. */
const nextMoved = (after: number | string) =>
  `SELECT min(product_id) FROM stock_movements WHERE product_id > ${after}`

const invariants: Record<InvariantName, Invariant> = {
  stock_is_sum_of_movements: {
    ids: (after, rows) => `
      SELECT id FROM (${idsOf('products')(after, rows)})
      UNION SELECT id FROM (
        WITH RECURSIVE next(id) AS (
          SELECT (${nextMoved(after)}) UNION ALL SELECT (${nextMoved('next.id')}) FROM next WHERE id IS NOT NULL
          LIMIT ${rows})
        SELECT id FROM next WHERE id IS NOT NULL)
      ORDER BY 1 LIMIT ${rows}`,
    isWrong: `
      ifnull((SELECT stock FROM products WHERE id = scanned.id), 0) <>
      (SELECT ifnull(sum(delta), 0) FROM stock_movements WHERE product_id = scanned.id)`,
  },
  stock_is_not_negative: {
    ids: idsOf('products'),
    isWrong: `(SELECT stock < 0 FROM products WHERE id = scanned.id)`,
  },
  draft_is_in_no_public_list: {
    ids: idsOf('products'),
    isWrong: `(SELECT in_stock <> (stock > 0) + 2 * (1 - published) FROM products WHERE id = scanned.id)`,
  },
  order_total_is_sum_of_lines: {
    ids: idsOf('orders'),
    isWrong: `
      (SELECT total_cents - delivery_cents FROM orders WHERE id = scanned.id) <>
      (SELECT ifnull(sum(quantity * price_cents), -1) FROM order_lines WHERE order_id = scanned.id)`,
  },
  // Each row may differ from its own rounded tax by what the others of its rate left over: at most a cent.
  order_taxes_are_those_of_its_sums: {
    ids: idsOf('orders'),
    isWrong: `
      EXISTS (
        SELECT 1 FROM (
          SELECT tax_rate AS rate, quantity * price_cents AS gross, tax_cents AS tax
          FROM order_lines WHERE order_id = scanned.id
          UNION ALL
          SELECT value ->> 'rate', value ->> 'cents', value ->> 'tax_cents'
          FROM orders, json_each(delivery_parts) WHERE orders.id = scanned.id)
        GROUP BY rate
        HAVING sum(tax) IS NOT ${taxOfSum('sum(gross)', 'rate')} OR max(abs(tax - ${taxOfSum('gross', 'rate')})) > 1)`,
  },
  order_delivery_is_sum_of_parts: {
    ids: idsOf('orders'),
    isWrong: `
      (SELECT iif(delivery_name IS NULL, delivery_cents <> 0 OR delivery_parts IS NOT NULL, delivery_cents IS NOT (
         SELECT sum(value ->> 'cents') FROM json_each(delivery_parts)))
       FROM orders WHERE id = scanned.id)`,
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
  product_lists_its_pictures: {
    ids: idsOf('products'),
    isWrong: `
      (SELECT pictures FROM products WHERE id = scanned.id) <>
      ifnull((SELECT pictures FROM listed_pictures WHERE product_id = scanned.id), '[]')`,
  },
  import_memory_has_product: {
    ids: (after, rows) => `
      SELECT product_id AS id FROM import_memory WHERE product_id > ${after} ORDER BY product_id LIMIT ${rows}`,
    isWrong: `NOT EXISTS (SELECT 1 FROM products WHERE id = scanned.id)`,
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
  order_money_is_sum_of_ledger: {
    ids: idsOf('orders'),
    isWrong: `
      (SELECT (paid_cents, refunded_cents, lost_cents) <> (
         SELECT
           ifnull(sum(iif(kind = 'paid', amount_cents, 0)), 0),
           ifnull(sum(CASE kind WHEN 'refunded' THEN amount_cents WHEN 'refund_reversed' THEN -amount_cents ELSE 0 END), 0),
           ifnull(sum(iif(kind = 'dispute' AND note IN ('lost', 'prevented') AND NOT EXISTS (
             SELECT 1 FROM payment_events AS later
             WHERE later.order_id = orders.id AND later.stripe_id = payment_events.stripe_id
               AND later.id > payment_events.id), amount_cents, 0)), 0)
         FROM payment_events WHERE order_id = orders.id AND payment_events.currency = orders.currency)
       FROM orders WHERE id = scanned.id)`,
  },
  refunding_is_sum_of_refunds: {
    ids: idsOf('orders'),
    isWrong: `
      (SELECT refunding_cents <> (
         SELECT ifnull(sum(refunds.amount_cents), 0) FROM payments JOIN refunds ON payment_id = payments.id
         WHERE payments.order_id = orders.id AND refunds.state IN ('requested', 'pending')
           AND refunds.currency = orders.currency)
       FROM orders WHERE id = scanned.id)`,
  },
  payment_is_in_ledger: {
    ids: idsOf('payments'),
    isWrong: `
      (SELECT iif(state = 'paid', received_cents, -1) <> ifnull((
         SELECT amount_cents FROM payment_events WHERE payment_id = payments.id AND kind = 'paid'), -1)
       FROM payments WHERE id = scanned.id)`,
  },
  returned_money_is_sum_of_refunds: {
    ids: idsOf('payments'),
    isWrong: `
      (SELECT returned_cents FROM payments WHERE id = scanned.id) <>
      (SELECT ifnull(sum(amount_cents), 0) FROM refunds WHERE payment_id = scanned.id AND state <> 'failed')`,
  },
  refund_state_is_last_entry: {
    ids: idsOf('refunds'),
    isWrong: `
      (SELECT CASE WHEN state IN ('requested', 'pending') THEN 'none' ELSE state END FROM refunds WHERE id = scanned.id) <>
      ifnull((
        SELECT CASE kind WHEN 'refunded' THEN 'succeeded' ELSE 'failed' END FROM payment_events
        WHERE refund_id = scanned.id AND kind <> 'refund_requested' ORDER BY id DESC LIMIT 1), 'none')`,
  },
  paid_order_has_one_payment: {
    ids: idsOf('orders'),
    isWrong: `
      (SELECT due_by IS NOT NULL AND (paid_at IS NOT NULL AND total_cents > 0) <> (
         SELECT count(*) FROM payments
         WHERE order_id = orders.id AND accepted = 1 AND state = 'paid'
           AND received_cents = orders.total_cents AND received_currency = orders.currency)
       FROM orders WHERE id = scanned.id)`,
  },
  shipped_order_is_paid: {
    ids: idsOf('orders'),
    isWrong: `
      (SELECT status IN ('Shipped', 'Delivered') AND due_by IS NOT NULL AND paid_at IS NULL
       FROM orders WHERE id = scanned.id)`,
  },
  stock_is_held_while_payable: {
    ids: idsOf('payments'),
    isWrong: `
      (SELECT ${LIVE_PAYMENT} AND EXISTS (
         SELECT 1 FROM orders WHERE orders.id = order_id AND status = 'Cancelled')
       FROM payments WHERE id = scanned.id)`,
  },
  // Only after an hour: the minute job may still have to send it back.
  money_without_order_goes_back: {
    ids: idsOf('payments'),
    isWrong: (now) => `
      (SELECT state = 'paid' AND returned_cents < received_cents AND ${REFUNDABLE} AND changed_at < ${now - HOUR}
         AND NOT EXISTS (SELECT 1 FROM refunds WHERE payment_id = payments.id AND state = 'failed')
         AND (accepted = 0 OR NOT EXISTS (
           SELECT 1 FROM orders WHERE orders.id = order_id AND (
             status <> 'Cancelled' OR updated_at > ${now - HOUR}
             OR paid_cents <= refunded_cents + refunding_cents + lost_cents)))
       FROM payments WHERE id = scanned.id)`,
  },
}

const overdueIn = (table: ExpiringTable) => (retention: Retention, rows: number) =>
  overdueSql(table, retention, rows)

/** SQL for the overdue rows that are counted as backlog, at most `rows`; such a check has only one piece. */
const backlogs: Record<BacklogName, (retention: Retention, rows: number) => string> = {
  unpaid_order_ends: ({ now }, rows) => `
    SELECT id FROM orders INDEXED BY orders_due
    WHERE due_by IS NOT NULL AND paid_at IS NULL AND status = 'Pending' AND due_by < ${now} LIMIT ${rows}`,
  ended_session_is_removed: overdueIn('sessions'),
  ended_guest_is_removed: overdueIn('users'),
  expired_key_is_removed: overdueIn('idempotency_keys'),
  unused_network_is_removed: overdueIn('known_networks'),
  expired_token_is_removed: overdueIn('one_time_tokens'),
  lost_stream_is_removed: overdueIn('listening_streams'),
  applied_stripe_event_is_removed: overdueIn('stripe_events'),
  line_of_deleted_product_is_removed: overdueIn('cart_items'),
  name_of_deleted_product_is_removed: overdueIn('deleted_products'),
  old_audit_entry_is_removed: overdueIn('audit_log'),
  unused_picture_is_removed: ({ now }, rows) => unusedFilesSql(now, rows),
  waiting_mail_is_sent: ({ now }, rows) => `
    SELECT id FROM (SELECT id, created_at FROM mails WHERE state = 'waiting' ORDER BY next_at LIMIT ${rows})
    WHERE created_at < ${now}
    UNION ALL SELECT user_id FROM one_time_tokens WHERE mail_at < ${now} LIMIT ${rows}`,
  parked_mail_is_removed: overdueIn('mails'),
  old_webhook_delivery_is_removed: overdueIn('webhook_deliveries'),
}

/** SQL for the piece of a check after an id; returns one row, a `Piece`. */
export function pieceSql(name: CheckName, after: number, retention: Retention, rows = PIECE): string {
  if (isBacklog(name)) return backlogSql(name, retention, rows)
  const { ids, isWrong } = invariants[name]
  // Begins with SELECT: Db takes a statement that begins with WITH for a write.
  return `SELECT * FROM (
    WITH scanned AS MATERIALIZED (${ids(after, rows)}),
    judged AS MATERIALIZED (SELECT id, ${typeof isWrong === 'string' ? isWrong : isWrong(retention.now)} AS wrong FROM scanned)
    SELECT count(*) AS checked, ifnull(sum(wrong), 0) AS violations, 0 AS backlog,
      (SELECT json_group_array(id) FROM (SELECT id FROM judged WHERE wrong ORDER BY id LIMIT ${LISTED})) AS first_ids,
      iif(count(*) = ${rows}, max(id), NULL) AS last_id
    FROM judged)`
}

function isBacklog(name: CheckName): name is BacklogName {
  return name in backlogs
}

/** Counts what was overdue an hour ago; newer rows may wait for the next run. */
function backlogSql(name: BacklogName, retention: Retention, rows: number): string {
  const overdue = backlogs[name]({ ...retention, now: retention.now - HOUR }, rows)
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
