import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { MAX_CENTS } from '../money.ts'
import { isCurrent } from './sessions.ts'
import type { Claims } from './tokens.ts'

/** The most different products in a cart. Defined here because a log-in merges carts, and auth must not import cart. */
export const MAX_CART_LINES = 100

/** A product of the guest's cart: its quantity in the account's cart before and after. */
export interface MergedLine {
  product_id: number
  from: number
  to: number
}

interface Merge {
  /** The claims of the guest's refresh token, signed by us and not expired. */
  guest: Claims<'refresh'>
  /** The account that logs in, and the version of the password that was verified. */
  user_id: number
  password_version: number
  now: number
}

/**
 * Moves the guest's cart to the account: an empty cart takes it as it is; else a product gets the larger quantity, of
 * the guest's not more than the stock, and what would exceed the limits of a cart stays out. The lines are deleted from
 * the guest's cart in the same batch, so that a repetition finds nothing to merge. Without effect unless the token
 * is the newest of an active session of a guest, or was until ten seconds ago. The first query returns the
 * `MergedLine`s.
 */
export function mergeCarts(merge: Merge) {
  return [selectMerged(merge), takeLines(merge), takeTraces(merge), deleteGuestLines(merge)] as const
}

/**
 * Requires in addition that the password is still the verified one: the session of the log-in is inserted under the
 * same condition.
 */
function isMergeable({ guest, user_id, password_version, now }: Merge): RawBuilder<SqlBool> {
  return sql`(
    EXISTS (SELECT 1 FROM sessions WHERE ${isCurrent(guest, now)})
    AND EXISTS (SELECT 1 FROM users WHERE id = ${guest.user_id} AND email_key IS NULL)
    AND EXISTS (SELECT 1 FROM users WHERE id = ${user_id} AND password_version = ${password_version}))`
}

/**
 * SQL for a table of the guest's lines with the quantities of the account before and after. The lines are taken oldest
 * first, each if the cart with those that were taken has room for it.
 */
function plan(merge: Merge) {
  const hasRoom = sql`(
    (SELECT lines = 0 FROM account) OR lines + is_new <= ${MAX_CART_LINES} AND cents + added_cents <= ${MAX_CENTS})`
  return sql`(
    WITH RECURSIVE
    account AS MATERIALIZED (
      SELECT count(*) AS lines, ifnull(sum(quantity * price_cents), 0) AS cents
      FROM cart_items JOIN products ON products.id = product_id WHERE user_id = ${merge.user_id} AND published),
    guest AS MATERIALIZED (
      SELECT *, before = 0 AND wanted > 0 AS is_new, (wanted - before) * price_cents AS added_cents
      FROM (
        SELECT *, iif((SELECT lines = 0 FROM account), quantity, max(before, min(quantity, stock))) AS wanted
        FROM (
          SELECT row_number() OVER (ORDER BY cart_items.id) AS n,
            product_id, quantity, seen_cents, seen_stock, price_cents, stock, ifnull((
              SELECT quantity FROM cart_items AS own
              WHERE own.user_id = ${merge.user_id} AND own.product_id = cart_items.product_id), 0) AS before
          FROM cart_items JOIN products ON products.id = product_id
          WHERE user_id = ${merge.guest.user_id} AND published AND ${isMergeable(merge)}))),
    merged AS (
      SELECT 0 AS n, false AS is_taken, lines, cents FROM account
      UNION ALL
      SELECT guest.n, ${hasRoom}, lines + is_new * ${hasRoom}, cents + added_cents * ${hasRoom}
      FROM merged JOIN guest ON guest.n = merged.n + 1)
    SELECT n, product_id, seen_cents, seen_stock, before, iif(is_taken, wanted, before) AS after
    FROM merged JOIN guest USING (n))`
}

function selectMerged(merge: Merge) {
  return sql<MergedLine>`SELECT product_id, before AS "from", after AS "to" FROM ${plan(merge)} ORDER BY n`
}

function takeLines(merge: Merge) {
  return sql<never>`
    INSERT INTO cart_items (user_id, product_id, quantity, seen_cents, seen_stock)
    SELECT ${merge.user_id}, product_id, after, seen_cents, seen_stock FROM ${plan(merge)}
    WHERE after > before ORDER BY n
    ON CONFLICT (user_id, product_id) DO UPDATE SET quantity = excluded.quantity`
}

/** What the guest has not yet been told: that a product was deleted, or has become a draft. */
function takeTraces(merge: Merge) {
  return sql<never>`
    UPDATE OR IGNORE cart_items SET user_id = ${merge.user_id}
    WHERE user_id = ${merge.guest.user_id} AND ${isMergeable(merge)}
      AND NOT EXISTS (SELECT 1 FROM products WHERE products.id = product_id AND published)`
}

function deleteGuestLines(merge: Merge) {
  return sql<never>`DELETE FROM cart_items WHERE user_id = ${merge.guest.user_id} AND ${isMergeable(merge)}`
}
