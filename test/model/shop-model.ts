import { toMoney } from '../../src/money.ts'

/** A simple in-memory model of the shop: no database, no requests, one thing at a time. */

export interface Product {
  id: number
  price: number
  stock: number
  deleted: boolean
}

export interface Customer {
  id: number
  access: string
  refresh: string
  /** Without one the customer is a guest. */
  email?: string
  cart: Map<Product, Line>
  /** Quantities of products that were deleted, until the customer has seen that. */
  removed: Map<Product, number>
}

interface Line {
  quantity: number
  /** As the API told it. */
  line_id: number
  /** The price, and the stock below the quantity, that the customer has seen. */
  seen_price: number
  seen_stock?: number
}

export interface Order {
  id: number
  customer: Customer
  lines: { product: Product; quantity: number }[]
  total: number
  status: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'
}

/** The option of delivery that the shop opens with. */
export const DELIVERY = { price: 490, free_from: 3000 }

export class Shop {
  readonly delivery = { ...DELIVERY }
  readonly products: Product[] = []
  readonly customers: Customer[] = []
  readonly orders: Order[] = []

  /** What the database should hold. */
  state() {
    const byId = <T extends { id: number }>(items: T[]) => items.toSorted((a, b) => a.id - b.id)
    return {
      products: byId(this.products.filter(({ deleted }) => !deleted)).map(({ id, stock, price }) => ({
        id,
        stock,
        price_cents: price,
      })),
      carts: byId(this.customers).flatMap(({ id, cart }) =>
        byId([...cart.keys()]).map((product) => ({
          user_id: id,
          product_id: product.id,
          quantity: cart.get(product)!.quantity,
        })),
      ),
      orders: byId(this.orders).map(({ id, customer, total, status }) => ({
        id,
        user_id: customer.id,
        total_cents: total,
        status,
      })),
    }
  }

  totalOf({ cart }: Customer): number {
    return [...cart].reduce((sum, [product, { quantity }]) => sum + product.price * quantity, 0)
  }

  /** What an order of this cart costs, with its delivery. */
  orderTotalOf(customer: Customer): number {
    const goods = this.totalOf(customer)
    return goods >= this.delivery.free_from ? goods : goods + this.delivery.price
  }

  /** Cart products that exceed the stock. */
  shortOf({ cart }: Customer): number[] {
    return [...cart]
      .filter(([product, { quantity }]) => quantity > product.stock)
      .map(([product]) => product.id)
  }

  /** What a cart tells: kind, product, and what is now. */
  changesFor({ cart, removed }: Customer): [kind: string, product_id: number, to: number | string][] {
    return [
      ...[...removed.keys()].map(({ id }) => ['removed', id, 0] as [string, number, number]),
      ...[...cart].flatMap(([{ id, price, stock }, { quantity, seen_price, seen_stock }]) => {
        const told: [string, number, number | string][] = []
        if (price !== seen_price) told.push(['price', id, toMoney(price)])
        if (stock < quantity && stock !== seen_stock) told.push(['stock', id, stock])
        return told
      }),
    ]
  }

  /** The customer sees all that their cart tells. */
  see({ cart, removed }: Customer): void {
    removed.clear()
    for (const [{ price, stock }, line] of cart) {
      line.seen_price = price
      if (stock < line.quantity) line.seen_stock = stock
    }
  }

  place(customer: Customer, id: number): Order {
    const lines = [...customer.cart].map(([product, { quantity }]) => ({ product, quantity }))
    const order: Order = { id, customer, lines, total: this.orderTotalOf(customer), status: 'Pending' }
    for (const { product, quantity } of lines) product.stock -= quantity
    customer.cart.clear()
    this.orders.push(order)
    return order
  }

  /** Moves the cart of a guest to an account; returns what the shop tells of it. */
  merge(guest: Customer, account: Customer): { product_id: number; from: number; to: number }[] {
    const takesAll = account.cart.size === 0
    const told = [...guest.cart].map(([product, line]) => {
      const own = account.cart.get(product)
      const from = own?.quantity ?? 0
      const to = takesAll ? line.quantity : Math.max(from, Math.min(line.quantity, product.stock))
      if (own) own.quantity = to
      else if (to > 0) account.cart.set(product, { ...line, quantity: to })
      return { product_id: product.id, from, to }
    })
    for (const [product, quantity] of guest.removed)
      if (!account.removed.has(product)) account.removed.set(product, quantity)
    guest.cart.clear()
    guest.removed.clear()
    return told
  }

  /** True if the status changed; false if the transition is not allowed. */
  move(order: Order, to: Order['status']): boolean {
    const from = { Pending: 'Shipped', Shipped: 'Pending', Delivered: 'Shipped', Cancelled: 'Pending' }[to]
    if (order.status !== from) return false
    order.status = to
    if (to === 'Cancelled')
      for (const { product, quantity } of order.lines) if (!product.deleted) product.stock += quantity
    return true
  }

  remove(product: Product): void {
    product.deleted = true
    for (const { cart, removed } of this.customers) {
      const line = cart.get(product)
      if (line) removed.set(product, line.quantity)
      cart.delete(product)
    }
  }
}
