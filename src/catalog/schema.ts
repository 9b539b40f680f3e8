import * as z from 'zod'
import { integer, issue, money, oneOf, text } from '../http/fields.ts'
import { PageQuery } from '../http/page-query.ts'
import { MAX_TAX_RATE } from '../money.ts'
import { foldCase, hasAtMost } from '../text.ts'

export const MAX_CATEGORIES = 10
const MAX_NAME_CHARACTERS = 255
const MAX_SEARCH_CHARACTERS = 200
const MAX_SKU_CHARACTERS = 64
export const MAX_STOCK = 1_000_000_000

export const PRODUCT_ORDERINGS = [
  'id',
  'price',
  '-price',
  'name',
  '-name',
  'created_at',
  '-created_at',
] as const

export const ListProductsQuery = PageQuery.extend({
  category: z
    .union([z.string(), z.array(z.string())])
    .transform((names) => [names].flat())
    .refine((names) => names.length <= MAX_CATEGORIES, {
      error: issue('too_many', { max: MAX_CATEGORIES }),
      abort: true,
    })
    .refine((names) => names.every((name) => hasAtMost(MAX_NAME_CHARACTERS, name.trim())), {
      error: issue('too_long', { max: MAX_NAME_CHARACTERS }),
      abort: true,
    })
    .optional(),
  min_price: money().optional(),
  max_price: money().optional(),
  in_stock: oneOf(['true', 'false'])
    .transform((value) => value === 'true')
    .optional(),
  search: text(0, MAX_SEARCH_CHARACTERS).optional(),
  ordering: oneOf(PRODUCT_ORDERINGS).optional(),
})

/** Of products with low stock: their index has an order of its own. */
const NOT_WITH_LOW_STOCK = ['search', 'min_price', 'max_price', 'ordering'] as const

/** Staff see drafts, too. */
export const ListAllProductsQuery = ListProductsQuery.extend({
  published: oneOf(['true', 'false'])
    .transform((value) => value === 'true')
    .optional(),
  low_stock: oneOf(['true']).optional(),
}).superRefine((query, context) => {
  for (const name of NOT_WITH_LOW_STOCK) {
    if (query.low_stock === undefined || query[name] === undefined) continue
    const message = issue('not_both', { fields: ['low_stock', name] })
    context.addIssue({ code: 'custom', path: [name], message })
  }
})

/** Normalizing can lengthen a name with compatibility characters; the bound keeps keys short. */
const MAX_KEY_CHARACTERS = 1024

const Name = text(1, MAX_NAME_CHARACTERS).refine(
  (name) => foldCase(name).length <= MAX_KEY_CHARACTERS,
  issue('compatibility_characters'),
)
const Description = text(0, 10_000, { lines: true })

export const CategoryBody = z.object({ name: Name, description: Description.default('') })

export const UpdateCategoryBody = z.object({ name: Name.optional(), description: Description.optional() })

const Id = integer(1, Number.MAX_SAFE_INTEGER)
const Stock = integer(0, MAX_STOCK)
const Sku = text(1, MAX_SKU_CHARACTERS).nullable()
const Published = z.boolean()
const LowStock = Stock.nullable()
const TaxRate = money(MAX_TAX_RATE)
  .nullable()
  .meta({ examples: ['19.00'] })

export const ProductBody = z.object({
  name: Name,
  description: Description,
  price: money(),
  stock: Stock,
  category: Id,
  sku: Sku.default(null),
  published: Published.default(true),
  low_stock: LowStock.default(null),
  tax_rate: TaxRate.default(null),
})

export const UpdateProductBody = z
  .object({
    name: Name.optional(),
    description: Description.optional(),
    price: money().optional(),
    stock: Stock.optional(),
    stock_delta: integer(-MAX_STOCK, MAX_STOCK).optional(),
    category: Id.optional(),
    sku: Sku.optional(),
    published: Published.optional(),
    low_stock: LowStock.optional(),
    tax_rate: TaxRate.optional(),
  })
  .refine(({ stock, stock_delta }) => stock === undefined || stock_delta === undefined, {
    when: ({ value }) => typeof value === 'object' && value !== null, // also beside what is wrong with a field
    path: ['stock_delta'],
    message: issue('not_both', { fields: ['stock', 'stock_delta'] }),
  })
