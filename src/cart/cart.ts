import { toTaxes } from '../contained-tax.ts'
import { toProduct } from '../catalog/product.ts'
import { toMoney } from '../money.ts'
import type { Settings } from '../settings.ts'
import type { Cart, CartChange } from './openapi.ts'
import { MAX_REMOVED } from './schema.ts'

export interface Owner {
  id: number
  email: string
  created_at: number
}

type Line = Parameters<typeof toProduct>[0] & {
  line_id: number
  product_id: number
  quantity: number
  seen_cents: number | null
  seen_stock: number | null
}

/** A line, or what is left of one: its product is no longer on sale, and NULL if it has been deleted. */
export type LineRow = { [Column in keyof Line]: Line[Column] | null } & Pick<
  Line,
  'product_id' | 'quantity'
> & { published: number | null; removed_name: string | null }

/** The rows of `selectCart` to JSON. */
export function toCart(
  [[owner], rows]: readonly [readonly Owner[], readonly LineRow[]],
  { currency, tax_rate }: Pick<Settings, 'currency' | 'tax_rate'>,
): Cart {
  const lines = rows.filter(({ published }) => published) as Line[]
  const removed = rows.filter(({ removed_name }) => removed_name !== null).slice(0, MAX_REMOVED)
  // Prices may have risen since: a hundred lines can exceed 2⁵³ cents, one line cannot.
  const total = lines.reduce((sum, line) => sum + BigInt(line.quantity * line.price_cents), 0n)
  return {
    id: owner!.id,
    user: owner!.email,
    items: lines.map(({ line_id, quantity, ...product }) => ({
      id: line_id,
      product: toProduct(product),
      quantity,
      total_price: toMoney(quantity * product.price_cents),
    })),
    grand_total: toMoney(total),
    currency,
    taxes: toTaxes(
      lines.map((line) => ({ rate: line.tax_rate ?? tax_rate, gross: line.quantity * line.price_cents })),
    ),
    changes: [...removed.map(toRemoval), ...lines.flatMap(changesOf)],
    created_at: new Date(owner!.created_at).toISOString(),
    message:
      lines.length === 0
        ? 'Your shopping cart is currently empty.'
        : `You have ${lines.length} item(s) in your cart.`,
  }
}

function toRemoval({ product_id, removed_name, quantity }: LineRow): CartChange {
  return { kind: 'removed', product_id, product: removed_name!, from: quantity, to: 0 }
}

/** How a line differs from what its customer has seen. */
function changesOf(line: Line): CartChange[] {
  const { id: product_id, name: product, quantity, stock, seen_stock, price_cents, seen_cents } = line
  const changes: CartChange[] = []
  if (seen_cents !== null && seen_cents !== price_cents) {
    changes.push({ kind: 'price', product_id, product, from: toMoney(seen_cents), to: toMoney(price_cents) })
  }
  if (stock < quantity && stock !== seen_stock) {
    changes.push({ kind: 'stock', product_id, product, from: quantity, to: stock })
  }
  return changes
}
