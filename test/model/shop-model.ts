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
  /** Quantity by product, and the id of the line as the API told it. */
  cart: Map<Product, { quantity: number; line_id: number }>
}

export interface Order {
  id: number
  customer: Customer
  lines: { product: Product; quantity: number }[]
  total: number
  status: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'
}

export class Shop {
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

  /** Cart products that exceed the stock. */
  shortOf({ cart }: Customer): number[] {
    return [...cart]
      .filter(([product, { quantity }]) => quantity > product.stock)
      .map(([product]) => product.id)
  }

  place(customer: Customer, id: number): Order {
    const lines = [...customer.cart].map(([product, { quantity }]) => ({ product, quantity }))
    const order: Order = { id, customer, lines, total: this.totalOf(customer), status: 'Pending' }
    for (const { product, quantity } of lines) product.stock -= quantity
    customer.cart.clear()
    this.orders.push(order)
    return order
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
    for (const { cart } of this.customers) cart.delete(product)
  }
}
