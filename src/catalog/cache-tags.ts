import type * as z from 'zod'
import { defaultOrdering } from './list-products.ts'
import type { ListProductsQuery, UpdateCategoryBody, UpdateProductBody } from './schema.ts'

/**
 * Which cached answers a change makes old. An answer is tagged with the products it shows and, a list,
 * with the fields that decide what is in it and in which order; a change purges the tags of what it
 * touches. Orders purge nothing: they would use up Cloudflare's few purges, and stock may be a minute old.
 */

/** On every answer of the public catalogue. */
export const CATALOGUE = 'catalogue'

type Field = 'name' | 'description' | 'price' | 'stock' | 'category'

const ofProduct = (id: number) => `product-${id}`
const listsBy = (field: Field) => `products-by-${field}`

/** Every list: it counts the products. */
const LISTS = 'products'
const CATEGORIES = 'categories'

export function tagsOfProduct(id: number): string[] {
  return [CATALOGUE, ofProduct(id)]
}

export function tagsOfList(query: z.infer<typeof ListProductsQuery>, shown: readonly { id: number }[]) {
  const ordering = defaultOrdering(query)
  const decides: Record<Field, boolean> = {
    name: query.search !== undefined || ordering.endsWith('name'),
    description: query.search !== undefined,
    price: query.min_price !== undefined || query.max_price !== undefined || ordering.endsWith('price'),
    stock: query.in_stock !== undefined,
    category: query.category !== undefined,
  }
  const deciding = (Object.keys(decides) as Field[]).filter((field) => decides[field])
  return [CATALOGUE, LISTS, ...deciding.map(listsBy), ...shown.map(({ id }) => ofProduct(id))]
}

export const tagsOfCategories = [CATALOGUE, CATEGORIES]

/** A product that was not there before, or no longer is: every count moves. */
export function tagsInvalidatedByCreation(id: number): string[] {
  return [ofProduct(id), LISTS, CATEGORIES]
}

export function tagsInvalidatedByEdit(id: number, change: z.infer<typeof UpdateProductBody>): string[] {
  const { stock_delta, ...fields } = change
  const given = { ...fields, stock: change.stock ?? stock_delta }
  const changed = (Object.keys(given) as Field[]).filter((field) => given[field] !== undefined)
  return [
    ofProduct(id),
    ...changed.map(listsBy),
    // How many products it has.
    ...(change.category === undefined ? [] : [CATEGORIES]),
  ]
}

/** It is empty then: no list of products has it. */
export const tagsInvalidatedByCategory = [CATEGORIES]

/** Lists find categories by name. */
export function tagsInvalidatedByCategoryEdit(change: z.infer<typeof UpdateCategoryBody>): string[] {
  return [CATEGORIES, ...(change.name === undefined ? [] : [listsBy('category')])]
}
