import type * as z from 'zod'
import { orderingOf } from './list-products.ts'
import type { ListProductsQuery, UpdateCategoryBody, UpdateProductBody } from './schema.ts'

/**
 * Decides which cached responses a change invalidates. A response is tagged with the products it shows; a list
 * also with the fields that decide its content and order. A change purges the tags of the fields it touches.
 * Orders purge nothing: they would use up Cloudflare's purge quota, and stock may be a minute old.
 */

/** On every response of the public catalog. */
export const CATALOG = 'catalog'

type Field = 'name' | 'description' | 'sku' | 'price' | 'stock' | 'category'

const ofProduct = (id: number) => `product-${id}`
const listsBy = (field: Field) => `products-by-${field}`

/** On every list, because it counts the products. */
const LISTS = 'products'
const CATEGORIES = 'categories'

export function tagsOfProduct(id: number): string[] {
  return [CATALOG, ofProduct(id)]
}

export function tagsOfList(query: z.infer<typeof ListProductsQuery>, shown: readonly { id: number }[]) {
  const ordering = orderingOf(query)
  const decides: Record<Field, boolean> = {
    name: query.search !== undefined || ordering.endsWith('name'),
    description: query.search !== undefined,
    sku: query.search !== undefined,
    price: query.min_price !== undefined || query.max_price !== undefined || ordering.endsWith('price'),
    stock: query.in_stock !== undefined,
    category: query.category !== undefined || query.search !== undefined,
  }
  const deciding = (Object.keys(decides) as Field[]).filter((field) => decides[field])
  return [CATALOG, LISTS, ...deciding.map(listsBy), ...shown.map(({ id }) => ofProduct(id))]
}

export const tagsOfCategories = [CATALOG, CATEGORIES]

/** Used for deletions, too, and when a product is published or taken off sale: all change the counts. */
export function tagsInvalidatedByCreation(id: number): string[] {
  return [ofProduct(id), LISTS, CATEGORIES]
}

export function tagsInvalidatedByEdit(id: number, change: z.infer<typeof UpdateProductBody>): string[] {
  // No list depends on the tax rate, and none for customers on low_stock.
  const { stock_delta, published, low_stock: _, tax_rate: __, ...fields } = change
  const given = { ...fields, stock: change.stock ?? stock_delta }
  const changed = (Object.keys(given) as Field[]).filter((field) => given[field] !== undefined)
  return [
    ...(published === undefined ? [ofProduct(id)] : tagsInvalidatedByCreation(id)),
    ...changed.map(listsBy),
    // A category shows how many products it has.
    ...(change.category === undefined ? [] : [CATEGORIES]),
  ]
}

/** For a created or deleted category: it has no products, so no list of products shows it. */
export const tagsInvalidatedByCategory = [CATEGORIES]

/** Lists filter by the name of a category, and search its words. */
export function tagsInvalidatedByCategoryEdit(change: z.infer<typeof UpdateCategoryBody>): string[] {
  return [CATEGORIES, ...(change.name === undefined ? [] : [listsBy('category')])]
}
