import { sql } from 'kysely'
import type * as z from 'zod'
import { refuseWhenStale } from '../catalog/refuse-when-stale.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { differs } from '../db/differs.ts'
import { refuseUnlessFound, refuseWhen } from '../db/refusal.ts'
import type { Expected } from '../http/conditional.ts'
import { NO_OPTION, type OptionRow, selectOption } from './queries.ts'
import type { DeliveryOptionBody, UpdateDeliveryOptionBody } from './schema.ts'

/** A customer chooses among them, and every placing of an order may read them all. */
const MAX_OPTIONS = 50

/** The option that the batch has just inserted. */
export const newestOption = sql<number>`(SELECT max(id) FROM delivery_options)`

/** Creates an option. Throws `too_many_delivery_options`. */
export async function createOption(db: Db, body: z.infer<typeof DeliveryOptionBody>): Promise<OptionRow> {
  const [, [option]] = await db.batch([
    refuseWhen(
      sql`(SELECT count(*) FROM delivery_options) >= ${MAX_OPTIONS}`,
      'too_many_delivery_options',
      `A shop has at most ${MAX_OPTIONS} delivery options. Delete or edit another one.`,
    ),
    build
      .insertInto('delivery_options')
      .values({
        name: body.name,
        price_cents: body.price,
        free_from_cents: body.free_from,
        countries: JSON.stringify(body.countries),
        active: Number(body.active),
      })
      .returningAll(),
  ])
  return option!
}

/**
 * Updates the given fields. Orders keep the name and the price that they were placed with. Throws `not_found` or
 * `precondition_failed`.
 */
export async function editOption(
  db: Db,
  {
    id,
    change,
    expected,
  }: { id: number; change: z.infer<typeof UpdateDeliveryOptionBody>; expected: Expected },
): Promise<OptionRow> {
  const { name, price, free_from, countries, active } = change
  const values = {
    name,
    price_cents: price,
    free_from_cents: free_from,
    countries: countries && JSON.stringify(countries),
    active: active === undefined ? undefined : Number(active),
  }
  const results = await db.batch([
    refuseUnlessFound('delivery_options', { id }, NO_OPTION),
    ...refuseWhenStale('delivery_options', id, expected, { comparing: 'version' }),
    build
      .updateTable('delivery_options')
      .set({ ...values, version: sql`version + 1` })
      .where('id', '=', id)
      .where(differs(values)),
    selectOption(id),
  ])
  return results.at(-1)![0] as OptionRow
}

/** Deletes an option. Throws `not_found` or `precondition_failed`. */
export async function deleteOption(
  db: Db,
  { id, expected }: { id: number; expected: Expected },
): Promise<void> {
  await db.batch([
    refuseUnlessFound('delivery_options', { id }, NO_OPTION),
    ...refuseWhenStale('delivery_options', id, expected, { comparing: 'version' }),
    build.deleteFrom('delivery_options').where('id', '=', id),
  ])
}
