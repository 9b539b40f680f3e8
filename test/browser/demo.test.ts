import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { accessibilityFindings, overflowOf, useBrowser } from './browser.ts'
import {
  aProduct,
  DESK,
  expectHeading,
  expectText,
  isLoggedOut,
  loggedInWith,
  listensForOrders,
  PHONE,
  theCategory,
  unique,
} from './demo-shop.ts'
import { aCustomer, anOrder, call, type Customer, SHOP, staffAccess, staffMove } from './shop.ts'

const visit = useBrowser()
const visitAs = loggedInWith(visit)

let category: { id: number; name: string }
beforeAll(async () => {
  category = await theCategory()
})

describe('a new customer', () => {
  it('finds a product, creates an account and orders; staff ship it, and both pages update live', async () => {
    const product = await aProduct({ price: '12.50' })
    const { page, complaints } = await visit(`${SHOP}/`, { viewport: PHONE })
    const staff = await visitAs(inject('shop').staff, '/staff/orders')

    await page.getByLabel('Search the shop').fill(product.name)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: product.name }).click()
    await expectHeading(page, product.name)
    await page.getByRole('link', { name: 'Log in' }).click()
    await page.getByRole('link', { name: 'Create account' }).click()
    await page.getByLabel('Name').fill('Ann Example')
    await page.getByLabel('E-mail').fill(`${crypto.randomUUID()}@example.com`)
    await page.getByLabel('Password').fill('correct horse battery')
    await page.getByLabel('Phone').fill('+44 20 7946 0000')
    await page.getByLabel('Address').fill('1 High Street')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expectText(page, 'Welcome, Ann Example!')
    await page.goto(`${SHOP}/#/product/${product.id}`)
    await expectHeading(page, product.name)
    await page.getByLabel('Quantity').fill('2')
    await page.getByRole('button', { name: 'Add to cart' }).click()
    await expectText(page, '2 in your cart')
    await page.getByRole('link', { name: 'Cart, 1 item' }).click()
    await expectText(page, '€25.00')
    await page.getByRole('button', { name: 'Place order' }).click()
    await expectHeading(page, /^Order \d+$/)
    const order = await page.getByRole('heading', { level: 1 }).innerText()

    await expectText(page, 'Thank you for your order!')

    await staff.getByRole('button', { name: `Ship ${order.toLowerCase()}`, exact: true }).click()
    await staff.getByRole('button', { name: `Yes, ship ${order.toLowerCase()}` }).click()
    await page.locator('[aria-current=step]', { hasText: 'Shipped' }).waitFor()
    await staff.getByRole('button', { name: `Mark delivered ${order.toLowerCase()}` }).click()
    await staff.getByRole('button', { name: `Yes, delivered ${order.toLowerCase()}` }).click()
    await expectText(page, `${order} has been delivered.`)
    expect(await page.getByRole('button', { name: 'Cancel this order' }).count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it('sees an error at its field, and keeps what was entered', async () => {
    const { page } = await visit(`${SHOP}/#/register`)
    await page.getByLabel('Name').fill('Ann')
    await page.getByLabel('E-mail').fill(`${crypto.randomUUID()}@example.com`)
    await page.getByLabel('Password').fill('password123')
    await page.getByLabel('Phone').fill('1')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expectText(page, 'too common')
    const password = page.getByLabel('Password')
    expect(await password.getAttribute('aria-invalid')).toBe('true')
    expect(await page.evaluate('document.activeElement.id')).toBe('password')
    expect(await page.getByLabel('Name').inputValue()).toBe('Ann')
  })
})

describe('a customer', () => {
  it('orders the last unit or sees that it is sold out, when two order it at once', async () => {
    const { id } = await aProduct({ stock: 1 })
    const customers = await Promise.all([aCustomer(), aCustomer()])
    for (const { access: token } of customers) {
      await call('PATCH', '/api/users/profile/', { token, body: { address: '1 High Street' } })
      await call('POST', '/api/cart/', { token, body: { product_id: id } })
    }
    const pages = await Promise.all(customers.map((customer) => visitAs(customer, '/cart')))
    const buttons = pages.map((page) => page.getByRole('button', { name: 'Place order' }))
    for (const button of buttons) await button.waitFor()
    await Promise.all(buttons.map((button) => button.click()))

    const outcome = (page: Page) =>
      Promise.race([
        expectHeading(page, /^Order \d+$/).then(() => 'ordered'),
        expectText(page, 'Your order has not been placed').then(() => 'sold out'),
      ])
    expect((await Promise.all(pages.map(outcome))).toSorted()).toEqual(['ordered', 'sold out'])
    const loser = pages.find((page) => page.url().endsWith('/cart'))!
    await expectText(loser, 'sold out (you wanted 1)')
  })

  it('stays logged in when the access token expires', async () => {
    const [ann, { id, name }] = [await aCustomer(), await aProduct()]
    const page = await visitAs(ann, '/')
    await page.clock.install()
    await page.clock.fastForward('06:00')
    await page.evaluate(`location.hash = '#/product/${id}'`)
    await expectHeading(page, name)
    await page.getByRole('button', { name: 'Add to cart' }).click()
    await expectText(page, '1 in your cart')
  })

  it('logs in again when the session has ended elsewhere, and returns to the same page', async () => {
    const ann = await aCustomer()
    const page = await visitAs(ann, '/account')
    await expectHeading(page, 'Your account')
    await call('POST', '/api/users/password/', {
      token: ann.access,
      body: { current_password: ann.password, new_password: 'another horse battery' },
    })
    await expectText(page, 'Your session has ended')
    await page.getByLabel('E-mail').fill(ann.email)
    await page.getByLabel('Password').fill('another horse battery')
    await page.getByRole('button', { name: 'Log in' }).click()
    await expectHeading(page, 'Your account')
  })

  it('logs in again when the session ends before the account is deleted', async () => {
    const ann = await aCustomer()
    const page = await visitAs(ann, '/account')
    await page.getByText('Delete my account').first().click()
    await page.route('**/api/users/profile/', async (route) => {
      if (route.request().method() !== 'DELETE') return route.continue()
      await call('POST', '/api/users/password/', {
        token: ann.access,
        body: { current_password: ann.password, new_password: 'another horse battery' },
      })
      await isLoggedOut(page)
      await route.continue()
    })
    const deletion = page.locator('details')
    await deletion.getByLabel('Password').fill(ann.password)
    await deletion.getByRole('button', { name: 'Delete my account' }).click()
    await expectText(page, 'Your session has ended')
    await expectHeading(page, 'Log in')
  })

  it('sees that the network is down, and the page loads when it is back', async () => {
    const [ann, { id, name }] = [await aCustomer(), await aProduct()]
    const page = await visitAs(ann, '/')
    await page.context().setOffline(true)
    await expectText(page, 'You are offline')
    await page.evaluate(`location.hash = '#/product/${id}'`)
    await expectText(page, 'This page cannot load while you are offline.')
    await page.context().setOffline(false)
    await expectHeading(page, name)
    expect(await page.getByText('You are offline').count()).toBe(0)
  })

  it('cancels an order after confirming it', async () => {
    const ann = await aCustomer()
    const { id } = await anOrder(ann)
    const page = await visitAs(ann, `/order/${id}`)
    await page.getByRole('button', { name: 'Cancel this order' }).click()
    await page.getByRole('button', { name: 'Yes, cancel this order' }).click()
    await page.locator('[data-status=Cancelled]').waitFor()
    const order = await call<{ status: string }>('GET', `/api/orders/${id}/`, { token: ann.access })
    expect(order.status).toBe('Cancelled')
  })

  it('confirms a new total when a price has risen since the cart was shown', async () => {
    const [ann, product] = [await aCustomer(), await aProduct({ price: '10.00' })]
    await call('PATCH', '/api/users/profile/', { token: ann.access, body: { address: '1 High Street' } })
    await call('POST', '/api/cart/', { token: ann.access, body: { product_id: product.id } })
    const page = await visitAs(ann, '/cart')
    await expectText(page, '€10.00')
    await call('PATCH', `/api/admin/products/${product.id}/`, {
      token: await staffAccess(),
      body: { price: '11.00' },
    })
    await page.getByRole('button', { name: 'Place order' }).click()
    await expectText(page, 'The total has changed to €11.00.')
    await page.getByRole('button', { name: 'Place order' }).click()
    await expectHeading(page, /^Order \d+$/)
  })

  it('can double-click a button without acting twice', async () => {
    const ann = await aCustomer()
    const [one, two] = [await aProduct(), await aProduct()]
    for (const { id } of [one, two])
      await call('POST', '/api/cart/', { token: ann.access, body: { product_id: id } })
    const page = await visitAs(ann, '/cart')
    await page.getByRole('button', { name: `Remove ${one.name}` }).dblclick()
    await expect.poll(() => page.getByRole('button', { name: /^Remove/ }).count()).toBe(1)
    const { id } = await anOrder(ann)
    await page.goto(`${SHOP}/#/order/${id}`)
    await page.getByRole('button', { name: 'Cancel this order' }).dblclick()
    await page.getByRole('button', { name: 'Yes, cancel this order' }).waitFor()
    expect(await page.locator('[aria-current=step]').innerText()).toBe('Pending')
  })

  it('changes quantities quickly, and a render keeps what is being typed', async () => {
    const [ann, { id, name }] = [await aCustomer(), await aProduct({ stock: 50 })]
    const order = await anOrder(ann)
    await call('POST', '/api/cart/', { token: ann.access, body: { product_id: id } })
    const page = await visitAs(ann, '/cart')
    await listensForOrders(page)
    const quantity = page.getByLabel(`Quantity of ${name}`)
    await quantity.focus()
    for (let n = 0; n < 5; n += 1) await page.keyboard.press('ArrowUp')
    await expectText(page, '€60.00')
    expect(await quantity.inputValue()).toBe('6')
    expect(await page.evaluate('document.activeElement.type')).toBe('number')
    await quantity.fill('17')
    await staffMove(order, 'Shipped')
    await expectText(page, `Order ${order.id} is on its way.`) // the page has been rendered again
    expect(await quantity.inputValue()).toBe('17')
  })

  it('sees which product left the cart because staff deleted it', async () => {
    const ann = await aCustomer()
    const [gone, left] = [await aProduct(), await aProduct()]
    for (const { id } of [gone, left])
      await call('POST', '/api/cart/', { token: ann.access, body: { product_id: id } })
    await call('PATCH', '/api/users/profile/', { token: ann.access, body: { address: '1 High Street' } })
    const page = await visitAs(ann, '/cart')
    await page.getByText(gone.name).first().waitFor()
    await call('DELETE', `/api/admin/products/${gone.id}/`, { token: await staffAccess() })
    await page.getByRole('button', { name: 'Place order' }).click()
    await expectText(page, `${gone.name} is no longer available.`)
    await expectText(page, 'The total has changed to €10.00.')
  })

  it('buys with the keyboard alone', async () => {
    const [ann, { id, name }] = [await aCustomer(), await aProduct()]
    const page = await visitAs(ann, `/product/${id}`)
    await expectHeading(page, name)
    await page.reload() // moves the focus to the start of the page
    await expectHeading(page, name)
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    const onButton = () => page.evaluate("document.activeElement.textContent.trim() === 'Add to cart'")
    for (let n = 0; n < 6 && !(await onButton()); n += 1) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expectText(page, '1 in your cart')
  })
})

describe('the list of products', () => {
  let word: string
  beforeAll(async () => {
    word = `w${crypto.randomUUID().slice(0, 8)}`
    const prices = Array.from({ length: 60 }, (_, n) => `${n + 1}.00`)
    for (const price of prices)
      await aProduct({ name: `${word} ${price}`, price, stock: price === '60.00' ? 0 : 5 })
  })

  it('loads more on scrolling until the end, each product once', async () => {
    const { page } = await visit(`${SHOP}/#/?search=${word}&ordering=price`, { viewport: PHONE })
    const cards = page.locator('.card a .name')
    await expectText(page, /of 60 products/)
    const scrolled = async () => {
      await page.mouse.wheel(0, 5000)
      return cards.count()
    }
    await expect.poll(scrolled).toBe(60)
    await expectText(page, '60 of 60 products')
    const names = await cards.allInnerTexts()
    expect(names).toEqual(Array.from({ length: 60 }, (_, n) => `${word} ${n + 1}.00`))
  })

  it('keeps filters and ordering in the URL, and restores the list on going back', async () => {
    const { page } = await visit(`${SHOP}/#/?search=${word}`, { viewport: DESK })
    await expectText(page, /of 60 products/)
    await page.getByLabel('Sort by').selectOption('Price: high to low')
    await page.getByLabel('In stock only').click()
    await page.getByLabel('From').fill('30')
    await page.getByLabel('From').press('Enter')
    await expectText(page, /of 30 products/)
    const first = page.locator('.card a').first()
    await expect.poll(() => first.innerText()).toContain(`${word} 59.00`)
    expect(page.url()).toContain('ordering=-price')
    await first.click()
    await expectHeading(page, `${word} 59.00`)
    await page.goBack()
    await expectText(page, /of 30 products/)
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await expectText(page, /of 60 products/)
  })

  it('keeps the focus when it is filtered with the keyboard', async () => {
    const { page } = await visit(`${SHOP}/#/?search=${word}`, { viewport: DESK })
    await expectText(page, /of 60 products/)
    await page.getByLabel('From').fill('10')
    await page.keyboard.press('Tab')
    await page.keyboard.type('20')
    await page.keyboard.press('Tab')
    await expectText(page, /of 11 products/)
    expect(await page.evaluate('document.activeElement.name')).toBe('in_stock')
  })

  it('restores the scroll position on going back', async () => {
    const { page } = await visit(`${SHOP}/#/?search=${word}`, { viewport: DESK })
    await expectText(page, /of 60 products/)
    await page.mouse.wheel(0, 500)
    await expect.poll(() => page.evaluate('history.state?.y')).toBe(500)
    await page.locator('.card a').nth(8).click()
    await page.locator('article.product').waitFor()
    expect(await page.evaluate('scrollY')).toBe(0)
    await page.goBack()
    await expect.poll(() => page.evaluate('scrollY')).toBe(500)
  })

  it('says when nothing is found', async () => {
    const { page } = await visit(`${SHOP}/#/?search=nothingatall${word}`)
    await expectText(page, 'No products found.')
  })
})

describe('staff', () => {
  it('create a product, correct its stock, see its history and delete it', async () => {
    const page = await visitAs(inject('shop').staff, '/staff/product/new')
    const name = unique('Novelty')
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Price').fill('7.5')
    await page.getByLabel('Category').selectOption(category.name)
    await page.getByLabel('Stock').fill('3')
    await page.getByRole('button', { name: 'Create product' }).click()
    await expectHeading(page, name)
    await page.getByLabel('Units').fill('-5')
    await page.getByRole('button', { name: 'Update stock' }).click()
    await expectText(page, 'Only 3 in stock.')
    await page.getByLabel('Units').fill('-2')
    await page.getByRole('button', { name: 'Update stock' }).click()
    await page.getByRole('heading', { name: 'Stock: 1' }).waitFor()
    await page.getByRole('cell', { name: 'correction' }).waitFor()
    await page.getByRole('button', { name: 'Delete this product' }).click()
    await page.getByRole('button', { name: 'Yes, delete this product' }).click()
    await expectHeading(page, 'Products')
  })

  it('create a draft with a SKU, see it marked and low, and put it on sale', async () => {
    const page = await visitAs(inject('shop').staff, '/staff/product/new')
    const [name, sku] = [unique('Novelty'), unique('SKU')]
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Price').fill('7.5')
    await page.getByLabel('SKU').fill(sku)
    await page.getByLabel('Reorder level').fill('4')
    await page.getByLabel('Status').selectOption('false')
    await page.getByLabel('Stock').fill('3')
    await page.getByRole('button', { name: 'Create product' }).click()
    await expectHeading(page, `${name} Draft`)
    await page.getByRole('link', { name: 'Products', exact: true }).click()
    const low = page.getByRole('region', { name: 'Products with low stock' })
    await low.getByRole('row', { name: `${name} Draft ${sku}` }).waitFor()
    await page.getByRole('link', { name: 'Drafts' }).click()
    await page.getByRole('link', { name: 'All products' }).waitFor()
    await page
      .getByRole('region', { name: 'Product table' })
      .getByRole('row', { name: `${name} Draft ${sku}` })
      .getByRole('link')
      .click()
    await page.getByLabel('Status').selectOption('true')
    await page.getByRole('button', { name: 'Save' }).click()
    await expectHeading(page, new RegExp(`^${name}$`)) // no draft any more
    const { results } = await call<{ results: object[] }>('GET', `/api/products/?search=${sku}`)
    expect(results).toMatchObject([{ name, sku }])
  })

  it('keep the chosen category when another field is invalid', async () => {
    const page = await visitAs(inject('shop').staff, '/staff/product/new')
    await page.getByLabel('Name').fill(unique('Novelty'))
    await page.getByLabel('Price').fill('a lot')
    await page.getByLabel('Category').selectOption(category.name)
    await page.getByRole('button', { name: 'Create product' }).click()
    await expectText(page, 'Must be an amount')
    expect(await page.locator('#category option:checked').innerText()).toBe(category.name)
  })

  it('see an order that was placed before the stream was connected', async () => {
    const ann = await aCustomer()
    const page = await visitAs(inject('shop').staff, '/staff/products')
    await page.routeWebSocket(/events/, async (socket) => {
      await anOrder(ann)
      socket.connectToServer()
    })
    await page.evaluate(`location.hash = '#/staff/orders'`)
    await expectText(page, ann.email)
  })

  it('do not overwrite a simultaneous edit', async () => {
    const { id, name } = await aProduct()
    const page = await visitAs(inject('shop').staff, `/staff/product/${id}`)
    await expectHeading(page, name)
    await call('PATCH', `/api/admin/products/${id}/`, {
      token: await staffAccess(),
      body: { price: '99.00' },
    })
    await page.getByLabel('Name').fill('Overwritten')
    await page.getByRole('button', { name: 'Save' }).click()
    await expectText(page, 'Someone else has changed this product.')
    await page.getByRole('button', { name: 'Load the current version' }).click()
    await expect.poll(() => page.getByLabel('Price').inputValue()).toBe('99.00')
    await expect.poll(() => page.getByText('Someone else has changed this product.').count()).toBe(0)
  })

  it('see the stock that they corrected while the product was being loaded again', async () => {
    const { id, name } = await aProduct({ stock: 5 })
    const page = await visitAs(inject('shop').staff, `/staff/product/${id}`)
    await expectHeading(page, name)
    const change = async (body: object) =>
      call('PATCH', `/api/admin/products/${id}/`, { token: await staffAccess(), body })
    await change({ price: '99.00' })
    await page.getByRole('button', { name: 'Save' }).click()
    await expectText(page, 'Someone else has changed this product.')
    const { promise: isCorrected, resolve: goOn } = Promise.withResolvers<void>()
    const { promise: isRead, resolve: read } = Promise.withResolvers<void>()
    await page.route(`**/api/admin/products/${id}/`, async (route) => {
      if (route.request().method() !== 'GET') return route.continue()
      const response = await route.fetch()
      read()
      await isCorrected
      await route.fulfill({ response })
    })
    await page.getByRole('button', { name: 'Load the current version' }).click()
    await isRead
    await page.getByLabel('Units').fill('3')
    await page.getByRole('button', { name: 'Update stock' }).click()
    await expectText(page, 'Stock is now 8.')
    const loaded = page.waitForResponse((response) => response.request().method() === 'GET')
    goOn()
    await (await loaded).finished()
    expect(await page.getByRole('heading', { name: /^Stock:/ }).innerText()).toBe('Stock: 8')
  })

  it('add, rename and delete a category', async () => {
    const page = await visitAs(inject('shop').staff, '/staff/categories')
    const [name, other] = [unique('Odds'), unique('Ends')]
    await page.getByLabel('Name').fill(name)
    await page.getByRole('button', { name: 'Create category' }).click()
    await page.getByRole('button', { name: `Edit ${name}` }).click()
    await page.locator('#edit-name').fill(other)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: `Delete ${other}` }).click()
    await expectText(page, `${other} has been deleted.`)
    expect(await page.getByRole('button', { name: `Edit ${other}` }).count()).toBe(0)
  })

  it('run the integrity check', async () => {
    const page = await visitAs(inject('shop').staff, '/staff/activity')
    await page.getByRole('button', { name: 'Run check' }).click()
    await expectText(page, 'No problems found.')
    await expectText(page, 'stock is sum of movements')
  })

  it('are the only ones to see the staff pages', async () => {
    const page = await visitAs(await aCustomer(), '/staff/orders')
    await expectHeading(page, 'Page not found')
    expect(await page.getByRole('link', { name: 'Staff' }).count()).toBe(0)
  })
})

