import { toCents, toMoney } from '../../src/money.ts'
import type { Goods } from './catalog.ts'
import { isReplay } from './customer.ts'
import type { Listener } from './live.ts'
import type { Report } from './report.ts'
import { faultOf, outline, type Person, type Shop } from './shop.ts'

/** An order that exceeds the stock is refused; one of the last unit is placed, and cancelled. */
export async function checkOrder(
  shop: Shop,
  report: Report,
  {
    customer,
    staff,
    goods,
    listener,
  }: { customer: Person; staff: Person; goods: Goods; listener?: Listener | undefined },
): Promise<void> {
  const { access } = customer
  const delivery = await findDelivery(shop)
  const destination = {
    ship_to: shipTo(delivery?.countries[0] ?? 'DE'),
    ...(delivery && { delivery_option: delivery.id }),
  }
  const place = (more: object, key?: string) => {
    const body = { ...destination, ...more }
    return shop.send('POST', '/api/orders/create/', { access, body, ...(key !== undefined && { key }) })
  }
  const stock = async () =>
    (await shop.send('GET', goods.path, { access: staff.access })).body.stock as number

  const cart = await shop.send('POST', '/api/cart/', { access, body: { product_id: goods.id, quantity: 2 } })
  shop.require('Two units are added to the cart', cart, 201)
  report.onCleanUp('The cart is emptied', async () =>
    faultOf(await shop.send('DELETE', '/api/cart/', { access })),
  )
  const tooMany = { product_id: goods.id, quantity: 1 }
  const third = await shop.send('POST', '/api/cart/', { access, body: tooMany })
  shop.expect('A third is refused', third, 409, 'insufficient_stock')
  const [line] = cart.body.items as { id: number }[]
  const counted = await shop.send('PATCH', goods.path, { access: staff.access, body: { stock: 1 } })
  shop.require('Staff set the stock to one', counted, 200)

  const short = await place({})
  shop.expect('An order of two is refused', short, 409, 'insufficient_stock')
  const [item] = (short.body.items ?? []) as { product_id: number; requested: number; available: number }[]
  report.expect(
    'The refusal names product, quantity and stock',
    item?.product_id === goods.id && item.requested === 2 && item.available === 1,
    JSON.stringify(item ?? null),
  )
  report.expect('The stock is unchanged', (await stock()) === 1, `stock ${await stock()}`)

  const one = await shop.send('PATCH', `/api/cart/${line!.id}/`, { access, body: { quantity: 1 } })
  shop.require('The cart is reduced to one', one, 200)
  const changed = await place({ expected_total: '0.01' })
  shop.expect('An order at another total is refused', changed, 409, 'total_changed')
  const body = { expected_total: totalWith(one.body.grand_total as string, delivery) }
  const key = `smoke-${customer.email}`
  const placed = await place(body, key)
  shop.require('An order of one is placed', placed, 201)
  const { id } = placed.body as { id: number }
  let isCancelled = false
  const cancel = () => shop.send('POST', `/api/orders/${id}/cancel/`, { access })
  report.onCleanUp('The order is cancelled', async () => (isCancelled ? undefined : faultOf(await cancel())))
  const again = await place(body, key)
  report.expect(
    'A repeated request returns the same order',
    again.status === 201 && again.body.id === id && isReplay(again.headers),
    `${outline(again)}, order ${again.body.id} of ${id}, Idempotent-Replayed: ${again.headers.get('Idempotent-Replayed')}`,
  )
  shop.expect(
    'Another request with the same key is refused',
    await place({}, key),
    422,
    'idempotency_key_reused',
  )
  shop.expect('The cart is empty afterwards', await place({}), 400, 'cart_empty')
  report.expect('The stock was taken once', (await stock()) === 0, `stock ${await stock()}`)
  await listener?.expectEvent(id, 'Pending')

  const cancelled = await cancel()
  isCancelled = shop.expect('The customer cancels it', cancelled, 200)
  shop.expect('A second cancel is refused', await cancel(), 409, 'order_not_cancellable')
  report.expect('The stock is restored', (await stock()) === 1, `stock ${await stock()}`)
  await listener?.expectEvent(id, 'Cancelled')
}

interface DeliveryOption {
  id: number
  price: string
  free_from: string | null
  countries: string[]
}

/** The cheapest option; undefined in a shop without any, where an order needs none. */
async function findDelivery(shop: Shop): Promise<DeliveryOption | undefined> {
  const options = await shop.send('GET', '/api/delivery-options/')
  shop.require('GET /api/delivery-options/', options, 200)
  return (options.body.results as DeliveryOption[])[0]
}

/** All that a shop with `REQUIRE_ADDRESS` requires; none of it is checked against the country. */
function shipTo(country: string): object {
  return {
    name: 'Smoke test',
    phone: '0',
    country,
    postal_code: '00000',
    city: 'Nowhere',
    line1: 'Smoke test 1',
  }
}

function totalWith(grand_total: string, delivery: DeliveryOption | undefined): string {
  if (!delivery) return grand_total
  const goods = toCents(grand_total)!
  const isFree = delivery.free_from !== null && toCents(delivery.free_from)! <= goods
  return isFree ? grand_total : toMoney(goods + toCents(delivery.price)!)
}
