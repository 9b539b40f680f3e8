import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, crc32 } from 'node:zlib'
import type { Page } from 'playwright-core'
import { describe, expect, inject, it } from 'vitest'
import { useBrowser } from './browser.ts'
import {
  aProduct,
  DESK,
  expectHeading,
  expectText,
  loggedInWith,
  loseResponses,
  PHONE,
  RESPONSE_LOST,
} from './demo-shop.ts'
import { call, SHOP, staffAccess } from './shop.ts'

/** Pictures in the demo shop: staff add, describe, move and remove them; customers see them. */

const visit = useBrowser()
const visitAs = loggedInWith(visit)

/** A PNG of one colour. */
function aPng(red: number, width = 900, height = 600): Buffer {
  const chunk = (type: string, content: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), content])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(content.length, 0)
    frame.writeUInt32BE(crc32(named), 4)
    return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8)
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([red, 90, 160]))])
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)))
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/png', buffer })

const rowsOf = (page: Page) => page.locator('.pictures li')

/** What the pictures are said to show, in order. */
function textsOf(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    `[...document.querySelectorAll('.pictures li input')].map(({ value }) => value)`,
  )
}

async function isLoaded(page: Page, selector: string): Promise<boolean> {
  await page.locator(selector).waitFor()
  return page.evaluate<boolean>(
    `document.querySelector('${selector}').decode().then(() => document.querySelector('${selector}').naturalWidth > 0)`,
  )
}

describe.each([
  ['a phone', PHONE],
  ['a desktop', DESK],
])('on %s', (_, viewport) => {
  it('staff add, describe, move and remove pictures, and customers see them', async () => {
    const product = await aProduct()
    const page = await visitAs(inject('shop').staff, `/staff/product/${product.id}`, viewport)
    await expectText(page, 'No pictures yet.')
    await page
      .getByLabel('Add pictures')
      .setInputFiles([file('front.png', aPng(200)), file('side.png', aPng(20))])
    await expectText(page, 'Added.')
    expect(await rowsOf(page).count()).toBe(2)

    await page.getByLabel('What picture 1 shows').fill('The front')
    await page.keyboard.press('Enter')
    await expectText(page, 'Saved.')
    await page.getByLabel('What picture 2 shows').fill('The side')
    const saving = page.waitForResponse((response) => response.request().method() === 'PATCH')
    await page.keyboard.press('Enter')
    await saving
    await expect.poll(() => textsOf(page)).toEqual(['The front', 'The side'])

    const later = page.getByRole('button', { name: 'Move picture 1 later' })
    await later.focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => textsOf(page)).toEqual(['The side', 'The front'])
    await expectText(page, 'The picture is now 2 of 2.')
    const focused = () => page.evaluate(`document.activeElement.getAttribute('aria-label')`)
    await expect.poll(focused).toBe('Move picture 2 later')

    const { page: shop, complaints } = await visit(`${SHOP}/#/?search=${encodeURIComponent(product.name)}`, {
      viewport,
    })
    const card = shop.locator('.card img')
    await card.waitFor()
    expect(await card.getAttribute('alt')).toBe('The side')
    expect(await card.getAttribute('srcset')).toMatch(
      /-320\.webp 320w, \S+-800\.webp 800w, \S+-900\.webp 900w$/,
    )
    expect([await card.getAttribute('width'), await card.getAttribute('height')]).toEqual(['900', '600'])
    expect(await isLoaded(shop, '.card img')).toBe(true)
    await shop.getByRole('link', { name: product.name }).click()
    await expectHeading(shop, product.name)
    expect(await isLoaded(shop, '.gallery > img')).toBe(true)
    await shop.getByRole('button', { name: 'Picture 2 of 2' }).click()
    await expect.poll(() => shop.locator('.gallery > img').getAttribute('alt')).toBe('The front')
    expect(complaints).toEqual([])
    const overflow = 'Math.max(0, document.documentElement.scrollWidth - innerWidth)'
    expect([await shop.evaluate(overflow), await page.evaluate(overflow)]).toEqual([0, 0])

    await rowsOf(page).first().getByRole('button', { name: 'Remove' }).click()
    await rowsOf(page).first().getByRole('button', { name: 'Yes, remove this picture' }).click()
    await expect.poll(() => textsOf(page)).toEqual(['The front'])
    await shop.reload()
    await expect.poll(() => shop.locator('.gallery > img').getAttribute('alt')).toBe('The front')
  })

  it('staff drop a file, and read why another one is not taken', async () => {
    const product = await aProduct()
    const page = await visitAs(inject('shop').staff, `/staff/product/${product.id}`, viewport)
    await expectText(page, 'No pictures yet.')
    const dropped = async (name: string, type: string, bytes: Buffer) => {
      const content = `Uint8Array.from(atob('${bytes.toString('base64')}'), (letter) => letter.charCodeAt(0))`
      const transfer = await page.evaluateHandle(`(() => {
        const data = new DataTransfer()
        data.items.add(new File([${content}], '${name}', { type: '${type}' }))
        return data
      })()`)
      await page.locator('.drop').dispatchEvent('drop', { dataTransfer: transfer })
    }
    await dropped('mug.png', 'image/png', aPng(120))
    await expectText(page, 'Added.')
    expect(await rowsOf(page).count()).toBe(1)
    await dropped('mug.gif', 'image/gif', Buffer.from('GIF89a'))
    await expectText(page, 'Send the picture as Content-Type: image/jpeg, image/png, image/webp.')
    await dropped('mug.png', 'image/png', Buffer.from('<script>'))
    await expectText(page, 'The body is not a JPEG, PNG or WebP picture.')
    await dropped('huge.png', 'image/png', Buffer.alloc(8 * 1024 * 1024 + 1))
    await expectText(page, 'huge.png is larger than 8 MiB.')
    expect(await rowsOf(page).count()).toBe(1)
  })
})