describe.each([
  { viewport: PHONE, colorScheme: 'light' },
  { viewport: DESK, colorScheme: 'dark' },
] as const)('at $viewport.width pixels, $colorScheme,', ({ viewport, colorScheme }) => {
  let ann: Customer
  let order: { id: number }
  beforeAll(async () => {
    ann = await aCustomer()
    order = await anOrder(ann)
    const [kept, gone] = [await aProduct(), await aProduct()]
    for (const { id } of [kept, gone])
      await call('POST', '/api/cart/', { token: ann.access, body: { product_id: id } })
    await call('DELETE', `/api/admin/products/${gone.id}/`, { token: await staffAccess() })
  })

  const staffPages = ['orders', 'products', 'product/1', 'product/new', 'categories', 'activity']
  it.each([
    ['visitors', () => undefined, () => ['/', '/product/1', '/login', '/register', '/nowhere']],
    ['customers', () => ann, () => ['/product/1', '/cart', '/orders', `/order/${order.id}`, '/account']],
    ['staff', () => inject('shop').staff, () => staffPages.map((name) => `/staff/${name}`)],
  ])('the pages for %s are accessible, fit the screen and do not shift', async (_, visitor, paths) => {
    const { page, complaints } = await visit(`${SHOP}/#/login?to=/orders`, { viewport, colorScheme })
    const who = visitor()
    if (who) {
      await page.getByLabel('E-mail').fill(who.email)
      await page.getByLabel('Password').fill(who.password)
      await page.getByRole('button', { name: 'Log in' }).click()
      await expectHeading(page, 'Your orders')
    }
    for (const path of paths()) {
      await page.goto(`${SHOP}/#${path}`)
      await page.reload()
      await page.getByRole('heading', { level: 1 }).waitFor()
      await expect.poll(() => page.locator('.placeholder').count()).toBe(0)
      expect(await accessibilityFindings(page), path).toEqual([])
      expect(await overflowOf(page), path).toBeLessThanOrEqual(0)
      expect(await page.evaluate(LAYOUT_SHIFT), path).toBeLessThan(0.1)
    }
    expect(complaints).toEqual([])
  })
})

/** How much of the page has shifted without user input since it was loaded (Layout Instability API). */
const LAYOUT_SHIFT = `new Promise((resolve) => {
  let sum = 0
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) sum += value
  }).observe({ type: 'layout-shift', buffered: true })
  setTimeout(() => resolve(sum), 100)
})`
