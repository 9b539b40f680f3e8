import * as z from 'zod'
import { Country } from '../accounts/schema.ts'
import { issue, money, text, unlessMissing } from '../http/fields.ts'
import { PageQuery } from '../http/page-query.ts'

/** As the table has it: the price times a total must stay below 2⁶³ (contained-tax.ts). */
const MAX_PRICE_CENTS = 9_999_999

const MAX_COUNTRIES = 249

const Name = text(1, 100)
const Price = money(MAX_PRICE_CENTS)
const FreeFrom = money().nullable()
const Countries = z
  .array(Country, { error: unlessMissing(issue('wrong_type', { expected: 'array' })) })
  .max(MAX_COUNTRIES, issue('too_many', { max: MAX_COUNTRIES }))
  .transform((codes) => [...new Set(codes)].toSorted())
  .meta({ examples: [['AT', 'DE']] })
const Active = z.boolean()

export const DeliveryOptionBody = z.object({
  name: Name,
  price: Price,
  free_from: FreeFrom.default(null),
  countries: Countries.default([]),
  active: Active.default(true),
})

export const UpdateDeliveryOptionBody = z.object({
  name: Name.optional(),
  price: Price.optional(),
  free_from: FreeFrom.optional(),
  countries: Countries.optional(),
  active: Active.optional(),
})

export const ListDeliveryOptionsQuery = PageQuery.extend({
  country: Country.optional(),
})
