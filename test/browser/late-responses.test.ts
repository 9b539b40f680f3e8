import type { Page, Request } from 'playwright-core'
import { expect, inject, it } from 'vitest'
import { useBrowser } from './browser.ts'
import { aProduct, expectText, loggedInWith, RESPONSE_LOST, TOO_MANY_REQUESTS } from './demo-shop.ts'
import { aCustomer, anOrder, staffMove } from './shop.ts'

/** A response arrives after the page has learned of something newer. */

const visit = useBrowser()
const visitAs = loggedInWith(visit)
const { staff } = inject('shop')

/**
 * Lets these requests take effect, and keeps their responses back until the returned function is called; it resolves
 * when the page has them.
 */
async function holdResponses(page: Page, path: string, isHeld: (request: Request) => boolean) {
  const { promise: isReleased, resolve: release } = Promise.withResolvers<void>()
  await page.route(path, async (route) => {
    if (!isHeld(route.request())) return route.continue()
    const response = await route.fetch()
    await isReleased
    await route.fulfill({ response })
  })
  return async () => {
    const arrived = page.waitForEvent('requestfinished', isHeld)
    release()
    await arrived
    await page.evaluate('new Promise(requestAnimationFrame)')
  }
}

it('a customer still sees in the cart what they added while the cart was being read', async () => {
  const product = await aProduct()
  const page = await visitAs(await aCustomer(), `/product/${product.id}`)
  const release = await holdResponses(
    page,
    '**/api/cart/',
    (request) => request.method() === 'GET' && request.url().endsWith('/api/cart/'),
  )
  await page.reload()
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await expectText(page, '1 in your cart.')
  await release()
  expect(await page.getByText('1 in your cart.').count()).toBe(1)
})

it('staff see an order that someone else moved back before the response to their own move arrived', async () => {
  const order = await anOrder(await aCustomer())
  const page = await visitAs(staff, '/staff/orders')
  await page.locator('.live[data-state=connected]').waitFor()
  const release = await holdResponses(
    page,
    `**/api/admin/orders/${order.id}/`,
    (request) => request.method() === 'PATCH',
  )
  const button = (name: string) =>
    page.getByRole('button', { name: `${name} order ${order.id}`, exact: true })
  await button('Ship').click()
  await button('Yes, ship').click()
  await button('Ship').waitFor({ state: 'detached' })
  await staffMove(order, 'Pending')
  await button('Ship').waitFor()
  await release()
  expect(await button('Ship').count()).toBe(1)
})

it('staff do not read that there are no problems after a check that broke off', async () => {
  const page = await visitAs(staff, '/staff/activity')
  const path = '**/api/admin/integrity/?*'
  await page.route(path, (route) => route.fulfill(TOO_MANY_REQUESTS))
  await page.getByRole('button', { name: 'Run check' }).click()
  await expectText(page, RESPONSE_LOST)
  await expectText(page, 'stock is sum of movements')
  expect(await page.getByText('No problems found.').count()).toBe(0)
  await page.unroute(path)
  await page.getByRole('button', { name: 'Run check' }).click()
  await expectText(page, 'No problems found.')
})
