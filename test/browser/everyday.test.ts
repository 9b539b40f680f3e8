import type { Page } from 'playwright-core'
import { describe, expect, inject, it } from 'vitest'
import { useBrowser } from './browser.ts'
import {
  aProduct,
  DESK,
  expectHeading,
  expectText,
  listensForOrders,
  loggedInWith,
  PHONE,
  unique,
} from './demo-shop.ts'
import { aCustomer, anOrder, call, type Customer, SHOP, staffAccess, staffMove } from './shop.ts'

const visit = useBrowser()
const visitAs = loggedInWith(visit)

const puts = ({ access: token }: Customer, product_id: number, quantity = 1) =>
  call('POST', '/api/cart/', { token, body: { product_id, quantity } })
const staffCall = async (method: string, path: string, body?: object) =>
  call(method, path, { token: await staffAccess(), ...(body && { body }) })
const livesAt = ({ access: token }: Customer) =>
  call('PATCH', '/api/users/profile/', { token, body: { address: '1 High Street' } })

const staff = inject('shop').staff

/** The staff's list of orders, once it is live, and its rows. */
async function visitOrdersInPagesOfTwo(viewport: typeof DESK) {
  const page = await visitAs(staff, '/staff/products', viewport)
  await page.route('**/api/admin/orders/?*', (route) =>
    route.continue({ url: route.request().url().replace('page_size=50', 'page_size=2') }),
  )
  let reads = 0
  page.on('response', (response) => {
    if (response.url().includes('/api/admin/orders/?')) reads += 1
  })
  await page.evaluate(`location.hash = '#/staff/orders'`)
  const rows = page.locator('.staff-orders strong', { hasText: /^Order/ })
  await expect.poll(() => reads).toBe(2) // the second when the stream is connected
  await expect.poll(() => rows.count()).toBe(2)
  return { page, rows }
}

const ADD = `[...document.querySelectorAll('button')].find(({ innerText }) => innerText === 'Add to cart')`

/**
 * Scrolls so that the button ends at each of these shares of the screen: whether nothing lies in front of it. At once, as
 * a notice is shown for a few seconds only.
 */
const reachability = (page: Page, shares: number[]) =>
  page.evaluate<object[]>(`(async () => {
    const rendered = () => new Promise(requestAnimationFrame)
    const outcomes = []
    for (const share of ${JSON.stringify(shares)}) {
      scrollBy(0, ${ADD}.getBoundingClientRect().bottom - innerHeight * share)
      await rendered().then(rendered)
      const { left, top, width, height } = ${ADD}.getBoundingClientRect()
      const isReachable = ${ADD}.contains(document.elementFromPoint(left + width / 2, top + height / 2))
      outcomes.push({ share, isReachable, notices: document.querySelectorAll('.notice').length })
    }
    return outcomes
  })()`)

