import { readFileSync } from 'node:fs'
import { describe, expect, inject, it } from 'vitest'
import { useBrowser } from './browser.ts'
import { DESK, expectHeading, expectText, loggedInWith, PHONE, unique } from './demo-shop.ts'

const visit = useBrowser()
const visitAs = loggedInWith(visit)

describe.each([PHONE, DESK])('at $width pixels staff', (viewport) => {
  it('paste a spreadsheet, see what would happen, mend it and import it', async () => {
    const page = await visitAs(inject('shop').staff, '/staff/products', viewport)
    await page.getByRole('link', { name: 'Import' }).click()
    await expectHeading(page, 'Import products')
    const name = unique('Pasted')
    const cells = page.getByLabel('Or paste cells')
    await cells.fill(`name\tprice\tstock\n${name}\t12,555\t3\n`)
    await page.getByRole('button', { name: 'Check the file' }).click()
    await expectText(page, 'Row 2, price: Must be an amount')
    expect(await page.getByRole('button', { name: /^Import/ }).count()).toBe(0)
    await cells.fill(`name\tprice\tstock\n${name}\t12,55\t3\n`)
    await page.getByRole('button', { name: 'Check the file' }).click()
    await expectText(page, '1 to create, 0 to change, 0 as they are.')
    await page.getByRole('button', { name: 'Import 1 product' }).click()
    await expectText(page, '1 product created, 0 changed.')
    await page.getByRole('button', { name: 'Check the file' }).click()
    await expectText(page, 'There is nothing to import.')
    const { width } = viewport
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  })

  it('do not see a preview of cells that they replaced while these were being checked', async () => {
    const page = await visitAs(inject('shop').staff, '/staff/import', viewport)
    const [first, second] = [unique('First'), unique('Second')]
    const { promise: isSlow, resolve: goOn } = Promise.withResolvers<void>()
    await page.route('**/import/**', async (route) => {
      await isSlow
      await route.continue()
    })
    const [cells, check] = [
      page.getByLabel('Or paste cells'),
      page.getByRole('button', { name: 'Check the file' }),
    ]
    await cells.fill(`name\tprice\n${first}\t1\n`)
    await check.click()
    await page.getByRole('button', { name: 'Please wait' }).waitFor()
    await cells.fill(`name\tprice\n${second}\t2\n`)
    goOn()
    await check.waitFor()
    expect(await page.getByRole('heading', { name: 'Preview' }).count()).toBe(0)
    await check.click()
    await page.getByRole('rowheader', { name: second }).waitFor()
  })

  it('see how far a long import is', async () => {
    const page = await visitAs(inject('shop').staff, '/staff/import', viewport)
    const name = unique('Many')
    const rows = Array.from({ length: 1100 }, (_, n) => `${name} ${n},1.00`).join('\n')
    await page
      .getByLabel('CSV file')
      .setInputFiles({ name: 'many.csv', mimeType: 'text/csv', buffer: Buffer.from(`name,price\n${rows}`) })
    await page.getByRole('button', { name: 'Check the file' }).click()
    const { promise: isChanged, resolve: goOn } = Promise.withResolvers<void>()
    await page.route(/\/import\/\?.*from=/, async (route) => {
      await isChanged
      await route.continue()
    })
    await page.getByRole('button', { name: 'Import 1100 products' }).click()
    await expectText(page, '500 of 1100 products')
    await page.getByLabel('Or paste cells').fill('name,price') // of the next import
    await expectText(page, '500 of 1100 products')
    goOn()
    await expectText(page, '1100 products created, 0 changed.')
  })

  it.each(['products', 'orders'])('save the %s as a file', async (what) => {
    const page = await visitAs(inject('shop').staff, `/staff/${what}`, viewport)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export' }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(new RegExp(`^${what}-\\d{4}-\\d\\d-\\d\\d\\.csv$`))
    expect(readFileSync(await download.path(), 'utf8')).toMatch(
      what === 'products' ? /^\uFEFFhandle,sku,name/ : /^\uFEFForder,date/,
    )
  })
})