describe('staff who add pictures', () => {
  it('can choose more while the first are being added', async () => {
    const page = await visitAs(inject('shop').staff, `/staff/product/${(await aProduct()).id}`)
    const { promise: isSlow, resolve: goOn } = Promise.withResolvers<void>()
    await page.route('**/pictures/', async (route) => {
      await isSlow
      await route.continue()
    })
    const input = page.getByLabel('Add pictures')
    await input.setInputFiles(file('front.png', aPng(200)))
    await expectText(page, 'Adding front.png')
    await input.setInputFiles(file('side.png', aPng(20)))
    goOn()
    await expectText(page, 'Added.')
    expect(await rowsOf(page).count()).toBe(2)
  })

  it('read which were not added, and add each once when a response is lost', async () => {
    const page = await visitAs(inject('shop').staff, `/staff/product/${(await aProduct()).id}`)
    const folder = mkdtempSync(join(tmpdir(), 'pictures-'))
    const files = ['front.png', 'side.png'].map((name) => join(folder, name))
    for (const [index, path] of files.entries()) writeFileSync(path, aPng(index))
    await loseResponses(page, '**/pictures/')
    await page.getByLabel('Add pictures').setInputFiles(files)
    await expectText(page, RESPONSE_LOST)
    await expectText(page, 'Not added: front.png, side.png.')
    await page.unroute('**/pictures/')
    await page.getByLabel('Add pictures').setInputFiles(files)
    await expectText(page, 'Added.')
    await page.reload()
    await rowsOf(page).first().waitFor()
    expect(await rowsOf(page).count()).toBe(2)
    rmSync(folder, { recursive: true })
  })
})

describe('staff who cannot add a picture', () => {
  it('read that the product is gone', async () => {
    const { id, name } = await aProduct()
    const page = await visitAs(inject('shop').staff, `/staff/product/${id}`)
    await expectHeading(page, name)
    await call('DELETE', `/api/admin/products/${id}/`, { token: await staffAccess() })
    await page.getByLabel('Add pictures').setInputFiles(file('front.png', aPng(200)))
    await expectText(page, 'No such product.')
  })

  it('read that the shop stores none, if it has no path for them', async () => {
    const page = await visitAs(inject('shop').staff, `/staff/product/${(await aProduct()).id}`)
    await page.route('**/pictures/', (route) => route.continue({ url: `${SHOP}/api/nothing/` }))
    await page.getByLabel('Add pictures').setInputFiles(file('front.png', aPng(200)))
    await expectText(page, 'This shop stores no pictures.')
  })
})

describe('the demo catalog', () => {
  it('has a picture of every product', async () => {
    const { page } = await visit(`${SHOP}/#/?search=mug`, { viewport: DESK })
    await page.locator('.card img').first().waitFor()
    expect(await isLoaded(page, '.card img')).toBe(true)
  })
})
