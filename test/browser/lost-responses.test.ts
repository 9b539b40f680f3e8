import { expect, inject, it, onTestFinished } from 'vitest'
import { useBrowser } from './browser.ts'
import {
  aProduct,
  expectHeading,
  expectText,
  loggedInWith,
  loseResponses,
  RESPONSE_LOST,
  theCategory,
  unique,
} from './demo-shop.ts'
import { aCustomer, anOrder, call, SHOP, staffAccess } from './shop.ts'

/** A request takes effect, its response is lost, and the user sends it again. */

const visit = useBrowser()
const visitAs = loggedInWith(visit)
const { staff } = inject('shop')

it('staff create one product', async () => {
  const [name, category] = [unique('Novelty'), await theCategory()]
  const page = await visitAs(staff, '/staff/product/new')
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Price').fill('7.5')
  await page.getByLabel('Category').selectOption(category.name)
  await loseResponses(page, '**/api/admin/products/')
  await page.getByRole('button', { name: 'Create product' }).click()
  await expectText(page, RESPONSE_LOST)
  await page.unroute('**/api/admin/products/')
  await page.getByRole('button', { name: 'Create product' }).click()
  await expectHeading(page, name)
  const search = `/api/admin/products/?search=${encodeURIComponent(name)}`
  expect(await call('GET', search, { token: await staffAccess() })).toMatchObject({ count: 1 })
})

it('staff who changed the product meanwhile are told that the first request may have taken effect', async () => {
  const page = await visitAs(staff, '/staff/product/new')
  await page.getByLabel('Name').fill(unique('Novelty'))
  await page.getByLabel('Price').fill('7.5')
  await loseResponses(page, '**/api/admin/products/')
  await page.getByRole('button', { name: 'Create product' }).click()
  await expectText(page, RESPONSE_LOST)
  await page.unroute('**/api/admin/products/')
  await page.getByLabel('Price').fill('7.6')
  await page.getByRole('button', { name: 'Create product' }).click()
  await expectText(page, 'The shop has received what you sent before.')
})

it('staff create one delivery option', async () => {
  const path = '/api/admin/delivery-options/'
  const page = await visitAs(staff, '/staff/delivery')
  const name = unique('Parcel')
  const token = await staffAccess()
  const options = () => call<{ results: { id: number; name: string }[] }>('GET', path, { token })
  onTestFinished(async () => {
    for (const { id } of (await options()).results) await call('DELETE', `${path}${id}/`, { token })
  })
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Price').fill('4.90')
  await page.getByLabel('Countries').fill('IS') // the orders of other files go elsewhere
  await loseResponses(page, `**${path}`)
  await page.getByRole('button', { name: 'Create delivery option' }).click()
  await expectText(page, RESPONSE_LOST)
  await page.unroute(`**${path}`)
  await page.getByRole('button', { name: 'Create delivery option' }).click()
  await expectText(page, `${name} has been saved.`)
  expect((await options()).results.filter((each) => each.name === name)).toHaveLength(1)
})

it('staff create a category, and do not read that it exists', async () => {
  const page = await visitAs(staff, '/staff/categories')
  const name = unique('Odds')
  await page.getByLabel('Name').fill(name)
  await loseResponses(page, '**/api/admin/categories/')
  await page.getByRole('button', { name: 'Create category' }).click()
  await expectText(page, RESPONSE_LOST)
  await page.unroute('**/api/admin/categories/')
  await page.getByRole('button', { name: 'Create category' }).click()
  await expectText(page, `${name} has been created.`)
})

it('staff correct the stock once', async () => {
  const { id, name } = await aProduct({ stock: 5 })
  const page = await visitAs(staff, `/staff/product/${id}`)
  await expectHeading(page, name)
  await page.getByLabel('Units').fill('3')
  await loseResponses(page, `**/api/admin/products/${id}/`)
  await page.getByRole('button', { name: 'Update stock' }).click()
  await expectText(page, RESPONSE_LOST)
  await page.unroute(`**/api/admin/products/${id}/`)
  await page.getByRole('button', { name: 'Update stock' }).click()
  await expectText(page, 'Stock is now 8.')
  await page.getByRole('button', { name: 'Update stock' }).click()
  await expectText(page, 'Stock is now 11.')
})

it('staff save a product, and do not read that somebody else has changed it', async () => {
  const { id, name } = await aProduct()
  const page = await visitAs(staff, `/staff/product/${id}`)
  await expectHeading(page, name)
  await page.getByLabel('Price').fill('7.6')
  await loseResponses(page, `**/api/admin/products/${id}/`)
  await page.getByRole('button', { name: 'Save' }).click()
  await expectText(page, RESPONSE_LOST)
  await page.unroute(`**/api/admin/products/${id}/`)
  await page.getByRole('button', { name: 'Save' }).click()
  await expectText(page, 'Changes saved.')
})

it('a customer whose order has emptied the cart still reads that its response is missing', async () => {
  const ann = await aCustomer()
  const { id } = await aProduct({ stock: 50 })
  await call('PATCH', '/api/users/profile/', { token: ann.access, body: { address: '1 High Street' } })
  await call('POST', '/api/cart/', { token: ann.access, body: { product_id: id } })
  const page = await visitAs(ann, '/cart')
  await loseResponses(page, '**/api/orders/create/')
  await page.getByRole('button', { name: /^Place order/ }).click()
  await expectText(page, RESPONSE_LOST)
  await expectText(page, 'Your cart is empty.')
})

it('a customer puts a product into the cart once', async () => {
  const { id, name } = await aProduct({ stock: 50 })
  const page = await visitAs(await aCustomer(), `/product/${id}`)
  await expectHeading(page, name)
  await page.getByLabel('Quantity').fill('2')
  await loseResponses(page, '**/api/cart/')
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await expectText(page, RESPONSE_LOST)
  await page.unroute('**/api/cart/')
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await expectText(page, '2 in your cart')
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await expectText(page, '4 in your cart')
})

it('a customer cancels an order, and does not read that it cannot be cancelled', async () => {
  const ann = await aCustomer()
  const { id } = await anOrder(ann)
  const page = await visitAs(ann, `/order/${id}`)
  await page.routeWebSocket(/events/, () => {}) // the page learns nothing else of the order
  await page.reload()
  await page.getByRole('button', { name: 'Cancel this order' }).click()
  await loseResponses(page, '**/cancel/')
  await page.getByRole('button', { name: 'Yes, cancel this order' }).click()
  await expectText(page, RESPONSE_LOST)
  await page.unroute('**/cancel/')
  await page.getByRole('button', { name: 'Yes, cancel this order' }).click()
  await expectText(page, `Order ${id} has been cancelled.`)
})

it('a stranger creates an account, and does not read that the address is taken', async () => {
  const { page } = await visit(`${SHOP}/#/register`)
  await page.getByLabel('Name').fill('Ann Example')
  await page.getByLabel('E-mail').fill(`${crypto.randomUUID()}@example.com`)
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByLabel('Phone').fill('1')
  await loseResponses(page, '**/api/users/register/')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expectText(page, RESPONSE_LOST)
  await page.unroute('**/api/users/register/')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expectText(page, 'Welcome, Ann Example!')
})