describe.each([PHONE, DESK])('at $width pixels a customer', (viewport) => {
  it('reaches "Add to cart" while a notice is shown, wherever the button is on the screen', async () => {
    const ann = await aCustomer()
    const { id, name } = await aProduct({ description: 'A line.\n'.repeat(60) })
    const order = await anOrder(ann)
    const page = await visitAs(ann, `/product/${id}`, viewport)
    await listensForOrders(page)
    await expectHeading(page, name)
    await staffMove(order, 'Shipped')
    await expectText(page, `Order ${order.id} is on its way.`)
    const shares = [0.3, 0.6, 0.9, 0.96]
    expect(await reachability(page, shares)).toEqual(
      shares.map((share) => ({ share, isReachable: true, notices: 1 })),
    )
  })

  it('sees how many there are when they want too many, in the product and in the cart', async () => {
    const ann = await aCustomer()
    const [three, one] = [await aProduct({ stock: 3 }), await aProduct({ stock: 1 })]
    const page = await visitAs(ann, `/product/${three.id}`, viewport)
    await page.getByLabel('Quantity').fill('500')
    await page.getByRole('button', { name: 'Add to cart' }).click()
    await expectText(page, 'Only 3 are available.')
    await puts(ann, three.id)
    await puts(ann, one.id)
    await page.evaluate(`location.hash = '#/cart'`)
    const quantity = page.getByLabel(`Quantity of ${one.name}`)
    await quantity.fill('500')
    await quantity.blur()
    await expectText(page, 'You wanted 500. Only 1 is available.')
    await expect.poll(() => quantity.inputValue()).toBe('1')
  })

  it('reads one product and two products', async () => {
    const word = `w${crypto.randomUUID().slice(0, 8)}`
    await aProduct({ name: `${word} first` })
    await aProduct({ name: `${word} second` })
    const { page } = await visit(`${SHOP}/#/?search=${word}`, { viewport })
    const count = page.locator('.count', { hasText: ' of ' })
    await expect.poll(() => count.innerText()).toBe('2 of 2 products')
    await page.evaluate(`location.hash = '#/?search=${word}+second'`)
    await expect.poll(() => count.innerText()).toBe('1 of 1 product')
  })

  it('sees what went and what changed in the cart, until they have dismissed it', async () => {
    const ann = await aCustomer()
    const [gone, dearer, short] = [await aProduct(), await aProduct(), await aProduct()]
    for (const { id } of [gone, dearer, short]) await puts(ann, id, 3)
    await staffCall('DELETE', `/api/admin/products/${gone.id}/`)
    await staffCall('PATCH', `/api/admin/products/${dearer.id}/`, { price: '12.00' })
    await staffCall('PATCH', `/api/admin/products/${short.id}/`, { stock: 1 })
    const page = await visitAs(ann, '/cart', viewport)
    for (const _ of ['once', 'again']) {
      await expectText(page, `${gone.name} is no longer available.`)
      await expectText(page, `${dearer.name} now costs €12.00 instead of €10.00.`)
      await expectText(page, `Only 1 is left of ${short.name}; you have 3 in your cart.`)
      await page.reload()
    }
    await page.getByRole('button', { name: 'Got it' }).click()
    await expect.poll(() => page.getByText('Since you last looked').count()).toBe(0)
    await page.reload()
    await page.getByRole('button', { name: 'Place order' }).waitFor()
    expect(await page.getByText('Since you last looked').count()).toBe(0)
  })

  it('changes a quantity while what they have seen is being saved', async () => {
    const [ann, gone, kept] = [await aCustomer(), await aProduct(), await aProduct()]
    for (const { id } of [gone, kept]) await puts(ann, id, 2)
    await staffCall('DELETE', `/api/admin/products/${gone.id}/`)
    const page = await visitAs(ann, '/cart', viewport)
    const { promise: changed, resolve: goOn } = Promise.withResolvers<void>()
    await page.route('**/api/cart/seen/', async (route) => {
      await changed
      await route.continue()
    })
    await page.getByRole('button', { name: 'Got it' }).click()
    const quantity = page.getByLabel(`Quantity of ${kept.name}`)
    await quantity.fill('3')
    await quantity.blur()
    goOn()
    await expectText(page, '€30.00')
    expect(await quantity.inputValue()).toBe('3')
  })

  it('keeps a quantity that is saved after another one was refused', async () => {
    const [ann, gone, kept] = [await aCustomer(), await aProduct(), await aProduct()]
    for (const { id } of [gone, kept]) await puts(ann, id)
    const page = await visitAs(ann, '/cart', viewport)
    const quantity = page.getByLabel(`Quantity of ${kept.name}`)
    await quantity.waitFor()
    await staffCall('DELETE', `/api/admin/products/${gone.id}/`)
    const { promise: areEntered, resolve: save } = Promise.withResolvers<void>()
    const { promise: isSaved, resolve: goOn } = Promise.withResolvers<void>()
    await page.route(/\/api\/cart\/\d+\/$/, async (route) => {
      await areEntered
      const response = await route.fetch()
      await route.fulfill({ response })
      if (response.ok()) goOn()
    })
    await page.route('**/api/cart/', async (route) => {
      const response = await route.fetch()
      await isSaved
      await route.fulfill({ response })
    })
    await page.getByLabel(`Quantity of ${gone.name}`).fill('2')
    await quantity.fill('3')
    await quantity.blur()
    const read = page.waitForResponse('**/api/cart/')
    save()
    await (await read).finished()
    await expectText(page, `${gone.name} is no longer available.`)
    expect(await quantity.inputValue()).toBe('3')
  })

  it('orders the quantity that they have just entered', async () => {
    const [ann, { id, name }] = [await aCustomer(), await aProduct()]
    await livesAt(ann)
    await puts(ann, id)
    const page = await visitAs(ann, '/cart', viewport)
    const { promise: isSaving, resolve: save } = Promise.withResolvers<void>()
    const sent: string[] = []
    await page.route(/\/api\/cart\/\d+\/$/, async (route) => {
      await isSaving
      sent.push('saved')
      await route.continue()
    })
    await page.route('**/api/orders/create/', (route) => {
      sent.push('ordered')
      return route.continue()
    })
    await page.getByLabel(`Quantity of ${name}`).fill('3')
    await page.getByRole('button', { name: 'Place order' }).click()
    await page.getByRole('button', { name: 'Please wait' }).waitFor()
    save()
    await expectHeading(page, /^Order \d+$/)
    await expectText(page, '3 × €10.00')
    expect(sent).toEqual(['saved', 'ordered'])
  })

  it('does not order while the shop refuses the quantity that they have just entered', async () => {
    const [ann, { id, name }] = [await aCustomer(), await aProduct({ stock: 5 })]
    await livesAt(ann)
    await puts(ann, id)
    const page = await visitAs(ann, '/cart', viewport)
    await page.getByLabel(`Quantity of ${name}`).fill('500')
    await page.getByRole('button', { name: 'Place order' }).click()
    await expectText(page, 'Your order has not been placed')
    await expectText(page, 'You wanted 500. Only 5 are available.')
    expect(await call('GET', '/api/orders/', { token: ann.access })).toMatchObject({ count: 0 })
    await page.getByRole('button', { name: 'Place order' }).click()
    await expectHeading(page, /^Order \d+$/)
  })

  it('sees a price that rises while their quantity is saved, before they order', async () => {
    const [ann, { id, name }] = [await aCustomer(), await aProduct()]
    await livesAt(ann)
    await puts(ann, id)
    const page = await visitAs(ann, '/cart', viewport)
    const quantity = page.getByLabel(`Quantity of ${name}`)
    await quantity.waitFor()
    await staffCall('PATCH', `/api/admin/products/${id}/`, { price: '12.00' })
    await quantity.fill('3')
    await page.getByRole('button', { name: 'Place order' }).click()
    await expectText(page, 'Your order has not been placed')
    await expectText(page, `${name} now costs €12.00 instead of €10.00.`)
    await page.getByRole('button', { name: 'Place order' }).click()
    await expectHeading(page, /^Order \d+$/)
    await expectText(page, '3 × €12.00')
  })

  it('sees that all of the cart is gone, in place of an empty one without a word', async () => {
    const [ann, gone] = [await aCustomer(), await aProduct()]
    await puts(ann, gone.id)
    await staffCall('DELETE', `/api/admin/products/${gone.id}/`)
    const page = await visitAs(ann, '/cart', viewport)
    await expectText(page, `${gone.name} is no longer available.`)
    await expectText(page, 'Your cart is empty.')
  })

  it('is thanked for the order, once, and what they saw of the cart is not told again', async () => {
    const ann = await aCustomer()
    const [gone, kept] = [await aProduct(), await aProduct()]
    await livesAt(ann)
    for (const { id } of [gone, kept]) await puts(ann, id)
    await staffCall('DELETE', `/api/admin/products/${gone.id}/`)
    const page = await visitAs(ann, '/cart', viewport)
    await expectText(page, `${gone.name} is no longer available.`)
    await page.getByRole('button', { name: 'Place order' }).click()
    await expectHeading(page, /^Order \d+$/)
    await expectText(page, 'Thank you for your order!')
    await page.getByRole('link', { name: 'Cart, 0 items' }).click()
    await expectText(page, 'Your cart is empty.')
    // The cart may have been read before the shop was told what the customer has seen.
    await expect.poll(() => page.getByText(gone.name).count()).toBe(0)
    await page.goBack()
    await expectHeading(page, /^Order \d+$/)
    expect(await page.getByText('Thank you').count()).toBe(0)
  })

  it('finds the log-out on the first screen of the account', async () => {
    const page = await visitAs(await aCustomer(), '/account', viewport)
    await expectHeading(page, 'Your account')
    const box = await page.getByRole('button', { name: 'Log out' }).boundingBox()
    expect(box!.y + box!.height).toBeLessThan(viewport.height / 2)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('link', { name: 'Log in' }).waitFor()
  })

  it('reads that they are offline where a page cannot load, and the page when they are back', async () => {
    const { id, name } = await aProduct()
    const page = await visitAs(await aCustomer(), '/orders', viewport)
    await page.context().setOffline(true)
    for (const path of [`/product/${id}`, `/?search=${encodeURIComponent(name)}`]) {
      await page.evaluate(`location.hash = '#${path}'`)
      await expectText(page, 'This page cannot load while you are offline.')
    }
    const { height } = (await page.getByText('The shop reconnects automatically.').boundingBox())!
    expect(height).toBeLessThan(100)
    await page.context().setOffline(false)
    await page.getByRole('link', { name }).waitFor()
  })
})

