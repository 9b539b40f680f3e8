import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { ensureCategories, generateProduct, insertProducts } from '../scripts/database/catalog.ts'
import { ensureDemoCatalog } from '../scripts/database/demo-catalog.ts'
import { integrityViolations } from './integrity.ts'
import { theOwner } from './shop.ts'

const DEMO_PRODUCTS = 9

const products = async () =>
  (
    await env.DB.prepare('SELECT * FROM products ORDER BY id').all<{
      id: number
      sku: string | null
      pictures: string
    }>()
  ).results

const isDemo = ({ sku }: { sku: string | null }) => sku !== null

it('the demo catalog is completed after an interruption, and changes no product of the owner', async () => {
  const category_ids = await ensureCategories(env.DB, ['Garden'])
  await insertProducts(env.DB, [generateProduct(0, category_ids, Date.now())])
  const own = await products()
  const put = () => Promise.reject(new Error('interrupted'))
  const PICTURES = { head: async () => null, put } as unknown as R2Bucket
  await expect(ensureDemoCatalog({ ...env, PICTURES })).rejects.toThrow('storage of pictures')
  const inserted = (await products()).filter(isDemo)
  expect(inserted).toHaveLength(DEMO_PRODUCTS)
  await (await theOwner()).call('DELETE', `/api/admin/products/${inserted[3]!.id}/`) // as if it was not inserted

  await ensureDemoCatalog(env)
  const completed = await products()
  expect(completed.slice(0, 1)).toEqual(own)
  expect(completed.filter(isDemo).map(({ pictures }) => JSON.parse(pictures).length)).toEqual(
    Array.from({ length: DEMO_PRODUCTS }, () => 1),
  )

  await ensureDemoCatalog(env)
  expect(await products()).toEqual(completed)
  expect(await integrityViolations()).toEqual({})
})
