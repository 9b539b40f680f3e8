import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Recipient } from '../accounts/schema.ts'
import { fieldsRefusal, type Refusal } from '../db/refusal.ts'
import { InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'

/** Where an order goes, and how. The functions below make SQL of it for the batch that places the order. */
export interface Destination {
  user_id: number
  /** Defaults to the profile. */
  ship_to?: Recipient | undefined
  /** Id of an option of delivery. */
  delivery_option?: number | undefined
}

/** What `REQUIRE_ADDRESS` requires. */
const REQUIRED = ['country', 'postal_code', 'city', 'line1'] as const

const required = [fieldError('required')]

/** Throws the errors of missing fields of `ship_to`; the query refuses a profile that lacks any. */
export function refuseWithoutAddress({ user_id, ship_to }: Destination): Refusal[] {
  if (!ship_to) {
    const isComplete = sql.join(
      REQUIRED.map((field) => sql`${sql.ref(field)} IS NOT NULL`),
      sql` AND `,
    )
    const isMissing = sql<SqlBool>`NOT EXISTS (SELECT 1 FROM users WHERE id = ${user_id} AND ${isComplete})`
    return [fieldsRefusal(isMissing, { ship_to: required })]
  }
  const missing = REQUIRED.filter((field) => ship_to[field] === null)
  if (missing.length > 0)
    throw new InvalidRequest(Object.fromEntries(missing.map((field) => [`ship_to.${field}`, required])))
  return []
}

function countryOf({ user_id, ship_to }: Destination): RawBuilder<string | null> {
  return ship_to ? sql`${ship_to.country}` : sql`(SELECT country FROM users WHERE id = ${user_id})`
}

/** A shop without active options asks for none. One that has some needs one of those that serve the country. */
export function refuseWithoutDelivery(destination: Destination): Refusal[] {
  const country = countryOf(destination)
  const { delivery_option } = destination
  const isAnywhere: RawBuilder<SqlBool> = sql`countries = '[]'`
  const serves = sql`(${isAnywhere} OR ${country} IN (SELECT value FROM json_each(countries)))`
  const exists = (condition: RawBuilder<unknown>) =>
    sql<SqlBool>`EXISTS (SELECT 1 FROM delivery_options WHERE active = 1 AND ${condition})`
  if (delivery_option === undefined)
    return [
      fieldsRefusal(exists(sql`(${serves} OR ${country} IS NULL)`), { delivery_option: required }),
      [exists(sql`1`), 'delivery_unavailable', 'The shop does not deliver to this country.'],
    ]
  const isChosen = sql`delivery_options.id = ${delivery_option}`
  return [
    fieldsRefusal(exists(sql`${isChosen} AND NOT ${isAnywhere} AND ${country} IS NULL`), {
      'ship_to.country': required,
    }),
    [
      sql<SqlBool>`NOT ${exists(sql`${isChosen} AND ${serves}`)}`,
      'delivery_unavailable',
      'This delivery option no longer exists or does not serve this country. Choose another one.',
    ],
  ]
}

/** SQL for the name and the price of the chosen delivery, which the value of the goods may make free. */
export function deliveryOf({ delivery_option }: Destination, goods: RawBuilder<number>) {
  if (delivery_option === undefined) return { name: sql<string | null>`NULL`, cents: sql<number>`0` }
  const from = sql`FROM delivery_options WHERE delivery_options.id = ${delivery_option}`
  return {
    name: sql<string | null>`(SELECT delivery_options.name ${from})`,
    cents: sql<number>`(SELECT iif(ifnull(free_from_cents <= ${goods}, 0), 0, price_cents) ${from})`,
  }
}