describe.each([PHONE, DESK])('at $width pixels staff', (viewport) => {
  it('see pending orders, are asked before they ship one, and can take that back', async () => {
    const ann = await aCustomer()
    const [order, other] = [await anOrder(ann), await anOrder(ann)]
    await staffMove(other, 'Shipped')
    const page = await visitAs(staff, '/staff/orders', viewport)
    const button = (name: string) =>
      page.getByRole('button', { name: `${name} order ${order.id}`, exact: true })
    await button('Ship').click()
    expect(await page.getByText(`Order ${other.id}`, { exact: true }).count()).toBe(0)
    await page.getByRole('button', { name: `Do not move order ${order.id}` }).click()
    await button('Ship').click()
    const status = () =>
      call<{ status: string }>('GET', `/api/orders/${order.id}/`, { token: ann.access }).then(
        ({ status: now }) => now,
      )
    expect(await status()).toBe('Pending')
    await button('Yes, ship').click()
    await expectText(page, `Order ${order.id} is shipped. You can undo that for an hour.`)
    expect(await status()).toBe('Shipped')
    await button('Undo shipping').click()
    await button('Ship').waitFor()
    expect(await status()).toBe('Pending')
  })

  it('are still asked about an order that they confirm while another one is being moved', async () => {
    const ann = await aCustomer()
    const [first, second] = [await anOrder(ann), await anOrder(ann)]
    const page = await visitAs(staff, '/staff/orders', viewport)
    const press = (name: string, { id }: { id: number }) =>
      page.getByRole('button', { name: `${name} order ${id}`, exact: true }).click({ force: true })
    const { promise: isMoving, resolve: move } = Promise.withResolvers<void>()
    await page.route(`**/api/admin/orders/${first.id}/`, async (route) => {
      await isMoving
      await route.continue()
    })
    await press('Ship', first)
    await press('Yes, ship', first)
    await press('Ship', second)
    await press('Yes, ship', second)
    move()
    await expectText(page, `Order ${first.id} is shipped.`)
    await press('Yes, ship', second)
    await expectText(page, `Order ${second.id} is shipped.`)
  })

  it('still see a new order while two changes of the filter load', async () => {
    const page = await visitAs(staff, '/staff/orders', viewport)
    await page.locator('.live[data-state=connected]').waitFor()
    const { id } = await anOrder(await aCustomer())
    await expectText(page, `Order ${id}`)
    const { promise: isAsked, resolve: askedAgain } = Promise.withResolvers<void>()
    await page.route('**/api/admin/orders/?*', async (route) => {
      if (route.request().url().includes('status=')) return askedAgain() // and is not answered
      const response = await route.fetch()
      await isAsked
      await route.fulfill({ response })
    })
    const first = page.waitForResponse('**/api/admin/orders/?*')
    await page.getByLabel('Status').selectOption('All')
    await page.getByLabel('Status').selectOption('Pending')
    await (await first).finished()
    await page.getByRole('button', { name: `Ship order ${id}`, exact: true }).click()
    await page.getByRole('button', { name: `Yes, ship order ${id}`, exact: true }).waitFor()
  })

  it('read that a list goes on after its first page', async () => {
    const { id, name } = await aProduct()
    for (let n = 0; n < 50; n += 1) await staffCall('PATCH', `/api/admin/products/${id}/`, { stock_delta: 1 })
    const page = await visitAs(staff, `/staff/product/${id}`, viewport)
    await expectHeading(page, name)
    await expect.poll(() => page.locator('.count').allInnerTexts()).toEqual(['Showing 50 of 51.'])
  })

  it('still see the order that they have shipped when they load older ones', async () => {
    const ann = await aCustomer()
    const [oldest, , newest] = [await anOrder(ann), await anOrder(ann), await anOrder(ann)]
    const { page } = await visitOrdersInPagesOfTwo(viewport)
    const button = (name: string, { id }: { id: number }) =>
      page.getByRole('button', { name: `${name} order ${id}`, exact: true })
    await button('Ship', newest).click()
    await button('Yes, ship', newest).click()
    await button('Undo shipping', newest).waitFor()
    await page.getByRole('button', { name: 'Show more' }).click()
    await button('Ship', oldest).waitFor()
    expect(await button('Undo shipping', newest).count()).toBe(1)
  })

  it('load one more page, however often that has failed before', async () => {
    const ann = await aCustomer()
    for (let n = 0; n < 5; n += 1) await anOrder(ann)
    const { page, rows } = await visitOrdersInPagesOfTwo(viewport)
    const more = page.getByRole('button', { name: 'Show more' })
    for (const detail of ['It failed.', 'It failed again.']) {
      const failed = {
        status: 500,
        contentType: 'application/problem+json',
        json: { code: 'internal', detail },
      }
      await page.route('**/api/admin/orders/?*', (route) => route.fulfill(failed), { times: 1 })
      await more.click()
      await expectText(page, detail)
    }
    await more.click()
    await expect.poll(() => rows.count()).toBe(4)
  })

  it('load older orders, though others have shipped the newest', async () => {
    const ann = await aCustomer()
    const orders = [await anOrder(ann), await anOrder(ann), await anOrder(ann), await anOrder(ann)]
    const { page, rows } = await visitOrdersInPagesOfTwo(viewport)
    for (const order of orders.slice(2)) await staffMove(order, 'Shipped')
    await expect.poll(() => rows.count()).toBe(0)
    expect(await page.getByText('No orders are Pending.').count()).toBe(0)
    await page.getByRole('button', { name: 'Show more' }).click()
    const newest = async () => (await rows.allInnerTexts()).slice(0, 2)
    await expect.poll(newest).toEqual([`Order ${orders[1]!.id}`, `Order ${orders[0]!.id}`])
  })

  it('go on with the category that they opened while another one was being saved', async () => {
    const [first, second] = [unique('Odds'), unique('Ends')]
    const { id } = (await staffCall('POST', '/api/admin/categories/', { name: first })) as { id: number }
    await staffCall('POST', '/api/admin/categories/', { name: second })
    const page = await visitAs(staff, '/staff/categories', viewport)
    const { promise: isSaving, resolve: save } = Promise.withResolvers<void>()
    await page.route(`**/api/admin/categories/${id}/`, async (route) => {
      await isSaving
      await route.continue()
    })
    await page.getByRole('button', { name: `Edit ${first}` }).click()
    await page.locator('#edit-name').fill(`${first}!`)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: `Edit ${second}` }).click()
    await page.locator('#edit-name').fill(`${second}!`)
    save()
    await page.getByRole('button', { name: `Edit ${first}!` }).waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => page.getByRole('button', { name: `Edit ${second}!` }).count()).toBe(1)
  })

  it('see all sections of the staff pages without scrolling sideways', async () => {
    const page = await visitAs(staff, '/staff/categories', viewport)
    const nav = page.getByRole('navigation', { name: 'Staff' })
    await nav.waitFor()
    expect(await nav.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0)
  })

  it('read the whole activity log without scrolling sideways', async () => {
    await staffCall('PATCH', `/api/admin/products/${(await aProduct()).id}/`, {
      description: 'word'.repeat(100),
    })
    const page = await visitAs(staff, '/staff/activity', viewport)
    const log = page.getByRole('region', { name: 'Activity log' })
    await log.waitFor()
    expect(await log.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0)
  })
})

it('a customer is told that an order is not on its way after all', async () => {
  const ann = await aCustomer()
  const order = await anOrder(ann)
  await staffMove(order, 'Shipped')
  const page = await visitAs(ann, `/order/${order.id}`)
  await listensForOrders(page)
  await page.locator('[aria-current=step]', { hasText: 'Shipped' }).waitFor()
  await staffMove(order, 'Pending')
  await page.locator('[aria-current=step]', { hasText: 'Pending' }).waitFor()
  await expectText(page, `Order ${order.id} has not been shipped yet after all.`)
})
