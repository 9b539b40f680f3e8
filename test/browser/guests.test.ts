import { readFile } from 'node:fs/promises'
import { describe, expect, inject, it } from 'vitest'
import { useBrowser } from './browser.ts'
import { aProduct, expectHeading, expectText, loggedInWith, PHONE } from './demo-shop.ts'
import { aCustomer, call, logIn, SHOP, staffAccess } from './shop.ts'

const visit = useBrowser()
const visitAs = loggedInWith(visit)

const PASSWORD = 'correct horse battery'
const anEmail = () => `${crypto.randomUUID()}@example.com`

/** A page of a guest who has put a product into the cart. */
async function aGuestWith(product: { id: number }) {
  const { page, complaints } = await visit(`${SHOP}/#/product/${product.id}`, { viewport: PHONE })
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await expectText(page, '1 in your cart')
  return { page, complaints }
}

describe('a guest', () => {
  it('buys with three fields, makes an account with one, downloads and deletes what is theirs', async () => {
    const product = await aProduct()
    const { page, complaints } = await aGuestWith(product)
    const email = anEmail()
    await page.getByRole('link', { name: 'View cart' }).click()
    await page.getByLabel('E-mail').fill(email)
    expect(await page.locator('form:has(#email) :is(input, textarea)').count()).toBe(3)
    await page.getByLabel('Phone').fill('+44 20 7946 0000')
    await page.getByLabel('Name and address').fill('Gus Guest')
    await page.getByRole('button', { name: 'Place order' }).click()
    await page.getByText('Write your name on the first line').first().waitFor()
    await page.getByLabel('Name and address').fill('Gus Guest\n1 High Street\nLondon')
    await page.getByRole('button', { name: 'Place order' }).click()
    await expectHeading(page, /^Order \d+$/)
    await expectText(page, 'Thank you for your order!')
    const order = Number((await page.getByRole('heading', { level: 1 }).innerText()).replace('Order ', ''))

    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create account' }).click()
    await expectText(page, 'Welcome, Gus Guest!')
    await page.getByRole('link', { name: 'Orders', exact: true }).first().click()
    await page.getByRole('link', { name: `Order ${order}` }).waitFor()

    await page.getByRole('link', { name: 'Account' }).click()
    await expectHeading(page, 'Your account')
    await expectText(page, email)
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download my data' }).click()
    const data = JSON.parse(await readFile(await (await downloading).path(), 'utf8'))
    expect(data).toMatchObject({
      profile: { email, name: 'Gus Guest' },
      orders: [{ id: order, user: email }],
    })

    await page.getByText('Delete my account').first().click()
    const deletion = page.locator('details')
    await deletion.getByLabel('Password').fill(PASSWORD)
    await deletion.getByRole('button', { name: 'Delete my account' }).click()
    await expectText(page, 'An order of this account has not been delivered yet.')
    const token = await staffAccess()
    for (const status of ['Shipped', 'Delivered'])
      await call('PATCH', `/api/admin/orders/${order}/`, { token, body: { status } })
    await deletion.getByRole('button', { name: 'Delete my account' }).click()
    await expectText(page, 'Your data has been deleted.')
    await page.getByRole('link', { name: 'Log in' }).waitFor()
    expect(await call('GET', `/api/admin/orders/${order}/`, { token })).toMatchObject({ user: '' })
    const staff = await visitAs(inject('shop').staff, `/staff/product/${product.id}`)
    await staff.getByRole('cell', { name: `Order ${order} Guest or deleted account` }).waitFor()
    expect(complaints.filter((each) => !each.includes('409'))).toEqual([])
  })

  it('takes the cart along when logging in', async () => {
    const [product, ann] = [await aProduct(), await aCustomer()]
    const { page } = await aGuestWith(product)
    await page.getByRole('link', { name: 'Cart, 1 item' }).click()
    await page.locator('main').getByRole('link', { name: 'Log in' }).click()
    await expectHeading(page, 'Log in') // the cart has a field for the e-mail as well
    await page.getByLabel('E-mail').fill(ann.email)
    await page.getByLabel('Password').fill(ann.password)
    await page.getByRole('button', { name: 'Log in' }).click()
    await expectText(page, 'Your guest cart has been added to your cart.')
    await expectHeading(page, 'Your cart')
    await page.getByRole('link', { name: product.name }).waitFor()
  })

  it('deletes what is theirs without a password', async () => {
    const { page } = await aGuestWith(await aProduct())
    await page.getByRole('link', { name: 'Account' }).click()
    await expectHeading(page, 'You are a guest')
    await page.getByRole('button', { name: 'Delete my data' }).click()
    await page.getByRole('button', { name: 'Yes, delete my data' }).click()
    await expectText(page, 'Your data has been deleted.')
    await page.getByRole('link', { name: 'Cart, 0 items' }).waitFor()
  })

  it('who made an account in another tab is asked to log in when the session has ended', async () => {
    const { page } = await aGuestWith(await aProduct())
    const other = await page.context().newPage()
    await other.goto(`${SHOP}/#/account`)
    await expectHeading(other, 'You are a guest')
    const email = anEmail()
    await page.evaluate(`location.hash = '#/register'`)
    await page.getByLabel('Name').fill('Gus Guest')
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByLabel('Phone').fill('1')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expectText(page, 'Welcome, Gus Guest!')
    await page.close()
    await expectHeading(other, 'Your account')
    await call('POST', '/api/users/password/', {
      token: (await logIn(email, PASSWORD)).access,
      body: { current_password: PASSWORD, new_password: 'another horse battery' },
    })
    await expectText(other, 'Your session has ended')
    await expectHeading(other, 'Log in')
  })
})
