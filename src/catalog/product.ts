import type { Selectable } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { Version } from '../http/conditional.ts'
import { toMoney } from '../money.ts'
import type { AdminProduct, Category, Movement, Picture, Product } from './openapi.ts'

export type ProductRow = Selectable<Database['products']>

export type CategoryRow = Selectable<Database['categories']>

type ShownRow = Omit<
  ProductRow,
  'name_key' | 'sku_key' | 'in_stock' | 'version' | 'stock_version' | 'words_version'
>

/** The parts of its ETag. */
export function versionOf({ version, stock_version }: ProductRow): Version {
  return [version, stock_version]
}

/** Converts a row to JSON, field by field. */
export function toProduct(row: Omit<ShownRow, 'published' | 'low_stock'>): Product {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    sku: row.sku,
    price: toMoney(row.price_cents),
    stock: row.stock,
    category: row.category_id,
    tax_rate: row.tax_rate === null ? null : toMoney(row.tax_rate),
    pictures: (JSON.parse(row.pictures) as ListedPicture[]).map(toPicture),
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  }
}

/** With the fields that only staff see. */
export function toAdminProduct(row: ShownRow): AdminProduct {
  return { ...toProduct(row), published: row.published === 1, low_stock: row.low_stock }
}

/** A picture as the view listed_pictures has it. */
interface ListedPicture extends Pick<Picture, 'id' | 'width' | 'height' | 'alt'> {
  sha256: string
  extension: string
  /** Ascending. */
  widths: number[]
}

/** The name of a file of a picture: in its URL, and in the bucket. */
export function pictureFile(sha256: string, width: number, extension: string): string {
  return `${sha256}-${width}.${extension}`
}

function toPicture({ id, sha256, extension, width, height, widths, alt }: ListedPicture): Picture {
  const sources = widths.map((each) => ({
    url: `/pictures/${pictureFile(sha256, each, extension)}`,
    width: each,
  }))
  return { id, url: sources.at(-1)!.url, width, height, alt, sources }
}

export function toCategory({ id, name, description, product_count }: CategoryRow): Category {
  return { id, name, description, product_count }
}

/** Staff count drafts, too. */
export function toAdminCategory(row: CategoryRow): Category {
  return { ...toCategory(row), product_count: row.product_count + row.draft_count }
}

interface MovementRow extends Omit<Movement, 'actor' | 'at'> {
  email: string | null
  at: number
}

export function toMovement({
  id,
  product_id,
  delta,
  stock_after,
  reason,
  order_id,
  email,
  at,
}: MovementRow): Movement {
  return {
    id,
    product_id,
    delta,
    stock_after,
    reason,
    order_id,
    actor: email,
    at: new Date(at).toISOString(),
  }
}
