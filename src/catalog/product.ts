import type { Selectable } from 'kysely'
import type { Database } from '../db/schema.ts'
import { toMoney } from '../money.ts'
import type { Category, Movement, Product } from './openapi.ts'

export type ProductRow = Selectable<Database['products']>

export type CategoryRow = Selectable<Database['categories']>

/** Converts a row to JSON, field by field. */
export function toProduct(
  row: Omit<ProductRow, 'name_key' | 'in_stock' | 'version' | 'stock_version' | 'words_version'>,
): Product {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    price: toMoney(row.price_cents),
    stock: row.stock,
    category: row.category_id,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  }
}

export function toCategory({ id, name, description, product_count }: CategoryRow): Category {
  return { id, name, description, product_count }
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
